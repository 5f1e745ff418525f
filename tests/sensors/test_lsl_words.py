"""What streams of the Lab Streaming Layer say of themselves, and what people ask for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.blocks import SensorError
from sensors.lsl.channels import Channel, shares
from sensors.lsl.wish import Wish
from sensors.steady import unbroken
from sensors.supervise import LinkLost


@pytest.mark.parametrize(
    ("argument", "asked", "unit", "rate_hz"),
    [
        ("", (), "", 0.0),
        ("Polar H10 1234", (("name", "Polar H10 1234"),), "", 0.0),
        ("type=EEG", (("type", "EEG"),), "", 0.0),
        ("name=Muse, left,source_id=a=b", (("name", "Muse, left"), ("source_id", "a=b")), "", 0.0),
        ("name=x,unit=uS,rate=4", (("name", "x"),), "uS", 4.0),
    ],
)
def test_a_stream_is_asked_for_by_name_or_by_what_it_says(
    argument: str, asked: tuple[tuple[str, str], ...], unit: str, rate_hz: float
) -> None:
    assert Wish.parse(argument) == Wish(asked, unit, rate_hz)


@given(st.text())
def test_any_argument_is_a_wish_or_refused(argument: str) -> None:
    try:
        wish = Wish.parse(argument)
    except SensorError:
        return
    assert (wish.asked == ()) == (str(wish) == "any name")


CHANNELS = st.builds(
    Channel, st.text(max_size=20), st.sampled_from(["", "uV", "mV", "S", "g", "ms"]), st.text(max_size=9)
)


@given(st.lists(CHANNELS, max_size=12), st.floats(allow_nan=True, allow_infinity=True))
def test_any_stream_is_used_or_refused_in_words(channels: list[Channel], rate_hz: float) -> None:
    try:
        found, _ = shares(channels, rate_hz)
    except LinkLost:
        return
    values = np.ones((3, len(channels)))
    assert all(share.of(values).shape == (3, len(share.info.channels)) for share in found)
    assert len({share.info.stream for share in found}) == len(found)


def test_channels_of_one_device_become_streams_of_their_kinds() -> None:
    told = [
        Channel("TP9", "microvolts", "EEG"),
        Channel("AF7", "microvolts", "EEG"),
        Channel("ACC X", "g", "EEG"),
        Channel("ACC Y", "g", "EEG"),
        Channel("ACC Z", "g", "EEG"),
        Channel("GSR", "ohm", "EEG"),
    ]
    found, notes = shares(told, 128.0)
    assert [(share.info.stream, share.info.channels, share.columns) for share in found] == [
        ("eeg", ("TP9", "AF7"), [0, 1]),
        ("acc", ("x", "y", "z"), [2, 3, 4]),
    ]
    assert len(notes) == 1
    assert notes[0].startswith(
        "channel 'GSR' has the unit 'ohm', so it can't be put into uS; expected one of S, mS, uS"
    )


@given(st.lists(st.floats(width=32), max_size=30))
def test_values_that_are_no_numbers_are_left_out_as_a_hole(values: list[float]) -> None:
    samples = np.array(values, dtype=np.float32).reshape(-1, 1)
    kept = [samples[part] for part in unbroken(samples)]
    assert all(np.isfinite(part).all() for part in kept)
    assert sum(map(len, kept)) == np.isfinite(samples).sum()
