"""Whole sessions on real input: a person's recorded wristband, and a heart-rate strap over the radio."""

from __future__ import annotations

import importlib.util
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sensors.adapters.ble import Sensor
from sensors.blocks import Place
from therapy_app.engine.composer import Composer
from therapy_app.engine.live import Live
from therapy_app.engine.verify import verify
from therapy_app.records.sessions import order
from therapy_app.session.tick import TICK_S, TICKS_PER_SECOND

WHEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def wristband(tmp_path_factory: pytest.TempPathFactory, shared: Callable[[str], Path]) -> Path:
    """The Empatica E4 folder of one person of stress-predict."""
    recordings = shared("emotion/stress-predict.tar.gz")
    folder = tmp_path_factory.mktemp("stress-predict")
    with tarfile.open(recordings) as archive:
        members = [member for member in archive.getmembers() if "/S05/" in member.name]
        archive.extractall(folder, members, filter="data")
    return next(folder.rglob("S05"))


def test_a_recorded_wristband_goes_through_a_whole_session_at_speed(records, turning, wristband):
    session, engine = records.ask(f"replay:{wristband}@60", minutes=8, stored_rest=False), turning()
    engine.turn(11)
    events = records.events(session)
    assert events[-1].kind == "ended"
    assert json.loads(events[-1].body)["how"] == "finished"
    features = [json.loads(event.body)["readings"] for event in records.events(session, "features")]
    rates = [moment["hr_bpm"]["value"] for moment in features if moment.get("hr_bpm", {}).get("value")]
    assert len(rates) > 200
    assert 50 < np.median(rates) < 110
    states = [json.loads(event.body)["affect"]["state"] for event in records.events(session, "affect")]
    assert states.count("known") > 200
    assert len(records.events(session, "bar")) > 100
    assert verify(records.database, session).why == ""


@pytest.fixture
def strap() -> Iterator[Any]:
    place = HERE.parents[1] / "sensors" / "bumble_radio.py"
    spec = importlib.util.spec_from_file_location("bumble_radio", place)
    assert spec is not None
    assert spec.loader is not None
    radio: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(radio)
    strap = radio.VirtualStrap()
    yield strap
    strap.close()


class StrapSession:
    """A live session on a strap; its clock goes a second for every beat that was sent and has arrived."""

    def __init__(self, records: Any, strap: Any) -> None:
        self.now_s, self.strap, self.records = 0.0, strap, records
        self.owed_s, self.beats = 0.0, 0
        self.session = records.ask("ble:auto", minutes=5, stored_rest=False, status="running")
        place = Place(lambda: self.now_s, np.random.default_rng(1))
        self.live = Live(order(records.database, self.session), [Sensor("", place, strap.radio)])
        self.recorder = records.recorder()
        self.composer = Composer()

    def tick(self) -> None:
        self.now_s = self.live.next_tick * TICK_S
        record, commission = self.live.tick(WHEN)
        self.live.answers += [bar for _, bar in self.composer.compose([commission] if commission else [])]
        self.recorder.add(self.session, record)
        self.recorder.commit()

    def state(self) -> str:
        told = self.records.events(self.session, "sensor")
        return json.loads(told[-1].body)["status"]["state"] if told else ""

    def beat(self, seconds: int, hr_bpm: int) -> None:
        for _ in range(seconds):
            self.strap.beat(self._intervals_s(hr_bpm), hr_bpm=hr_bpm)
            time.sleep(0.01)
            for _ in range(TICKS_PER_SECOND):
                self.tick()

    def _intervals_s(self, hr_bpm: int) -> list[float]:
        """Those that end within the next second of a heart that goes with the breath."""
        self.owed_s += 1.0
        ended: list[float] = []
        while self.owed_s > 60 / hr_bpm:
            self.beats += 1
            ended.append(60 / hr_bpm + 0.03 * float(np.sin(self.beats * 1.3)))
            self.owed_s -= ended[-1]
        return ended

    def until(self, state: str) -> None:
        """Lets real time pass, in which the radio works, until the log's newest word of the sensor is this."""
        end = time.monotonic() + 10
        while self.state() != state:
            assert time.monotonic() < end, f"the strap is {self.state()}, not {state}"
            self.strap.beat([0.8], hr_bpm=75)
            time.sleep(0.05)
            self.tick()


def test_a_strap_over_the_radio_drives_a_session(records, strap):
    played = StrapSession(records, strap)
    played.until("streaming")
    played.beat(110, 64)
    assert [json.loads(event.body)["source"] for event in records.events(played.session, "baseline")] == ["short"]
    played.beat(60, 86)
    excited = json.loads(records.events(played.session, "affect")[-1].body)["affect"]
    assert excited["state"] == "known", excited["reason"]
    assert excited["arousal"]["value"] > 0.3
    assert "above your" in excited["reason"]
    strap.drop_link()
    played.until("reconnecting")
    played.until("streaming")
    played.beat(30, 70)
    played.live.close()
    assert len(records.events(played.session, "bar")) > 40
    assert verify(records.database, played.session).why == ""
