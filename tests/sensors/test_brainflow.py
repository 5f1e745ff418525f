"""Boards driven by BrainFlow: its synthetic board, its playback, and what is not there."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from sensors.adapters import brainflow
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.boards.preset import Preset
from sensors.boards.rows import Packages, place_of, shares
from sensors.mailbox import Mailbox
from sensors.supervise import Link, LinkLost, Patience, Supervisor

board_shim = pytest.importorskip("brainflow.board_shim")

Arrived = list[SampleBlock | Status]


@pytest.fixture
def place() -> Place:
    began_s = time.monotonic()
    return Place(lambda: time.monotonic() - began_s, np.random.default_rng(1))


def listened(
    sensor: brainflow.Sensor, place: Place, until: Callable[[Arrived], bool], within_s: float = 10.0
) -> Arrived:
    arrived: Arrived = []
    end_s = place.clock() + within_s
    while not until(arrived):
        assert place.clock() < end_s, [item for item in arrived if isinstance(item, Status)]
        arrived += sensor.read(place.clock())
        time.sleep(0.02)
    return arrived


def blocks(arrived: Arrived, stream: str = "eeg") -> list[SampleBlock]:
    return [item for item in arrived if isinstance(item, SampleBlock) and item.info.stream == stream]


def samples(arrived: Arrived, stream: str = "eeg") -> np.ndarray:
    return np.concatenate([block.samples for block in blocks(arrived, stream)])


def words(arrived: Arrived) -> str:
    return " | ".join(f"{item.state} {item.reason}" for item in arrived if isinstance(item, Status))


def seconds(count: float) -> Callable[[Arrived], bool]:
    return lambda arrived: bool(held := blocks(arrived)) and held[-1].end_s - held[0].start_s >= count


def test_every_sample_of_the_synthetic_board_comes_once_in_our_units(place: Place) -> None:
    sensor = brainflow.Sensor.open("synthetic", place)
    arrived = listened(sensor, place, seconds(2.5))
    sensor.close()
    assert len(samples(arrived)) == pytest.approx(
        250 * (blocks(arrived)[-1].end_s - blocks(arrived)[0].start_s), rel=0.02
    )
    assert {block.gap_s for item in sensor.describe() for block in blocks(arrived, item.stream)} == {0.0}
    assert all(block.flags == {"synthetic"} for block in blocks(arrived))
    assert all(-0.1 < (block.arrived_s or 0.0) - block.end_s < 0.5 for block in blocks(arrived))
    assert blocks(arrived)[0].info.channels[:3] == ("Fz", "C3", "Cz")
    assert 36 < samples(arrived, "temp").mean() < 37.5
    assert 0.5 < samples(arrived, "eda").mean() < 1.5
    assert {info.modality for info in sensor.describe()} == {"eeg", "ppg", "eda", "acc", "temp"}
    assert "battery" not in words(arrived)
    assert max(item.battery or 0.0 for item in arrived if isinstance(item, Status)) > 0.5


def test_a_recording_is_played_value_by_value(tmp_path: Path, place: Place) -> None:
    file = tmp_path / "recording.csv"
    record(file)
    sensor = brainflow.Sensor.open(f"playback:synthetic:{file}", place)
    arrived = listened(sensor, place, seconds(0.8))
    sensor.close()
    recorded = np.loadtxt(file, delimiter="\t")
    played = samples(arrived)
    assert np.array_equal(played, recorded[: len(played), 1:17].astype(np.float32))
    assert blocks(arrived)[0].flags == {"replay"}


def record(file: Path) -> None:
    """A second and a half of the synthetic board, written by BrainFlow itself."""
    shim = brainflow.library()
    board = shim.BoardShim(shim.BoardIds.SYNTHETIC_BOARD, shim.BrainFlowInputParams())
    board.prepare_session()
    board.add_streamer(f"file://{file}:w")
    board.start_stream()
    time.sleep(1.5)
    board.release_session()


def test_two_boards_stream_at_once_and_one_board_only_once(place: Place) -> None:
    first, second = (brainflow.Sensor.open(f"synthetic:{name}", place) for name in ("one", "two"))
    listened(first, place, seconds(0.1))
    again = brainflow.Sensor.open("synthetic:one", place)
    said = words(listened(again, place, lambda arrived: "lost" in words(arrived)))
    again.close()
    assert "already open here" in said
    for sensor in (first, second):
        heard = listened(sensor, place, seconds(1.0))
        sensor.close()
        assert "lost" not in words(heard)
        assert [block.gap_s for block in blocks(heard)] == [0.0] * len(blocks(heard))


def test_a_closed_board_can_be_opened_again(place: Place) -> None:
    for _ in range(2):
        sensor = brainflow.Sensor.open("synthetic", place)
        assert listened(sensor, place, seconds(0.1))
        sensor.close()
        assert sensor.read(place.clock()) == []


def test_a_board_is_released_even_when_it_is_closed_while_it_starts(place: Place) -> None:
    brainflow.Sensor.open("synthetic", place).close()
    sensor = brainflow.Sensor.open("synthetic", place)
    assert "already open" not in words(listened(sensor, place, seconds(0.1)))
    sensor.close()


def test_a_board_that_is_taken_away_is_told_and_comes_back(place: Place) -> None:
    sensor = brainflow.Sensor.open("synthetic", place)
    before = listened(sensor, place, seconds(0.2))
    brainflow.library().BoardShim.release_all_sessions()
    after = listened(sensor, place, lambda arrived: "reconnecting" in words(arrived) and bool(blocks(arrived)))
    after += listened(sensor, place, seconds(0.2))
    sensor.close()
    assert "the connection has ended" in words(after)
    held = blocks(before + after)
    assert [block.seq for block in held] == list(range(len(held)))
    assert max(block.gap_s for block in held) > 0.3


@pytest.mark.parametrize(
    ("argument", "said"),
    [("muse_2", "Bluetooth"), ("cyton", "needs to know where it is"), ("cyton:/dev/no-such-port", "no such port")],
)
def test_a_board_that_is_not_there_says_so_in_words(argument: str, said: str, place: Place) -> None:
    sensor = brainflow.Sensor.open(argument, place)
    assert said in words(listened(sensor, place, lambda arrived: "lost" in words(arrived)))
    sensor.close()


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("muse_9", "there are: .*cyton, .*muse_2, "),
        ("", "there are: .*muse_2"),
        ("playback:muse_2:nowhere.csv", "no file 'nowhere.csv'"),
        ("gforce_pro", "measures nothing that is used here"),
        ("cyton:a:b", "no place of a board"),
    ],
)
def test_what_can_not_be_a_board_is_refused_with_the_choices(argument: str, said: str, place: Place) -> None:
    with pytest.raises(SensorError, match=said):
        brainflow.Sensor.open(argument, place)


def test_the_boards_people_wear_have_the_streams_they_should() -> None:
    shim = brainflow.library()
    known = brainflow.boards(shim)
    table = {
        name: {
            (share.info.modality, share.info.rate_hz) for share in shares(name, brainflow.described(shim, known[name]))
        }
        for name in ("muse_2", "muse_s_athena", "emotibit", "cyton", "callibri_ecg", "brainbit")
    }
    assert table == {
        "muse_2": {("eeg", 256), ("acc", 52), ("ppg", 64)},
        "muse_s_athena": {("eeg", 256), ("acc", 52)},
        "emotibit": {("acc", 25), ("ppg", 25), ("eda", 15), ("temp", 15)},
        "cyton": {("eeg", 250), ("acc", 250)},
        "callibri_ecg": {("ecg", 125)},
        "brainbit": {("eeg", 250)},
    }


def test_asking_for_descriptions_leaves_every_board_startable(place: Place) -> None:
    shim = brainflow.library()
    for number in brainflow.boards(shim).values():
        brainflow.described(shim, number)
    sensor = brainflow.Sensor.open("synthetic", place)
    assert listened(sensor, place, seconds(0.1))
    sensor.close()


def test_package_numbers_tell_what_is_missing() -> None:
    cyton = Packages(samples=1, modulus=256)
    assert cyton.missing(np.array([253.0, 254, 255, 0, 1])).tolist() == [0, 0, 0, 0, 0]
    assert cyton.missing(np.array([4.0, 5])).tolist() == [2, 0]
    muse = Packages(samples=12, modulus=65536)
    assert muse.missing(np.repeat([65534.0, 65535, 1], 12)).tolist() == [0] * 24 + [12] + [0] * 11


def handed(presets: list[tuple[np.ndarray, float]]) -> Arrived:
    """What the Muse's EEG becomes, from tables (package number of each sample, arrival)."""
    told = {"sampling_rate": 256, "package_num_channel": 0, "eeg_channels": [1], "eeg_names": "AF7"}
    preset = Preset("muse_2", told, list(shares("muse_2", {0: told})), frozenset())
    mailbox, now = Mailbox(), [0.0]
    supervisor = Supervisor("muse", lambda: now[0], mailbox, Patience())

    async def connection(link: Link) -> None:
        for numbers, at_s in presets:
            now[0] = at_s
            preset.take(link, np.stack([numbers, np.arange(len(numbers), dtype=float)]), at_s)
        raise LinkLost("enough")

    async def live() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(supervisor.run(connection), 0.05)

    asyncio.run(live())
    return mailbox.take()


def test_a_package_lost_by_radio_is_a_gap_of_its_length() -> None:
    numbers = np.repeat([1.0, 2, 4, 5], 12)
    first, second = blocks(handed([(numbers, 60 / 256)]))
    assert (len(first.samples), len(second.samples)) == (24, 24)
    assert second.gap_s == pytest.approx(12 / 256)
    assert first.start_s == pytest.approx(0.0)


def test_package_numbers_that_count_something_else_are_not_believed() -> None:
    each_s = 12 / 256
    held = blocks(handed([(np.full(12, 3.0 * packet), (packet + 1) * each_s) for packet in range(200)]))
    assert held[-1].start_s == pytest.approx(199 * each_s, abs=0.1)
    assert sum(block.gap_s > 0 for block in held) < 20


def test_a_board_of_half_the_rate_is_told_once_and_nothing_is_read_from_it() -> None:
    arrived = handed([(np.full(12, float(packet)), (packet + 1) * 24 / 256) for packet in range(100)])
    assert words(arrived).count("says 256 Hz, but 128 samples come in a second") == 1
    assert blocks(arrived)[-1].quality == 0.0


@pytest.mark.parametrize(
    ("port", "asked"),
    [
        ("", {}),
        ("00:55:DA:B0:12:34", {"mac_address": "00:55:DA:B0:12:34"}),
        ("/dev/ttyUSB0", {"serial_port": "/dev/ttyUSB0"}),
        ("COM4", {"serial_port": "COM4"}),
        ("192.168.4.1", {"ip_address": "192.168.4.1"}),
        ("192.168.4.1:3131", {"ip_address": "192.168.4.1", "ip_port": 3131}),
        ("Muse-1A2B", {"serial_number": "Muse-1A2B"}),
    ],
)
def test_a_place_is_known_by_its_shape(port: str, asked: dict[str, str | int]) -> None:
    assert place_of(port) == asked


def test_it_is_not_loaded_before_it_is_needed_and_needs_no_setuptools(tmp_path: Path) -> None:
    script = """
import sys
sys.modules["pkg_resources"] = None
from sensors.adapters import brainflow
assert "brainflow" not in sys.modules
brainflow.library().BoardShim.get_board_presets(-1)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_extra_is_told_in_words(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brainflow.board_shim", None)
    with pytest.raises(SensorError, match=r"pip install 'emotion-music-therapy\[brainflow\]'"):
        brainflow.Sensor.open("synthetic", place)
