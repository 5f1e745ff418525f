"""The engine's loop: it begins what is asked for, obeys people, and survives what goes wrong."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from therapy_app.engine.conductor import Conductor
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.engine.standing import close_left_behind
from therapy_app.engine.verify import verify
from therapy_app.records.database import open_database
from therapy_app.records.sessions import AlreadyRunning, SessionOver, send, status_of

WHEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_a_session_that_is_asked_for_begins_at_once_and_plays(records, turning):
    session = records.ask()
    turning().turn(3)
    first = records.events(session, "bar")[0]
    assert status_of(records.database, session) == "running"
    assert json.loads(first.body)["bar"]["start_s"] <= 1.0
    assert first.at_s <= 0.5


def test_a_second_start_is_refused_and_names_the_running_session(records):
    first = records.ask()
    with pytest.raises(AlreadyRunning, match=f"running session \\(number {first}\\)"):
        records.ask(client_id=1)


def test_stop_does_not_wait_for_the_next_tick(records, turning):
    session, engine = records.ask(), turning()
    engine.turn(5)
    send(records.database, session, key="k", actor="3", name="stop", fields={})
    engine.turn(0.05)
    assert status_of(records.database, session) == "stopped"
    assert records.events(session)[-1].kind == "ended"


def test_the_same_command_twice_is_one_command(records, turning):
    session, engine = records.ask(), turning()
    engine.turn(3)
    numbers = {
        send(records.database, session, key="same", actor="3", name="nudge", fields={"arousal": 0.2}) for _ in range(3)
    }
    engine.turn(2)
    assert len(numbers) == 1
    assert len(records.events(session, "override")) == 1


def test_a_session_that_is_over_takes_no_commands(records, turning):
    session, engine = records.ask(), turning()
    engine.turn(1)
    send(records.database, session, key="a", actor="3", name="stop", fields={})
    engine.turn(1)
    with pytest.raises(SessionOver, match="is over \\(stopped\\); nothing can be changed"):
        send(records.database, session, key="b", actor="3", name="nudge", fields={"arousal": 0.2})


def test_a_sensor_that_can_not_be_opened_ends_the_session_with_the_reason(records, turning):
    session, engine = records.ask("polarr"), turning()
    engine.turn(0.2)
    assert status_of(records.database, session) == "interrupted"
    assert "no sensor named 'polarr'; there are: ble" in records.events(session)[-1].body


def test_no_sensor_at_all_still_gives_music_along_the_plan(records, turning):
    session = records.ask("")
    turning().turn(70)
    assert len(records.events(session, "bar")) > 15
    assert "follows the plan" in records.events(session, "plan")[-1].body


def test_a_clock_that_jumps_by_hours_costs_those_hours_and_nothing_else(records, turning):
    session, engine = records.ask(minutes=20), turning()
    engine.turn(10)
    engine.now_s += 600.0
    engine.turn(10)
    missed = json.loads(records.events(session, "missed")[0].body)["count"]
    assert missed == pytest.approx(2400, abs=8)
    bars = [json.loads(event.body)["bar"] for event in records.events(session, "bar")]
    assert bars[-1]["start_s"] > 600
    assert verify(records.database, session).why == ""


def test_two_sessions_do_not_hear_of_each_other(records, turning):
    first, second, engine = records.ask(), records.ask(), turning()
    engine.turn(5)
    send(records.database, first, key="k", actor="3", name="stop", fields={})
    engine.turn(5)
    assert status_of(records.database, first) == "stopped"
    assert status_of(records.database, second) == "running"


def test_what_an_engine_left_running_is_closed_as_interrupted(records, turning):
    session, engine = records.ask(), turning()
    engine.turn(10)
    before = records.events(session)
    assert close_left_behind(records.database, records.recorder(), before[-1].wall) == 1
    after = records.events(session)
    assert after[: len(before)] == before
    assert [event.kind for event in after[len(before) :]] == ["ended"]
    assert status_of(records.database, session) == "interrupted"
    assert verify(records.database, session).why == ""
    assert close_left_behind(records.database, records.recorder(), before[-1].wall) == 0


@pytest.fixture
def small_disk(tmp_path: Path, lacking):
    """A disk of 16 MB; mounting one takes root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        lacking("mounting a small disk takes root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_on_a_full_disk_the_music_goes_on_and_nothing_acknowledged_is_lost(records, turning, small_disk):
    shutil.copy(records.folder / "therapy.db", small_disk / "therapy.db")
    records.database.dispose()
    records.database = open_database(f"sqlite:///{small_disk / 'therapy.db'}")
    reserve = Reserve(small_disk / "reserve", 4 * 1024 * 1024)
    engine = turning()
    engine.conductor = Conductor(
        records.database, Recorder(records.database, reserve), lambda: engine.now_s, lambda: WHEN
    )
    session = records.ask(minutes=20)
    engine.turn(5)
    acknowledged = len(records.events(session))
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as out:
        while out.write(b"\0" * 4096):
            pass
    engine.turn(30)
    during = records.events(session)
    assert len(during) > acknowledged, "the reserve lets the record go on"
    assert "disk" in [json.loads(event.body)["code"] for event in records.events(session, "alarm")]
    assert max(json.loads(e.body)["bar"]["start_s"] for e in records.events(session, "bar")) > 30
    ballast.unlink()
    engine.turn(5)
    assert [json.loads(event.body)["code"] for event in records.events(session, "alarm_cleared")] == ["disk"]
    seqs = [event.seq for event in records.events(session)]
    assert seqs == list(range(1, len(seqs) + 1))
    with records.database.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    records.database.dispose()


def test_how_it_was_may_be_said_after_the_end_and_stands_behind_it(records, turning):
    session, engine = records.ask(), turning()
    engine.turn(3)
    send(records.database, session, key="a", actor="3", name="stop", fields={})
    engine.turn(0.5)
    said = {"valence": 0.4, "arousal": -0.3, "when": "post"}
    for _ in range(2):
        send(records.database, session, key="b", actor="3", name="check_in", fields=said)
    engine.turn(0.5)
    kinds = [event.kind for event in records.events(session)]
    assert kinds[-2:] == ["ended", "check_in"]
    assert verify(records.database, session).why == ""
    with pytest.raises(SessionOver):
        send(records.database, session, key="c", actor="3", name="check_in", fields={**said, "when": "pre"})


class Broken:
    """A sensor with a fault that nobody foresaw."""

    def describe(self):
        return ()

    def read(self, now_s):
        return [1 / 0]

    def close(self):
        pass


def test_a_fault_in_one_session_ends_it_and_no_other(records, turning, caplog):
    first, second, engine = records.ask(), records.ask(), turning()
    engine.turn(3)
    engine.conductor._running[first].live.sensors = (Broken(),)
    engine.turn(3)
    assert status_of(records.database, first) == "interrupted"
    assert status_of(records.database, second) == "running"
    assert "a fault in the program" in records.events(first)[-1].body
    assert records.events(second, "bar")[-1].at_s > 3
    assert "ZeroDivisionError" in caplog.text
    assert verify(records.database, first).why == ""


def test_a_record_held_by_another_program_catches_up_when_it_is_let_go(records, turning):
    session, engine = records.ask(), turning()
    engine.turn(5)
    before = len(records.events(session))
    other = sqlite3.connect(records.folder / "therapy.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine.now_s += 1
    engine.conductor.turn()
    assert len(records.events(session)) == before
    other.execute("ROLLBACK")
    other.close()
    engine.turn(5)
    seqs = [event.seq for event in records.events(session)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert "Another program holds the record" in records.events(session, "alarm")[-1].body
    assert [json.loads(event.body)["code"] for event in records.events(session, "alarm_cleared")] == ["disk"]
    assert verify(records.database, session).why == ""
