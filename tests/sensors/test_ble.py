"""A heart rate strap over Bluetooth, end to end: our adapter, bleak, and a strap on bumble's virtual radio."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from sensors.adapters.ble import Sensor, in_reach
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement
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


Wear = Callable[..., Session]


@pytest.fixture
def wear(strap: Any) -> Iterator[Wear]:
    """Opens the sensor of an address; all of them are closed in the end."""
    worn: list[Session] = []

    def wear(address: str, patience: Patience = QUICK) -> Session:
        worn.append(Session(address, strap, patience))
        return worn[-1]

    yield wear
    for session in worn:
        session.sensor.close()


@pytest.fixture
def session(wear: Wear, strap: Any) -> Session:
    return wear(strap.address)


@pytest.fixture
def twin(strap: Any, bumble_radio: Any) -> Any:
    """Another strap of the same name."""
    return bumble_radio.VirtualStrap(strap.air, bumble_radio.OTHER)


def test_a_strap_that_is_near_is_found_without_its_address(wear: Wear, strap: Any) -> None:
    session = wear("")
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    assert session.statuses[0].device == "ble:auto"


def test_a_strap_is_heard_and_every_interval_arrives_as_it_was_sent(session: Session, strap: Any) -> None:
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
    assert session.statuses[-1].reason == "out of range, switched off, or linked to another phone or app"
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


def test_wide_rates_and_energy_are_read_and_the_intervals_are_said_to_be_late(session: Session, strap: Any) -> None:
    measured = HeartRateMeasurement(260, contact=True, energy_kj=300, rr_ticks=(236, 512))
    session.until(lambda: session.told("streaming"), lambda: strap.measure(measured))
    session.until(lambda: len(session.intervals()) == 2)
    assert session.of("hr")[0].samples[0, 0] == 260
    assert session.intervals() == [230.46875, 500.0]
    assert session.of("rr")[0].info.uncertainty_s >= 3.0


def test_the_battery_is_told_when_it_changes(session: Session, strap: Any) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    strap.discharge(12)
    session.until(lambda: session.statuses[-1].battery == 0.12)
    assert session.statuses[-1].state == "streaming"


def test_a_strap_that_returns_streams_within_three_seconds(wear: Wear, strap: Any) -> None:
    """With the patience that is used outside of tests; it stays away longer than the longest pause."""
    session = wear(strap.address, Patience())
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    strap.hide()
    session.until(lambda: session.told("reconnecting"))
    time.sleep(2.5)
    strap.show()
    returned_s = time.monotonic()
    session.until(lambda: session.statuses[-1].state == "streaming", lambda: strap.beat([0.8]))
    assert time.monotonic() - returned_s < 3


def test_straps_in_reach_are_listed_with_the_nearest_first(strap: Any, twin: Any) -> None:
    strap.air.rssi_dbm |= {strap.address: -82, twin.address: -55}
    assert in_reach(0.3, strap.radio) == [
        (f"ble:{twin.address}", "virtual strap, close by (-55 dBm)"),
        (f"ble:{strap.address}", "virtual strap, far away (-82 dBm)"),
    ]


def test_who_looks_at_the_same_time_shares_one_scan(strap: Any) -> None:
    with ThreadPoolExecutor(3) as looking:
        begun_s = time.monotonic()
        found = list(looking.map(lambda _: in_reach(0.3, strap.radio), range(3)))
    assert len(found[0]) == 1
    assert found[0] == found[1] == found[2]
    assert time.monotonic() - begun_s < 0.8


def both_beat(strap: Any, twin: Any) -> None:
    """A strap that stays silent is left and looked for again."""
    strap.beat([0.8])
    twin.beat([0.5])


def test_of_two_straps_of_one_name_each_is_read_by_its_address(wear: Wear, strap: Any, twin: Any) -> None:
    one, other = wear(strap.address), wear(twin.address)
    one.until(lambda: one.told("streaming"), partial(both_beat, strap, twin))
    other.until(lambda: other.told("streaming"), partial(both_beat, strap, twin))
    assert {round(rr) for rr in one.intervals()} == {800}
    assert {round(rr) for rr in other.intervals()} == {500}


def test_the_nearest_strap_is_taken_and_kept_and_the_next_one_by_whoever_comes_next(
    wear: Wear, strap: Any, twin: Any
) -> None:
    strap.air.rssi_dbm |= {strap.address: -80, twin.address: -50}
    first = wear("")
    first.until(lambda: first.told("streaming"), lambda: twin.beat([0.5]))
    second = wear("")
    second.until(lambda: second.told("streaming"), partial(both_beat, strap, twin))
    strap.air.rssi_dbm |= {strap.address: -20}
    twin.drop_link()
    first.until(lambda: first.told("reconnecting"))
    first.until(lambda: first.statuses[-1].state == "streaming", lambda: twin.beat([0.5]))
    assert {round(rr) for rr in first.intervals()} == {500}
    assert {round(rr) for rr in second.intervals()} == {800}


def test_a_strap_that_is_read_already_is_refused_in_words_until_it_is_free(
    session: Session, wear: Wear, strap: Any
) -> None:
    session.until(lambda: session.told("streaming"), lambda: strap.beat([0.8]))
    again = wear(strap.address)
    again.until(lambda: again.told("lost"), lambda: strap.beat([0.8]))
    assert "using this device already" in again.statuses[-1].reason
    assert session.statuses[-1].state == "streaming"
    session.sensor.close()
    again.until(lambda: again.told("streaming"), lambda: strap.beat([0.8]))


def test_the_name_of_a_strap_stands_in_no_status_and_no_log(
    wear: Wear, strap: Any, bumble_radio: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="sensors")
    anna = bumble_radio.VirtualStrap(strap.air, bumble_radio.OTHER, "Anna's strap")
    session = wear(anna.address)
    session.until(lambda: session.told("streaming"), lambda: anna.beat([0.8]))
    anna.drop_link()
    session.until(lambda: session.told("reconnecting"))
    assert "Anna" not in caplog.text
    assert "Anna" not in str(session.statuses)


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
