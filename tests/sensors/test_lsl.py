"""Streams of the Lab Streaming Layer, from another process to the session."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from sensors.adapters import lsl
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.lsl.wish import Wish

pytest.importorskip("pylsl")

Sender = Callable[..., subprocess.Popen[str]]
Arrived = list[SampleBlock | Status]


@pytest.fixture
def name() -> str:
    """A name that no other stream on this machine has."""
    return f"test {uuid4().hex[:8]}"


@contextmanager
def sending(*streams: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A program that sends streams."""
    command = [sys.executable, str(Path(__file__).with_name("lsl_outlet.py")), json.dumps(streams)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "sending\n"
        try:
            yield sender
        finally:
            sender.kill()


@pytest.fixture
def send() -> Iterator[Sender]:
    with ExitStack() as running:
        yield lambda *streams: running.enter_context(sending(*streams))


@pytest.fixture
def place() -> Place:
    began_s = time.monotonic()
    return Place(lambda: time.monotonic() - began_s, np.random.default_rng(1))


def ecg(name: str, **others: Any) -> dict[str, Any]:
    told = {"name": name, "kind": "ECG", "rate": 130, "source_id": f"{name} strap", "labels": ["ECG"], "units": ["mV"]}
    return told | others


def listened(sensor: lsl.Sensor, place: Place, until: Callable[[Arrived], bool], within_s: float = 15.0) -> Arrived:
    """What arrived until it was enough."""
    arrived: Arrived = []
    end_s = place.clock() + within_s
    while not until(arrived):
        assert place.clock() < end_s, [item for item in arrived if isinstance(item, Status)]
        arrived += sensor.read(place.clock())
        time.sleep(0.02)
    return arrived


def blocks(arrived: Arrived, stream: str = "") -> list[SampleBlock]:
    return [item for item in arrived if isinstance(item, SampleBlock) and stream in ("", item.info.stream)]


def words(arrived: Arrived) -> str:
    return " | ".join(f"{item.state} {item.reason}" for item in arrived if isinstance(item, Status))


def seconds(count: float) -> Callable[[Arrived], bool]:
    return lambda arrived: bool(held := blocks(arrived)) and held[-1].end_s - held[0].start_s >= count


SENT: dict[str, dict[str, Any]] = {
    "plain": ecg("plain"),
    "volts": {
        "kind": "EEG",
        "rate": 256,
        "labels": ["TP9", "AF7", "ECG", "TRIGGER"],
        "units": ["volts", "microvolts", "V", ""],
    },
    "beats": {"kind": "RR", "rate": 0, "labels": ["RR"], "units": ["s"], "values": [0.8, 0.85]},
    "slow": ecg("slow", sent_hz=65),
    "unix": ecg("unix", stamps="unix"),
    "markers": {"kind": "Markers", "rate": 0, "text": True},
    "no unit": {"kind": "EEG", "rate": 256, "labels": ["AF7"], "units": [""]},
    "no rate": {"kind": "EDA", "rate": 0, "labels": ["EDA"], "units": ["uS"]},
    "told": {"kind": "EDA", "rate": 0, "labels": ["EDA"], "sent_hz": 8},
}
ADDED = {"told": ",unit=uS,rate=8"}
LISTENED_S = 9.0


@pytest.fixture(scope="module")
def heard() -> dict[str, Arrived]:
    """What came of each of SENT, all sent by one program that had begun a second before."""
    began_s, mark = time.monotonic(), uuid4().hex[:8]
    place = Place(lambda: time.monotonic() - began_s, np.random.default_rng(1))
    named = {key: {**stream, "name": f"{key} {mark}", "source_id": f"{key} {mark}"} for key, stream in SENT.items()}
    with sending(*named.values()):
        time.sleep(1.0)
        sensors = {key: lsl.Sensor.open(f"name={key} {mark}{ADDED.get(key, '')}", place) for key in SENT}
        arrived: dict[str, Arrived] = {key: [] for key in SENT}
        end_s = place.clock() + LISTENED_S
        while place.clock() < end_s:
            for key, sensor in sensors.items():
                arrived[key] += sensor.read(place.clock())
            time.sleep(0.02)
        assert sensors["plain"].describe() == (blocks(arrived["plain"])[0].info,)
        for sensor in sensors.values():
            sensor.close()
    return arrived


def test_every_sample_comes_once_and_in_time(heard: dict[str, Arrived]) -> None:
    held = blocks(heard["plain"])
    samples = np.concatenate([block.samples[:, 0] for block in held])
    assert len(samples) > 5 * 130
    assert np.array_equal(np.diff(samples), np.ones(len(samples) - 1))
    assert [block.gap_s for block in held] == [0.0] * len(held)
    delays_s = [(block.arrived_s or 0.0) - block.end_s for block in held]
    assert min(delays_s) > -0.02
    assert np.median(delays_s) < 0.1
    assert isinstance(heard["plain"][0], Status)


def test_what_was_sent_before_is_not_heard(heard: dict[str, Arrived]) -> None:
    first = blocks(heard["plain"])[0]
    assert first.samples[0, 0] > 130 * 1.0
    assert len(first.samples) < 0.3 * 130  # nothing that has waited since the stream was found


def test_a_program_that_died_is_heard_again_soon_after_it_is_back(name: str, send: Sender, place: Place) -> None:
    dying = send(ecg(name))
    sensor = lsl.Sensor.open(name, place)
    before = listened(sensor, place, seconds(0.5))
    dying.kill()
    away = listened(sensor, place, lambda arrived: "reconnecting" in words(arrived))
    time.sleep(1.0)
    send(ecg(name))
    back_s = place.clock()
    after = listened(sensor, place, seconds(0.3))
    sensor.close()
    assert "the program that sent the stream has ended" in words(away)
    assert blocks(after)[0].arrived_s is not None
    assert blocks(after)[0].arrived_s - back_s < 3.0
    held = blocks(before) + blocks(away) + blocks(after)
    assert [block.seq for block in held] == list(range(len(held)))
    assert blocks(after)[0].gap_s == pytest.approx(blocks(after)[0].start_s - held[-len(blocks(after)) - 1].end_s)
    assert blocks(after)[0].gap_s > 1.0


def test_a_program_that_hangs_is_stale_and_its_stream_has_a_gap(name: str, send: Sender, place: Place) -> None:
    hanging = send(ecg(name))
    sensor = lsl.Sensor(
        lsl.Stream(lsl.library(), Wish.parse(name), place.clock), "lsl", place, lsl.Patience(silence_s=1.0)
    )
    listened(sensor, place, seconds(0.3))
    os.kill(hanging.pid, signal.SIGSTOP)
    away = listened(sensor, place, lambda arrived: "stale" in words(arrived))
    os.kill(hanging.pid, signal.SIGCONT)
    after = listened(sensor, place, seconds(0.3))
    sensor.close()
    assert "connected, but silent for 1 s" in words(away)
    assert blocks(after)[0].gap_s > 0


def test_two_streams_of_one_name_are_told_apart_by_their_source(name: str, send: Sender, place: Place) -> None:
    send(ecg(name, source_id=f"{name} left"), ecg(name, source_id=f"{name} right", rate=100))
    unsure = lsl.Sensor.open(name, place)
    said = words(listened(unsure, place, lambda arrived: "lost" in words(arrived)))
    unsure.close()
    assert f"lsl:source_id={name} left" in said
    assert f"lsl:source_id={name} right" in said
    sensor = lsl.Sensor.open(f"source_id={name} right", place)
    assert blocks(listened(sensor, place, seconds(0.2)))[0].info.rate_hz == 100
    sensor.close()


def test_volts_and_names_become_our_units_and_channels(heard: dict[str, Arrived]) -> None:
    arrived = heard["volts"]
    eeg, heart = blocks(arrived, "eeg")[0], blocks(arrived, "ecg")[0]
    assert eeg.info.channels == ("TP9", "AF7")
    assert eeg.samples[0, 0] == pytest.approx(eeg.samples[0, 1] * 1e6)
    assert heart.samples[0, 0] == pytest.approx(eeg.samples[0, 1] * 1e3)
    assert "'TRIGGER'" in words(arrived)


def test_intervals_between_beats_are_events_with_times(heard: dict[str, Arrived]) -> None:
    held = blocks(heard["beats"])
    assert {float(block.samples[0, 0]) for block in held} == {800.0, 850.0}
    times_s = np.concatenate([block.times_s for block in held if block.times_s is not None])
    assert len(times_s) > 8
    assert np.diff(times_s) == pytest.approx(0.5, abs=0.05)


def test_a_wrong_rate_is_told_and_nothing_is_read_from_it(heard: dict[str, Arrived]) -> None:
    assert re.search(r"says 130 Hz, but 6[3-7](\.\d)? samples come in a second", words(heard["slow"]))
    assert blocks(heard["slow"])[-1].quality == 0.0


def test_stamps_of_another_clock_give_way_to_arrival(heard: dict[str, Arrived]) -> None:
    held = blocks(heard["unix"])
    assert "their arrival counts" in words(heard["unix"])
    assert np.median([abs(block.end_s - (block.arrived_s or 0.0)) for block in held]) < 0.1
    assert held[0].device_s == pytest.approx(time.time(), abs=600)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("markers", "sends markers, not a signal"),
        ("no unit", "has no unit"),
        ("no rate", "does not say its rate"),
    ],
)
def test_a_stream_that_can_not_be_used_says_why(key: str, said: str, heard: dict[str, Arrived]) -> None:
    assert said in words(heard[key])
    assert blocks(heard[key]) == []


def test_what_a_stream_leaves_out_can_be_added(heard: dict[str, Arrived]) -> None:
    held = blocks(heard["told"])
    assert (held[0].info.stream, held[0].info.rate_hz) == ("eda", 8.0)
    assert sum(len(block.samples) for block in held) > 4 * 8


def test_streams_in_reach_are_listed_with_their_spec(name: str, send: Sender) -> None:
    send(ecg(name, source_id=f"{name} one"), {"name": name, "kind": "Markers", "rate": 0, "text": True})
    found = dict(lsl.in_reach(1.0))
    assert found[f"lsl:source_id={name} one"] == f"{name}: ECG, 1 channel, 130 Hz"
    assert found[f"lsl:name={name}"] == f"{name}: markers, not used"


def test_only_this_machine_is_searched_unless_a_person_says_otherwise(tmp_path: Path) -> None:
    wide = tmp_path / "lsl_api.cfg"
    wide.write_text("[multicast]\nResolveScope = site\n")
    asked = questions_on_the_network(LSLAPICFG=str(wide))
    if asked == 0:
        pytest.skip("this machine has no network that carries multicast")
    assert questions_on_the_network() == 0


def questions_on_the_network(**settings: str) -> int:
    """How often the search asks every machine of the site."""
    site = "239.255.172.215"
    look = "from sensors.adapters import lsl; lsl.in_reach(0.7)"
    surroundings = {key: value for key, value in os.environ.items() if key != "LSLAPICFG"} | settings
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ear.bind((site, 16571))
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(site) + bytes(4))
        except OSError:
            return 0
        subprocess.run([sys.executable, "-c", look], env=surroundings, capture_output=True, check=True)
        ear.setblocking(False)
        heard = 0
        with suppress(BlockingIOError):
            while ear.recv(4096):
                heard += 1
    return heard


@pytest.mark.parametrize("argument", ["colour=blue", "name=", "name=a,rate=fast", "name=a,rate=-1", "unit=uV,x=1"])
def test_what_says_nothing_of_a_stream_is_refused_in_words(argument: str, place: Place) -> None:
    with pytest.raises(SensorError, match="expected"):
        lsl.Sensor.open(argument, place)


def test_a_missing_library_is_told_in_words(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(SensorError, match="pip install pylsl"):
        lsl.Sensor.open("any", place)
