"""Polar's compressed samples, against a frame of a real armband and what was worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.bluetooth.delta_frames import DeltaError, Samples, pack, unpack

BY_HAND = bytes.fromhex("e80318fc050361ccfc03")
"""Two channels of two bytes: 1000 and -1000, then three differences of five bits each.

1, 3, -13, -7, -1, 1 in two's complement of five bits, the first bit being the least: 10000 11000 11001 10011 11111
10000. In bytes, the first bit again the least: 10000110 -> 0x61, 00110011 -> 0xcc, 00111111 -> 0xfc, 110000.. -> 0x03.
"""


@st.composite
def compressed(draw: st.DrawFn) -> tuple[Samples, int, list[tuple[int, int]]]:
    """Samples, bytes a channel, and packages into which they fit: every width from 1 to 32."""
    channels, channel_bytes = draw(st.integers(1, 4)), draw(st.sampled_from([2, 3]))
    limit = 1 << (8 * channel_bytes - 1)
    packages = draw(st.lists(st.tuples(st.integers(1, 32), st.integers(1, 20)), max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = [rng.integers(-limit, limit, channels)]
    for width, count in packages:
        for _ in range(count):
            low = np.maximum(-(1 << (width - 1)), -limit - rows[-1])
            high = np.minimum((1 << (width - 1)) - 1, limit - 1 - rows[-1])
            rows.append(rows[-1] + rng.integers(low, high + 1))
    return np.array(rows, dtype=np.int64), channel_bytes, packages


def test_the_first_sample_and_the_differences_are_read_as_worked_out_by_hand() -> None:
    samples = [[1000, -1000], [1001, -997], [988, -1004], [987, -1003]]
    assert unpack(BY_HAND, 2, 2).tolist() == samples
    assert pack(np.array(samples), 2, [(5, 3)]) == BY_HAND


@given(compressed())
def test_whatever_is_compressed_is_read_back_at_every_width(of: tuple[Samples, int, list[tuple[int, int]]]) -> None:
    samples, channel_bytes, packages = of
    content = pack(samples, channel_bytes, packages)
    assert np.array_equal(unpack(content, samples.shape[1], channel_bytes), samples)


@pytest.mark.parametrize("width", range(1, 33))
def test_the_extremes_of_every_width_are_read_back(width: int) -> None:
    least = max(-(1 << (width - 1)), -(1 << 23))
    samples = np.array([[0], [least], [0 if width > 1 else least], [min(-least - 1, 1 << 22)]])
    if width == 1:
        samples[3] = least - 1
    assert np.array_equal(unpack(pack(samples, 3, [(min(width + 1, 32), 3)]), 1, 3), samples)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("e803", "expected a first sample of 4 bytes"),
        ("e80318fc05", "breaks off after its width"),
        ("e80318fc050361ccfc", "of which 1 are missing"),
        ("e80318fc0003", "expected 1 or more of 1 to 32"),
        ("e80318fc2101" + "00" * 9, "expected 1 or more of 1 to 32"),
        ("e80318fc0500", "expected 1 or more of 1 to 32"),
        ("ff7f18fc08010100", "add up to 32768"),
    ],
)
def test_what_breaks_off_or_cannot_be_is_refused(content: str, why: str) -> None:
    with pytest.raises(DeltaError, match=why):
        unpack(bytes.fromhex(content), 2, 2)


@given(st.binary(max_size=250), st.integers(1, 4), st.integers(1, 3))
def test_any_bytes_are_samples_or_refused(content: bytes, channels: int, channel_bytes: int) -> None:
    limit = 1 << (8 * channel_bytes - 1)
    try:
        samples = unpack(content, channels, channel_bytes)
    except DeltaError:
        return
    assert samples.shape[1] == channels
    assert len(samples) <= 1 + 8 * len(content)
    assert ((-limit <= samples) & (samples < limit)).all()


def test_differences_that_do_not_fit_are_not_compressed() -> None:
    with pytest.raises(DeltaError, match="do not fit into 4 bits"):
        pack(np.array([[0], [8]]), 2, [(4, 1)])
    with pytest.raises(DeltaError, match="packages for 1 samples"):
        pack(np.array([[0], [1], [2]]), 2, [(4, 1)])
