"""A recording replayed as a sensor."""

from pathlib import Path

import numpy as np
import pytest

from sensors.adapters.replay import Sensor
from sensors.blocks import Place, SampleBlock, SensorError, Status


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """20 s of EDA with a hole of 5 s, and intervals with beats missing."""
    path = tmp_path / "someone@home:1.csv"
    rows = ["time_s,eda_us,rr_ms"]
    for row in range(80):
        time_s = 50 + row / 4
        eda = "" if 60 <= time_s < 65 else row
        rr = 1000 if row % 4 == 0 and not 60 <= time_s < 65 else ""
        rows.append(f"{time_s},{eda},{rr}")
    path.write_text("\n".join(rows))
    return path


def replayed(sensor: Sensor, until_s: float, step_s: float = 0.25, from_s: float = 100.0) -> list[SampleBlock | Status]:
    ticks = np.arange(from_s, from_s + until_s + step_s / 2, step_s)
    return [item for now_s in ticks for item in sensor.read(float(now_s))]


def of(arrived: list[SampleBlock | Status], stream: str) -> list[SampleBlock]:
    return [item for item in arrived if isinstance(item, SampleBlock) and item.info.stream == stream]


def test_every_sample_arrives_in_time_and_none_early(recording: Path, place: Place) -> None:
    sensor = Sensor.open(str(recording), place)
    for tick in range(120):
        now_s = 100 + tick / 4
        for block in of(sensor.read(now_s), "eda"):
            assert now_s - 0.25 < block.end_s <= now_s
            assert len(block.samples) == 2
            assert block.flags == {"replay"}
    sensor.close()


def test_values_times_and_holes_are_the_recordings_own(recording: Path, place: Place) -> None:
    eda = of(replayed(Sensor.open(str(recording), place), 21), "eda")
    assert [float(value) for block in eda for value in block.samples[:, 0]] == [*range(40), *range(60, 80)]
    assert [block.seq for block in eda] == list(range(30))
    assert eda[0].start_s == 100.0
    assert [(block.start_s, block.gap_s) for block in eda if block.gap_s] == [(115.0, 5.0)]


def test_events_keep_their_times_and_show_missing_beats(recording: Path, place: Place) -> None:
    rr = of(replayed(Sensor.open(str(recording), place), 21), "rr")
    assert [float(time_s) for block in rr for time_s in block.times_s] == [*range(100, 110), *range(115, 120)]
    assert [(block.start_s, block.gap_s) for block in rr if block.gap_s] == [(115.0, 6.0)]


def test_it_streams_and_stops_once(recording: Path, place: Place) -> None:
    arrived = replayed(Sensor.open(str(recording), place), 40)
    statuses = [(item.state, item.reason) for item in arrived if isinstance(item, Status)]
    assert statuses == [("streaming", ""), ("stopped", "the recording has ended")]
    assert isinstance(arrived[-1], Status)


def test_at_double_speed_it_is_over_in_half_the_time_with_the_same_samples(recording: Path, place: Place) -> None:
    quick = replayed(Sensor.open(f"{recording}@2", place), 10.25)
    plain = replayed(Sensor.open(str(recording), place), 21)
    assert quick[-1].state == "stopped"
    for one, other in zip(of(quick, "eda"), of(plain, "eda"), strict=True):
        assert np.array_equal(one.samples, other.samples)
        assert (one.start_s, one.gap_s) == (other.start_s, other.gap_s)


def test_reading_seldom_loses_nothing(recording: Path, place: Place) -> None:
    seldom = replayed(Sensor.open(str(recording), place), 21, step_s=7.0)
    often = replayed(Sensor.open(str(recording), place), 21)
    assert [block.start_s for block in of(seldom, "eda")] == [block.start_s for block in of(often, "eda")]


def test_after_closing_nothing_comes(recording: Path, place: Place) -> None:
    sensor = Sensor.open(str(recording), place)
    replayed(sensor, 3)
    sensor.close()
    sensor.close()
    assert replayed(sensor, 30) == []


@pytest.mark.parametrize(
    ("speed", "said"),
    [("@0", "speed 0; expected above 0"), ("@-1", "speed -1"), ("@nan", "speed nan"), ("@inf", "speed inf"),
     ("@fast", "speed 'fast' is no number"), ("@9999", "at most 1000")],
)  # fmt: skip
def test_a_speed_that_is_none_is_refused(recording: Path, place: Place, speed: str, said: str) -> None:
    with pytest.raises(SensorError, match=said):
        Sensor.open(f"{recording}{speed}", place)


def test_without_a_path_it_says_what_it_needs(place: Place) -> None:
    with pytest.raises(SensorError, match=r"replay:PATH\[@SPEED\]"):
        Sensor.open("", place)
