"""What the live table of a sensor says: rates, gaps, drift, delay, battery, wear and quality in words."""

import numpy as np

from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock, Status, StreamInfo
from sensors.stream_count import StreamCount

ECG = StreamInfo("ecg", "ecg", ("ecg",), 130.0, clock="device")
RR = StreamInfo("rr", "rr", ("rr",), None)


def frames(seconds: int, drift_ppm: float = 0.0, delay_s: float = 0.04) -> StreamCount:
    """A second of flat ECG a second, from a device whose crystal is slow, arriving with some jitter."""
    count, rng = StreamCount(), np.random.default_rng(2)
    for k in range(seconds):
        taken_s = k * (1 + drift_ppm * 1e-6)
        arrived_s = taken_s + 1 + delay_s + rng.gamma(1.2, 0.01)
        samples = np.zeros((130, 1), np.float32)
        block = SampleBlock(ECG, k, taken_s, samples, device_s=float(k), arrived_s=arrived_s)
        count.take([block], arrived_s)
    return count


def test_a_slow_crystal_shows_as_drift() -> None:
    (row,) = frames(300, drift_ppm=80).rows(301)
    assert isinstance(row["drift_ppm"], int)
    assert abs(row["drift_ppm"] - 80) < 10
    assert row["got_hz"] == 129.99


def test_drift_is_not_told_before_it_can_be_known() -> None:
    assert frames(20).rows(21)[0]["drift_ppm"] is None


def test_the_delay_is_from_sample_to_arrival() -> None:
    delay_ms = frames(60, delay_s=0.2).rows(61)[0]["delay_ms"]
    assert isinstance(delay_ms, int)
    assert 200 <= delay_ms < 230


def test_a_flat_line_is_no_quality() -> None:
    assert "flat" in str(frames(20).rows(21)[0]["quality"])


def test_a_body_that_is_worn_reads_clean_on_every_stream() -> None:
    count, sensor = StreamCount(), Sensor.open("typical", Place(lambda: 0.0, np.random.default_rng(4)))
    for tick in range(1, 4 * 70):
        count.take(sensor.read(tick / 4), tick / 4)
    rows = {str(row["stream"]): row for row in count.rows(70)}
    assert count.state == "streaming"
    assert str(rows["ecg"]["quality"]).startswith("clean: hr_bpm")
    assert str(rows["eda"]["quality"]).startswith("clean: eda_tonic_us")
    assert {row["contact"] for row in rows.values()} == {"worn"}
    assert {row["gaps"] for row in rows.values()} == {0}
    assert rows["eeg"]["got_hz"] == 256.0


def test_gaps_battery_and_loss_are_told() -> None:
    count = StreamCount()
    beats = [SampleBlock(RR, k, at_s, np.array([[800.0]], np.float32), np.array([at_s]), gap_s=gap_s)
             for k, (at_s, gap_s) in enumerate([(1.0, 0.0), (1.8, 0.0), (9.0, 6.4)])]  # fmt: skip
    count.take(
        [Status("strap", "streaming", 0.5, battery=0.8), *beats, Status("strap", "lost", 9.1, "out of range")], 9.2
    )
    (row,) = count.rows(12.0)
    assert (row["gaps"], row["missing_s"], row["silent_s"]) == (1, 6.4, 3.0)
    assert row["wanted_hz"] == "as it comes"
    assert row["got_hz"] == 0.25
    assert row["contact"] == "can't tell"
    assert (count.state, count.battery) == ("lost: out of range", 0.8)
