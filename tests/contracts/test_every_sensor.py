"""Every sensor that is registered keeps the sensors' contract, by being registered."""

import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sensors.blocks import Place, SampleBlock, Sensor, SensorError, Status
from therapy_app import catalog

NONSENSE = "there is no such thing"
HARMLESS = {"brainflow": "synthetic", "replay": "recording.csv", "mqtt": "mqtt://127.0.0.1:9/wearables"}
"""Arguments for sensors that need one; none may need a device to be opened."""
NONSENSE_OF = {"lsl": f"colour={NONSENSE}"}
"""For sensors to which any words may be a name."""


@pytest.fixture(params=catalog.names("sensor"))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def module(name: str) -> ModuleType:
    return catalog.find("sensor", name)


@pytest.fixture
def place() -> Place:
    began_s = time.monotonic()
    return Place(lambda: time.monotonic() - began_s, np.random.default_rng(1))


@pytest.fixture
def argument(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{row / 4},{1 + row / 100}\n" for row in range(40))
    Path("recording.csv").write_text("time_s,eda_us\n" + rows)
    return HARMLESS.get(name, "")


def opened(module: ModuleType, argument: str, place: Place) -> Sensor:
    sensor: Sensor = module.Sensor.open(argument, place)
    return sensor


def test_it_says_what_it_is_in_one_line(name: str) -> None:
    assert 10 < len(catalog.about("sensor", name)) < 120


def test_its_streams_have_names_of_their_own(module: ModuleType, argument: str, place: Place) -> None:
    sensor = opened(module, argument, place)
    streams = [info.stream for info in sensor.describe()]
    sensor.close()
    assert streams
    assert len(set(streams)) == len(streams)


def test_opening_and_reading_do_not_wait(module: ModuleType, argument: str, place: Place) -> None:
    begun_s = time.perf_counter()
    sensor = opened(module, argument, place)
    for tick in range(8):
        sensor.read(tick / 4)
    took_s = time.perf_counter() - begun_s
    sensor.close()
    assert took_s < 1.0


def test_what_it_delivers_is_numbered_and_belongs_to_its_streams(
    module: ModuleType, argument: str, place: Place
) -> None:
    sensor = opened(module, argument, place)
    arrived = [item for tick in range(24) for item in sensor.read(tick / 4)]
    sensor.close()
    blocks = [item for item in arrived if isinstance(item, SampleBlock)]
    for info in sensor.describe():
        of_stream = [block.seq for block in blocks if block.info.stream == info.stream]
        assert of_stream == sorted(set(of_stream))
    assert {block.info for block in blocks} <= set(sensor.describe())
    assert all(np.isfinite(block.samples).all() for block in blocks)
    assert all(block.samples.dtype == np.float32 for block in blocks)


def test_it_tells_its_state_first(module: ModuleType, argument: str, place: Place) -> None:
    sensor = opened(module, argument, place)
    arrived: list[SampleBlock | Status] = []
    for tick in range(100):
        arrived += sensor.read(tick / 4)
        if arrived:
            break
        time.sleep(0.02)
    sensor.close()
    assert isinstance(arrived[0], Status)


def test_it_can_be_closed_twice_and_is_silent_then(module: ModuleType, argument: str, place: Place) -> None:
    sensor = opened(module, argument, place)
    sensor.close()
    sensor.close()
    assert [item for item in sensor.read(50.0) if isinstance(item, SampleBlock)] == []


def test_an_argument_it_does_not_know_is_refused_in_words(name: str, module: ModuleType, place: Place) -> None:
    with pytest.raises(SensorError) as refused:
        opened(module, NONSENSE_OF.get(name, NONSENSE), place)
    assert NONSENSE in str(refused.value)
