"""What phones say, and what is made of it: any text, clocks that are off, orders that are broken, codes that end."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.blocks import SensorError, StreamInfo
from sensors.fields import field
from sensors.push.exchanged_clock import Answer, ExchangedClock
from sensors.push.handed import Handed
from sensors.push.intake import Intake
from sensors.push.members import MessageError
from sensors.push.messages import READERS, Hello, Samples, parse
from sensors.push.notifications import DECODERS
from sensors.push.pace import BURST_S, BYTES_HZ, MESSAGES_HZ, Pace
from sensors.push.pairing import CODE_LIFE_S, WAIT_S, Chance, Pairing, WrongCodes
from sensors.push.published import read

ECG = StreamInfo("ecg", "ecg", ("ecg",), 100.0, clock="device")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "ecg", "2a37", "AAAA", "hr_bpm", "12345678"])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["stream", "fields", "rate_hz"]), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = """code token version streams stream seq at_ms values contact quality level characteristic bytes id
    sent_ms received_ms"""


# -- parsing


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_an_error_in_words(raw: bytes) -> None:
    for reader in (parse, lambda bytes_: read("ecg_mv", bytes_), lambda bytes_: read("describe", bytes_)):
        with suppress(MessageError):
            reader(raw)


@settings(max_examples=400)
@given(st.sampled_from(sorted(READERS)), st.dictionaries(st.sampled_from(MEMBERS.split()), TREES))
def test_any_members_are_a_message_or_an_error_in_words(kind: str, members: dict[str, Any]) -> None:
    with suppress(MessageError):
        message = parse(json.dumps({"type": kind, **members}))
        assert not isinstance(message, Samples) or np.isfinite(message.values).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 20_000, "nested too deeply"),
        ('{"type": "battery", "level": NaN}', "NaN is no number in JSON"),
        ('{"type": "battery", "level": true}', "level True; expected a number from 0 to 1"),
        ('{"type": "battery", "level": 1' + "0" * 5000 + "}", "no JSON"),
        ("7", "7 is no message"),
        ('{"type": "hello", "version": 2, "code": "1"}', "version 2; this end speaks version 1"),
        ('{"type": "hello", "version": 1}', "either the 'code' that is shown or the 'token'"),
        ('{"type": "samples", "stream": "A b", "seq": 0, "at_ms": 0, "values": [1]}', "stream 'A b'; expected a name"),
        ('{"type": "samples", "stream": "a", "seq": 0, "at_ms": 0, "values": []}', "values []; expected a list"),
        ('{"type": "samples", "stream": "a", "seq": 0, "at_ms": 0, "values": [[1], [1, 2]]}', "uneven rows"),
        ('{"type": "samples", "stream": "a", "seq": 0, "at_ms": 0, "values": [[[1]]]}', "expected numbers, or rows"),
        ('{"type": "samples", "stream": "a", "seq": 0, "at_ms": 0, "values": [null]}', "expected numbers"),
        ('{"type": "samples", "stream": "a", "seq": 0, "at_ms": 0, "values": [1e300]}', "reach beyond 1e+07"),
        ('{"type": "samples", "stream": "a", "seq": 0, "at_ms": [2, 1], "values": [1, 1]}', "at_ms goes backwards"),
        ('{"type": "samples", "stream": "a", "seq": 1.5, "at_ms": 0, "values": [1]}', "seq 1.5; expected a whole"),
        (
            '{"type": "describe", "streams": [{"stream": "a", "fields": ["ecg_mv", "ppg"], "rate_hz": 9}]}',
            "mixes ecg, ppg",
        ),
        ('{"type": "describe", "streams": [{"stream": "a", "fields": ["ecg"], "rate_hz": 9}]}', "do you mean ecg_mv?"),
        ('{"type": "describe", "streams": [{"stream": "a", "fields": ["ecg_mv"]}]}', "rate_hz of a None; expected"),
        ('{"type": "describe", "streams": [{"stream": "a", "fields": ["rr_ms"], "rate_hz": 1}]}', "without a rate"),
        (
            '{"type": "ble", "characteristic": "heart", "bytes": "", "at_ms": 0}',
            "characteristic 'heart'; expected a UUID",
        ),
        ('{"type": "ble", "characteristic": "2a37", "bytes": "!", "at_ms": 0}', "bytes '!'; expected base64"),
        ('{"type": "clock", "id": 1, "received_ms": 2, "sent_ms": 1}', "sent_ms 1.000 is before received_ms 2.000"),
    ],
)
def test_a_wrong_message_is_refused_with_value_and_rule(text: str, words: str) -> None:
    with pytest.raises(MessageError) as refused:
        parse(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_code_may_be_typed_as_it_is_read() -> None:
    assert parse('{"type": "hello", "version": 1, "code": "1234 56-78"}') == Hello("12345678", "")


def test_fields_are_those_of_recordings() -> None:
    assert field("eeg_AF7_uv") == ("eeg", "AF7")
    assert field("acc_y_g") == ("acc", "y")
    with pytest.raises(SensorError, match="unknown field 'mood'; fields are ecg_mv, "):
        field("mood")


@given(st.binary(max_size=24), st.floats(0, 1e6))
def test_any_packet_is_a_measurement_or_an_error(packet: bytes, at_s: float) -> None:
    for decoder in DECODERS.values():
        with suppress(SensorError):
            assert all(np.isfinite(handed.samples).all() for handed in decoder().decode(packet, at_s))


# -- the phone's clock


def asked(clock: ExchangedClock, now_s: float, skew_s: float, there_s: float, back_s: float) -> None:
    """One question and its answer by a phone whose clock is ahead by `skew_s`."""
    received_s = now_s + there_s + skew_s
    clock.learn(Answer(now_s, received_s, received_s + 0.001, now_s + there_s + 0.001 + back_s))


def test_an_hour_of_skew_is_recovered_from_the_quickest_answer() -> None:
    clock, rng = ExchangedClock(), np.random.default_rng(4)
    for number in range(4):
        asked(clock, number / 10, -3600.123, 0.004 + rng.exponential(0.05), 0.004 + rng.exponential(0.05))
    asked(clock, 1.0, -3600.123, 0.004, 0.006)
    offset_s = clock.offset_s(20 - 3600.123, 20.0)
    for second in range(20, 60):
        offset_s = clock.offset_s(second - 3600.123, float(second))
    assert offset_s == pytest.approx(3600.123, abs=0.002)


def test_a_crystal_that_is_off_is_followed_without_jumps() -> None:
    clock, offsets_s = ExchangedClock(), []
    for tenth in range(36_000):
        now_s = tenth / 10
        skew_s = 100 + 40e-6 * now_s
        if tenth < 4 or tenth % 300 == 0:
            asked(clock, now_s, skew_s, 0.005, 0.005)
        offsets_s.append(clock.offset_s(now_s + skew_s - 0.05, now_s) + skew_s)
    assert np.abs(offsets_s).max() < 0.003
    assert np.abs(np.diff(offsets_s)).max() < 0.0005


def test_stamps_from_the_future_are_the_app_s_fault_when_its_clock_is_right() -> None:
    clock = ExchangedClock()
    asked(clock, 0.0, 50.0, 0.01, 0.01)
    assert clock.offset_s(1 + 50.5, 1.0) == pytest.approx(-50.5)
    asked(clock, 1.1, 50.0, 0.01, 0.01)
    assert clock.stamps_ahead
    assert clock.steps == 0
    assert clock.offset_s(2 + 50.5, 2.0) == pytest.approx(-50.5)
    assert not clock.wants_answer


# -- the order of messages


def samples(seq: int | None, at_ms: float | None, count: int = 10, stream: str = "ecg", first: float = 0.0) -> Samples:
    values = first + np.arange(count, dtype=np.float64).reshape(-1, 1)
    return Samples(stream, values, None if at_ms is None else np.array([at_ms]), seq, None, None)


def intake(*infos: StreamInfo) -> Intake:
    made = Intake(lambda _stream, _newest_s, _arrived_s: 1000.0)
    made.describe(infos or (ECG,), 16)
    return made


@settings(max_examples=200)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_whatever_the_order_nothing_comes_twice_and_time_goes_on(order: list[int]) -> None:
    made, taken = intake(), []
    for seq in order:
        handed = made.take(samples(seq, seq * 100.0, first=seq * 10.0), 0.0)
        if handed is not None:
            taken.append((seq, handed))
    assert [seq for seq, _ in taken] == sorted({seq for seq, _ in taken})
    assert all(handed.samples[0, 0] == seq * 10 for seq, handed in taken)
    late, duplicates = made.dropped["ecg"]
    assert late + duplicates + len(taken) == len(order)
    for (before, _), (seq, handed) in pairwise(taken):
        assert handed.missing_s == pytest.approx((seq - before - 1) * 0.1 if seq > before + 1 else 0.0)
        assert handed.start_s == pytest.approx(1000 + seq * 0.1)


def test_jitter_of_stamps_makes_neither_gaps_nor_overlaps() -> None:
    made, rng = intake(), np.random.default_rng(1)
    found: list[Handed] = []
    for seq in range(500):
        handed = made.take(samples(seq, seq * 100.0 + float(rng.uniform(-20, 20))), 0.0)
        assert handed is not None
        found.append(handed)
    starts_s = np.array([handed.start_s for handed in found])
    assert np.abs(np.diff(starts_s) - 0.1).max() < 0.5 / 100
    assert np.abs(starts_s - 1000 - np.arange(500) / 10).max() < 0.03


def test_a_hole_that_the_stamps_show_is_left_open() -> None:
    made = intake()
    made.take(samples(0, 0.0), 0.0)
    after = made.take(samples(1, 600.0), 0.0)
    assert after is not None
    assert after.start_s == pytest.approx(1000.6)


def test_without_a_clock_arrival_counts_and_a_repeated_number_is_dropped() -> None:
    made = Intake(lambda _stream, _newest_s, _arrived_s: 0.0)
    made.describe((ECG,), 16)
    first, again, anew = (made.take(samples(seq, None), at_s) for seq, at_s in ((200, 5.0), (200, 5.1), (0, 9.0)))
    assert first is not None
    assert first.start_s == pytest.approx(4.9)
    assert first.device_s is None
    assert again is None
    assert anew is not None
    assert anew.missing_s > 0


def test_what_was_measured_too_long_ago_is_refused_in_words() -> None:
    made = intake()
    with pytest.raises(MessageError, match="ecg of 900 s ago; expected at most 600 s"):
        made.take(samples(0, 0.0), 1900.1)
    kept = made.take(samples(1, 900_000.0), 2400.0)
    assert kept is not None
    assert kept.start_s == pytest.approx(1900)


def test_a_gap_is_as_long_as_it_was_though_the_clock_was_set_meanwhile() -> None:
    clock = ExchangedClock()
    made = Intake(lambda _stream, *times_s: clock.offset_s(*times_s), clock.forget)
    made.describe((StreamInfo("hr", "hr", ("hr",), None, clock="device"),), 16)
    asked(clock, 0.0, 0.0, 0.01, 0.01)
    made.take(samples(0, 1000.0, 1, "hr"), 1.0)
    after = made.take(samples(3, 3_604_000.0, 1, "hr"), 4.0)
    assert after is not None
    assert after.missing_s == pytest.approx(3.0, abs=0.1)


def test_more_streams_than_any_device_has_are_refused() -> None:
    made = intake()
    many = [StreamInfo(f"s{number}", "ppg", ("ppg",), 50.0) for number in range(16)]
    with pytest.raises(MessageError, match="17 streams; expected at most 16"):
        made.describe(many, 16)


# -- pairing


class Turned:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_code_is_good_once_and_for_ten_minutes() -> None:
    clock = Turned()
    pairing = Pairing(clock, Chance(lambda _: 42, lambda: "token"))
    assert not pairing.opens_with_code("")
    assert not pairing.opens_with_token("")
    assert pairing.offer() == "00000042"
    assert pairing.opens_with_code("00000042")
    assert not pairing.opens_with_code("42")
    clock.now_s = CODE_LIFE_S - 0.1
    assert pairing.opens_with_code("00000042")
    clock.now_s = CODE_LIFE_S
    assert not pairing.opens_with_code("00000042")
    pairing.offer()
    assert pairing.pair() == "token"
    assert not pairing.opens_with_code("00000042")
    assert pairing.opens_with_token("token")
    assert not pairing.opens_with_token("tok\udc80en")


def test_codes_are_not_guessable_and_not_repeated() -> None:
    pairing = Pairing(Turned())
    codes = {pairing.offer() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 8 and code.isdigit() for code in codes)


def test_five_wrong_codes_make_everybody_wait_a_minute() -> None:
    clock = Turned()
    wrong = WrongCodes(clock)
    for _ in range(4):
        wrong.count()
    assert wrong.wait_s == 0
    wrong.count()
    assert wrong.wait_s == WAIT_S
    clock.now_s = WAIT_S
    assert wrong.wait_s == 0


def test_a_burst_is_read_at_once_and_a_flood_at_its_rate() -> None:
    pace, now_s, waited_s = Pace(), 0.0, 0.0
    for number in range(2000):
        wait_s = pace.wait_s(100, now_s)
        waited_s += wait_s
        now_s += wait_s
        assert wait_s == 0 or number >= BURST_S * MESSAGES_HZ - 1
    assert waited_s == pytest.approx(2000 / MESSAGES_HZ - BURST_S, rel=0.01)
    assert Pace().wait_s(int(BYTES_HZ * 7), 0.0) == pytest.approx(2.0)
