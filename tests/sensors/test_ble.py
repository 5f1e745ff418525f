"""A heart rate strap over Bluetooth, end to end: our adapter, bleak, and a strap on bumble's virtual radio."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sensors.adapters.ble import Sensor, straps_in_reach
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.supervise import Patience

QUICK = Patience(first_pause_s=0.05, longest_pause_s=0.2, connect_s=3.0, silence_s=1.5)


class Session:
    """Reads a sensor as the engine would, and keeps everything."""

    def __init__(self, address: str, strap: Any, patience: Patience = QUICK) -> None:
        self.blocks: list[SampleBlock] = []
        self.statuses: list[Status] = []
        place = Place(time.monotonic, np.random.default_rng(0))
        self.sensor = Sensor(address, place, strap.radio, patience)

    def until(self, reached: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Reads on until it is so; fails after 8 s."""
        begun_s = time.monotonic()
        while not reached():
            assert time.monotonic() - begun_s < 8, f"not reached; statuses {self.statuses}"
            meanwhile()
            time.sleep(0.02)
            for arrived in self.sensor.read(time.monotonic()):
                (self.statuses if isinstance(arrived, Status) else self.blocks).append(arrived)

    def told(self, state: str) -> bool:
        return any(status.state == state for status in self.statuses)

    def of(self, stream: str) -> list[SampleBlock]:
        return [block for block in self.blocks if block.info.stream == stream]

    def intervals(self) -> list[float]:
        return [float(rr) for block in self.of("rr") for rr in block.samples[:, 0]]


@pytest.fixture
def session(strap: Any) -> Iterator[Session]:
    session = Session("", strap)
    yield session
    session.sensor.close()


def test_a_strap_is_found_and_every_interval_arrives_as_it_was_sent(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([]))
    sent = [[0.8], [0.75, 0.8125], [0.9]]
    for rr in sent:
        strap.beat(rr, hr_bpm=73)
    session.until(lambda: len(session.intervals()) == 4)
    assert session.intervals() == pytest.approx([800, 750, 812.5, 900], abs=1.0)
    assert session.of("hr")[-1].samples[0, 0] == 73
    assert session.of("hr")[-1].contact is True
    assert next(status for status in session.statuses if status.state == "streaming").battery == 0.83


def test_beat_times_are_as_far_apart_as_the_intervals_say(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([]))
    for rr in (0.8, 0.75, 0.9, 0.85):
        strap.beat([rr])
    session.until(lambda: len(session.intervals()) == 4)
    times_s = np.concatenate([block.times_s for block in session.of("rr") if block.times_s is not None])
    assert np.diff(times_s) * 1000 == pytest.approx(session.intervals()[1:], abs=0.01)


def test_a_lost_link_is_told_and_the_return_is_marked_with_what_is_missing(session: Session, strap: Any) -> None:
    session.until(lambda: len(session.of("hr")) >= 3, lambda: strap.beat([0.02]))
    before = len(session.of("hr"))
    strap.drop_link()
    session.until(lambda: session.told("reconnecting"))
    session.until(lambda: len(session.of("hr")) >= before + 3, lambda: strap.beat([0.02]))
    assert [block.seq for block in session.of("hr")] == list(range(len(session.of("hr"))))
    assert [block.seq for block in session.of("hr") if block.gap_s > 0] == [before]
    assert len([block for block in session.of("rr") if block.gap_s > 0]) == 1
    assert [status.state for status in session.statuses] == ["connecting", "streaming", "reconnecting", "streaming"]


def test_a_strap_out_of_range_is_lost_until_it_comes_back(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    strap.hide()
    session.until(lambda: session.told("lost"))
    assert session.statuses[-1].reason == "the strap is out of range or switched off"
    strap.show()
    session.until(lambda: session.statuses[-1].state == "streaming", lambda: strap.beat([0.8]))


def test_a_strap_that_is_connected_but_silent_is_stale_and_connected_anew(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    session.until(lambda: session.told("stale"))
    session.until(lambda: session.statuses[-1].state == "streaming", lambda: strap.beat([0.8]))
    states = [status.state for status in session.statuses]
    assert states == ["connecting", "streaming", "stale", "reconnecting", "streaming"]


def test_a_strap_that_is_not_worn_sends_no_heart_rate(session: Session, strap: Any) -> None:
    session.until(lambda: len(session.of("hr")) > 0, lambda: strap.beat([], hr_bpm=0, contact=False))
    assert session.of("hr")[0].contact is False
    assert len(session.of("hr")[0].samples) == 0
    assert session.of("rr") == []


def test_bytes_that_are_no_measurement_are_told_and_the_next_one_counts(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    strap.send(b"\x10\x48\x01")
    session.until(lambda: any("3 bytes" in status.reason for status in session.statuses))
    before = len(session.intervals())
    strap.beat([0.7])
    session.until(lambda: len(session.intervals()) > before)
    assert session.intervals()[-1] == pytest.approx(700, abs=1)


def test_an_interval_no_heart_makes_is_left_out(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([]))
    strap.beat([63.0, 0.8])
    session.until(lambda: len(session.intervals()) > 0)
    assert session.intervals() == pytest.approx([800], abs=1)


def test_a_strap_is_found_by_its_address(strap: Any, bumble_radio: Any) -> None:
    session = Session(bumble_radio.STRAP, strap)
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    assert session.statuses[0].device == f"ble:{bumble_radio.STRAP}"
    session.sensor.close()


def test_straps_in_reach_are_listed_by_address_and_name(strap: Any, bumble_radio: Any) -> None:
    assert asyncio.run(straps_in_reach(0.3, strap.radio)) == [(bumble_radio.STRAP, "virtual strap")]


def test_a_machine_without_bluetooth_loses_the_strap_and_says_why(place: Place) -> None:
    """Without a radio at all, or with one and no strap: both are a status, never a crash."""
    begun_s = time.monotonic()
    sensor = Sensor.open("A0:9E:1A:12:34:56", place)
    assert time.monotonic() - begun_s < 0.5
    told: list[Status] = []
    while not any(status.state == "lost" for status in told):
        assert time.monotonic() - begun_s < 30
        time.sleep(0.05)
        told += [arrived for arrived in sensor.read(0.0) if isinstance(arrived, Status)]
    sensor.close()
    assert told[0].state == "connecting"
    assert told[-1].reason


def test_closing_twice_is_closing(session: Session) -> None:
    session.sensor.close()
    session.sensor.close()
    assert not session.sensor._thread._thread.is_alive()


@pytest.mark.parametrize("argument", ["polar", "A0:9E:1A", "A0:9E:1A:12:34:5G"])
def test_what_is_no_address_is_refused_with_an_example(argument: str, place: Place) -> None:
    with pytest.raises(SensorError, match=r"expected 'auto' or one like A0:9E:1A:12:34:56"):
        Sensor.open(argument, place)
