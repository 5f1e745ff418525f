"""The Bluetooth heart rate measurement, against golden packets and bumble's own encoder."""

import pytest
from bumble.profiles.heart_rate_service import HeartRateService
from hypothesis import given
from hypothesis import strategies as st

from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement, MeasurementError

GOLDEN = [
    ("0048", HeartRateMeasurement(72)),
    ("0448", HeartRateMeasurement(72, contact=False)),
    ("0648", HeartRateMeasurement(72, contact=True)),
    ("010401", HeartRateMeasurement(260)),
    ("08482c01", HeartRateMeasurement(72, energy_kj=300)),
    ("16485203", HeartRateMeasurement(72, contact=True, rr_ticks=(850,))),
    ("1e482c0152036603", HeartRateMeasurement(72, contact=True, energy_kj=300, rr_ticks=(850, 870))),
    ("110401000152036603", HeartRateMeasurement(260, rr_ticks=(256, 850, 870))),
]
"""Worked out by hand from the Heart Rate Service, section 3.1."""

ticks = st.integers(0, 0xFFFF)
measurements = st.builds(
    HeartRateMeasurement,
    ticks,
    st.none() | st.booleans(),
    st.none() | ticks,
    st.lists(ticks, max_size=9).map(tuple),
)


@pytest.mark.parametrize(("packet", "measured"), GOLDEN)
def test_golden_packets_are_read_and_built(packet: str, measured: HeartRateMeasurement) -> None:
    assert HeartRateMeasurement.parse(bytes.fromhex(packet)) == measured
    assert measured.build().hex() == packet


def test_intervals_are_told_in_milliseconds() -> None:
    assert HeartRateMeasurement(60, rr_ticks=(1024, 512)).rr_ms == (1000.0, 500.0)


@pytest.mark.parametrize("reserved", [0x20, 0x40, 0x80])
def test_reserved_flags_are_left_alone(reserved: int) -> None:
    assert HeartRateMeasurement.parse(bytes([0x06 | reserved, 72])) == HeartRateMeasurement(72, True)


@pytest.mark.parametrize("packet", ["", "00", "0148", "0848", "08482c", "104852", "10485203ff", "004800"])
def test_short_and_odd_packets_are_refused_with_what_was_expected(packet: str) -> None:
    with pytest.raises(MeasurementError, match=r"expected .*bytes"):
        HeartRateMeasurement.parse(bytes.fromhex(packet))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_measurement_or_refused(packet: bytes) -> None:
    try:
        measured = HeartRateMeasurement.parse(packet)
    except MeasurementError:
        return
    assert HeartRateMeasurement.parse(measured.build()) == measured


@given(measurements)
def test_what_is_built_is_read_back(measured: HeartRateMeasurement) -> None:
    assert HeartRateMeasurement.parse(measured.build()) == measured


@given(measurements)
def test_bumble_encodes_and_decodes_the_same(measured: HeartRateMeasurement) -> None:
    theirs = HeartRateService.HeartRateMeasurement(
        measured.hr_bpm,
        measured.contact,
        measured.energy_kj,
        [tick / 1024 for tick in measured.rr_ticks] or None,
    )
    assert bytes(theirs) == measured.build()
    decoded = HeartRateService.HeartRateMeasurement.from_bytes(measured.build())
    assert [round(rr * 1024) for rr in decoded.rr_intervals or ()] == list(measured.rr_ticks)
    assert decoded.energy_expended == measured.energy_kj


@pytest.mark.parametrize("wrong", [{"hr_bpm": -1}, {"hr_bpm": 65536}, {"hr_bpm": 60, "rr_ticks": (70000,)}])
def test_values_that_do_not_fit_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(MeasurementError, match="expected 0 to 65535"):
        HeartRateMeasurement(**wrong)
