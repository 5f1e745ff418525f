"""A Polar device over Bluetooth, end to end: our adapter, bleak, and a strap on bumble's virtual radio."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sensors.adapters import ble
from sensors.adapters.polar import Sensor, in_reach
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.bluetooth.polar_measurement import COMPRESSED, Kind, PolarFrame
from sensors.supervise import Patience

QUICK = Patience(first_pause_s=0.05, longest_pause_s=0.2, connect_s=4.0, silence_s=1.5)
PER_FRAME = {Kind.ECG: 73, Kind.PPG: 12, Kind.ACC: 36}
BORN_NS = 599_616_000 * 10**9
"""The device's clock counts from the year 2000."""


class Session:
    """Reads a sensor as the engine would, and keeps everything."""

    def __init__(self, address: str, radio: Any, patience: Patience = QUICK) -> None:
        self.blocks: list[SampleBlock] = []
        self.statuses: list[Status] = []
        self.sensor = Sensor(address, Place(time.monotonic, np.random.default_rng(0)), radio, patience)

    def read(self) -> None:
        for arrived in self.sensor.read(time.monotonic()):
            if isinstance(arrived, Status):
                self.statuses.append(arrived)
            else:
                self.blocks.append(arrived)

    def until(self, reached: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Reads on until it is so; fails after 8 s."""
        begun_s = time.monotonic()
        while not reached():
            assert time.monotonic() - begun_s < 8, f"not reached; statuses {self.statuses}"
            meanwhile()
            time.sleep(0.02)
            self.read()

    def state(self) -> str:
        return self.statuses[-1].state if self.statuses else ""

    def told(self, words: str) -> bool:
        return any(words in f"{status.state} {status.reason}" for status in self.statuses)

    def of(self, stream: str) -> list[SampleBlock]:
        return [block for block in self.blocks if block.info.stream == stream]


class Signal:
    """A raw signal that goes on while nobody listens, as a body does. `sent` are the samples of every frame."""

    def __init__(self, polar: Any, kind: Kind, rate_hz: float, frame_type: int = 0) -> None:
        self.polar, self.kind, self.rate_hz, self.frame_type = polar, kind, rate_hz, frame_type
        self.sent: list[np.ndarray] = []
        self._rng = np.random.default_rng(kind)
        self._began_s = time.monotonic()
        self.taken = 0

    def next(self, packages: tuple[tuple[int, int], ...] = ()) -> bytes:
        """The next frame's bytes."""
        channels = PolarFrame(self.kind, 0, self.frame_type, np.zeros((1, 1), np.int64)).form.channels
        count = PER_FRAME[self.kind]
        self.taken += count
        samples = np.cumsum(self._rng.integers(-60, 61, (count, channels)), axis=0)
        self.sent.append(samples)
        stamp_ns = BORN_NS + round(self.taken / self.rate_hz * 1e9)
        return PolarFrame(self.kind, stamp_ns, self.frame_type, samples).build(packages)

    def send(self, packages: tuple[tuple[int, int], ...] = ()) -> None:
        self.polar.frame(self.next(packages))

    def keep_up(self) -> None:
        """Sends what is due in real time."""
        while (self.taken + PER_FRAME[self.kind]) / self.rate_hz < time.monotonic() - self._began_s:
            self.send()


Wear = Callable[..., Session]


@pytest.fixture
def wear() -> Iterator[Wear]:
    """Opens the sensor of a device; all of them are closed in the end."""
    worn: list[Session] = []

    def wear(polar: Any, address: str | None = None, patience: Patience = QUICK) -> Session:
        worn.append(Session(polar.address if address is None else address, polar.radio, patience))
        return worn[-1]

    yield wear
    for session in worn:
        session.sensor.close()


@pytest.fixture
def verity(bumble_radio: Any) -> Iterator[Any]:
    polar = bumble_radio.VirtualPolar(bumble_radio.VERITY)
    yield polar
    polar.close()


def test_ecg_and_movement_arrive_sample_for_sample_with_the_pulse_beside_them(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2)
    ecg, acc = Signal(h10, Kind.ECG, 130.0), Signal(h10, Kind.ACC, 50.0, frame_type=1)
    for _ in range(5):
        ecg.send()
        acc.send()
    h10.beat([0.8], hr_bpm=75)
    session.until(lambda: len(session.of("ecg")) == len(session.of("acc")) == 5 and len(session.of("rr")) == 1)
    assert np.concatenate([block.samples for block in session.of("ecg")]) == pytest.approx(
        np.concatenate(ecg.sent) / 1000, abs=1e-6
    )
    assert np.concatenate([block.samples for block in session.of("acc")]) == pytest.approx(
        np.concatenate(acc.sent) / 1000, abs=1e-6
    )
    assert session.of("hr")[0].samples[0, 0] == 75
    assert session.statuses[-1].state == "streaming"
    assert session.statuses[-1].battery == 0.83
    assert {block.info for block in session.blocks} <= set(session.sensor.describe())


def test_the_ecg_is_asked_for_as_the_specification_says(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2)
    assert h10.started[Kind.ECG].hex() == "0001820001010e00"
    assert h10.started[Kind.ACC].hex() == "000132000101100002010400"


def test_in_real_time_blocks_follow_each_other_and_a_lost_link_leaves_one_gap(h10: Any, wear: Wear) -> None:
    """With a link away for longer than a frame, and the patience that is used outside of tests."""
    session = wear(h10, patience=Patience())
    session.until(lambda: len(h10.started) == 2)
    ecg = Signal(h10, Kind.ECG, 130 * 0.99)
    session.until(lambda: len(session.of("ecg")) >= 5, ecg.keep_up)
    before = len(session.of("ecg"))
    h10.hide()
    h10.started.clear()
    session.until(lambda: session.state() == "reconnecting")
    away_s = time.monotonic() + 1.5
    session.until(lambda: time.monotonic() > away_s, ecg.keep_up)
    h10.show()
    returned_s = time.monotonic()
    session.until(lambda: session.state() == "streaming", ecg.keep_up)
    assert time.monotonic() - returned_s < 3
    session.until(lambda: len(session.of("ecg")) >= before + 3, ecg.keep_up)
    blocks = session.of("ecg")
    assert [block.seq for block in blocks] == list(range(len(blocks)))
    assert [at for at, block in enumerate(blocks) if block.gap_s > 0] == [before]
    missing = (blocks[before].start_s - blocks[before - 1].end_s) * 130
    sent = np.concatenate(ecg.sent)
    assert np.array_equal(blocks[before].samples, found(sent, blocks[before]))
    assert missing == pytest.approx(blocks[before].gap_s * 130, abs=0.1)
    assert blocks[before].gap_s == pytest.approx(skipped(ecg, blocks, before) / 130, abs=0.1)
    for earlier, later in pairwise(blocks[1:before]):
        assert later.start_s - earlier.start_s == pytest.approx(73 / (130 * 0.99), abs=0.002)


def found(sent: np.ndarray, block: SampleBlock) -> np.ndarray:
    """The samples that were sent, of which the block begins with the first."""
    at = place_of(sent, block)
    return (sent[at : at + len(block.samples)] / 1000).astype(np.float32)


def place_of(sent: np.ndarray, block: SampleBlock) -> int:
    wanted = np.round(block.samples * 1000).astype(np.int64)
    return next(at for at in range(0, len(sent), 73) if np.array_equal(sent[at : at + 73], wanted))


def skipped(signal: Signal, blocks: list[SampleBlock], at: int) -> int:
    """How many samples were sent between a block and the one before it."""
    sent = np.concatenate(signal.sent)
    return place_of(sent, blocks[at]) - place_of(sent, blocks[at - 1]) - 73


def test_a_lost_frame_is_marked_and_nothing_is_filled_in(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2)
    ecg = Signal(h10, Kind.ECG, 130.0)
    for frame in range(4):
        packet = ecg.next()
        time.sleep(73 / 130)
        if frame != 2:
            h10.frame(packet)
    session.until(lambda: len(session.of("ecg")) == 3)
    assert [round(block.gap_s, 3) for block in session.of("ecg")] == [0, 0, round(73 / 130, 3)]
    assert [block.seq for block in session.of("ecg")] == [0, 1, 2]


def test_a_frame_that_comes_twice_counts_once_and_rubbish_not_at_all(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2)
    ecg = Signal(h10, Kind.ECG, 130.0)
    twice = ecg.next()
    for packet in (twice, twice, b"\x00\x01", b"\x07" + twice[1:], ecg.next()):
        h10.frame(packet)
    session.until(lambda: len(session.of("ecg")) == 2 and session.told("came twice"))
    assert session.told("a frame of 2 bytes")
    assert session.told("kind 7")


def test_an_armband_sends_compressed_pulse_and_movement_at_the_rate_they_come_at(verity: Any, wear: Wear) -> None:
    """It declares 135 Hz for its pulse wave."""
    session = wear(verity)
    session.until(lambda: len(verity.started) == 2)
    ppg = Signal(verity, Kind.PPG, 55.0, COMPRESSED)
    acc = Signal(verity, Kind.ACC, 52.0, COMPRESSED)
    for _ in range(6):
        ppg.send(((8, 4), (9, 6), (13, 1)))
        acc.send(((11, 35),))
        verity.beat([], hr_bpm=70, contact=False)
    session.until(lambda: len(session.of("ppg")) == len(session.of("acc")) == 6)
    first = session.of("ppg")[0].info
    assert (first.rate_hz, first.channels) == (55, ("ppg0", "ppg1", "ppg2", "ambient"))
    assert np.array_equal(np.concatenate([block.samples for block in session.of("ppg")]), np.concatenate(ppg.sent))
    assert np.concatenate([block.samples for block in session.of("acc")]) == pytest.approx(
        np.concatenate(acc.sent) / 4096
    )
    assert all(block.gap_s == 0 for block in session.blocks)
    assert session.of("ppg")[-1].contact is False
    assert {block.info for block in session.blocks} <= set(session.sensor.describe())


def test_a_device_that_wants_pairing_is_paired(wear: Wear, bumble_radio: Any) -> None:
    polar = bumble_radio.VirtualPolar(replace(bumble_radio.H10, wants_pairing=True))
    session = wear(polar)
    session.until(lambda: len(polar.started) == 2)
    ecg = Signal(polar, Kind.ECG, 130.0)
    session.until(lambda: len(session.of("ecg")) > 0, ecg.send)
    session.sensor.close()
    polar.close()


def test_what_still_runs_from_an_earlier_link_is_started_anew(h10: Any, wear: Wear) -> None:
    h10.started[Kind.ECG] = b""
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2 and h10.started[Kind.ECG] != b"")


def test_a_device_that_is_linked_but_silent_is_stale(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: session.told("stale"))
    session.until(lambda: session.told("silent for 1.5 s"))


def test_a_pulse_does_not_hide_that_the_ecg_fell_silent(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2)
    ecg = Signal(h10, Kind.ECG, 130.0)
    session.until(lambda: len(session.of("ecg")) > 0, ecg.send)
    session.until(lambda: session.told("fell silent"), lambda: h10.beat([0.8]))


def test_a_strap_without_raw_signals_is_refused_in_words(strap: Any, wear: Wear) -> None:
    session = wear(strap)
    session.until(lambda: session.told("sends no raw signals"))


def test_the_nearest_device_with_raw_signals_is_taken_and_others_are_left(strap: Any, wear: Wear, bumble_radio: Any):
    polar = bumble_radio.VirtualPolar(air=strap.air, address=bumble_radio.OTHER)
    strap.air.rssi_dbm |= {strap.address: -40, polar.address: -70}
    session = wear(polar, address="")
    session.until(lambda: len(polar.started) == 2)
    assert session.statuses[0].device == "polar:auto"


def test_one_device_is_not_read_by_both_adapters(h10: Any, wear: Wear) -> None:
    session = wear(h10)
    session.until(lambda: len(h10.started) == 2)
    place = Place(time.monotonic, np.random.default_rng(0))
    other = ble.Sensor(h10.address, place, h10.radio, QUICK)
    told: list[Any] = []
    session.until(lambda: "using this device already" in str(told), lambda: told.extend(other.read(0.0)))
    other.close()


def test_what_is_in_reach_is_listed_with_its_spec(strap: Any, bumble_radio: Any) -> None:
    polar = bumble_radio.VirtualPolar(air=strap.air, address=bumble_radio.OTHER)
    assert in_reach(0.3, strap.radio) == [(f"polar:{polar.address}", "Polar H10 00000000, close by (-50 dBm)")]


@pytest.mark.parametrize("argument", ["h10", "A0:9E:1A"])
def test_what_is_no_address_is_refused_with_an_example(argument: str, place: Place) -> None:
    with pytest.raises(SensorError, match=r"expected 'auto' or one like A0:9E:1A:12:34:56"):
        Sensor.open(argument, place)
