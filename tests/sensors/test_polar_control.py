"""What is said at Polar's control point, against answers of real devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.bluetooth.polar_control import Answer, ControlError, Order, Setting, built, chosen, measured, parsed
from sensors.bluetooth.polar_measurement import Kind

H10_ECG = bytes.fromhex("f00100 00000001 82000101 0e00")
"""130 Hz, 14 bit."""
H10_ACC = bytes.fromhex("f00102 00000004 c8006400 320019000101 10000203 0200 0400 0800")
"""200, 100, 50 and 25 Hz, 16 bit, ranges of 2, 4 and 8 G."""


def test_an_h10_has_ecg_and_movement_and_a_verity_sense_has_a_pulse_wave() -> None:
    assert measured(bytes.fromhex("0f05" + "00" * 15)) == {Kind.ECG, Kind.ACC}
    assert measured(bytes.fromhex("0f6e" + "00" * 15)) == {Kind.PPG, Kind.ACC}


def test_the_settings_of_an_ecg_are_asked_for_as_the_specification_says() -> None:
    answer = Answer.parse(H10_ECG)
    assert answer.trouble == ""
    assert answer.choices == {Setting.RATE_HZ: (130,), Setting.RESOLUTION_BITS: (14,)}
    assert built(chosen(Kind.ECG, answer.choices)).hex() == "0001820001010e00"
    assert answer.build() == H10_ECG


def test_movement_is_asked_for_at_a_rate_that_spares_the_battery() -> None:
    settings = chosen(Kind.ACC, Answer.parse(H10_ACC).choices)
    assert settings == {Setting.RATE_HZ: (50,), Setting.RESOLUTION_BITS: (16,), Setting.RANGE: (4,)}


def test_a_rate_that_is_not_there_is_replaced_by_the_nearest() -> None:
    assert chosen(Kind.PPG, {Setting.RATE_HZ: (176, 135)})[Setting.RATE_HZ] == (135,)


def test_the_factor_of_a_start_is_read() -> None:
    started = Answer.parse(bytes.fromhex("f00202 00000501 00008039"))
    assert started.factor == pytest.approx(0.000244140625)
    assert Answer.parse(bytes.fromhex("f00202 0000")).factor is None
    with pytest.raises(ControlError, match="above 0"):
        _ = Answer.parse(bytes.fromhex("f00202 00000501 0000c07f")).factor


@pytest.mark.parametrize(("status", "words"), [(6, "is doing so already"), (13, "is in its charger"), (99, "error 99")])
def test_a_refusal_is_put_in_words(status: int, words: str) -> None:
    assert words in Answer.parse(bytes([0xF0, Order.START, Kind.ACC, status])).trouble


@pytest.mark.parametrize("packet", ["", "0f05", "f001", "f00100 0000 0001 82", "f00100 0000 0900", "f00100 0000 0000"])
def test_what_is_no_answer_is_refused(packet: str) -> None:
    with pytest.raises(ControlError):
        Answer.parse(bytes.fromhex(packet))


@given(st.binary(max_size=60) | st.binary(max_size=50).map(lambda rest: b"\xf0\x01\x00\x00\x00" + rest))
def test_any_bytes_are_an_answer_or_refused(packet: bytes) -> None:
    try:
        answer = Answer.parse(packet)
    except ControlError:
        return
    if answer.choices:
        assert parsed(built(answer.choices)).keys() == answer.choices.keys()


@given(st.binary(max_size=20))
def test_any_bytes_are_features_or_refused(packet: bytes) -> None:
    try:
        assert measured(packet) <= set(Kind)
    except ControlError:
        assert len(packet) < 2 or packet[0] != 0x0F
