"""What is learned of a person: kept with each session, used in the next, told apart from others, and forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import inspect, text

from models.person import Baseline
from therapy_app.engine.standing import close_left_behind
from therapy_app.engine.verify import verify
from therapy_app.records import learned
from therapy_app.records.database import open_database
from therapy_app.records.demo import simulated_client
from therapy_app.records.migrate import alembic_config, check, upgrade
from therapy_app.records.sessions import keep_baseline, order, send

WHEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
REST = Baseline(180.0, {"hr_bpm": 70.0, "eda_tonic_us": 4.0})


@pytest.fixture
def person(records) -> int:
    """A client whose rest is known, so that estimates begin with the signals."""
    client_id = simulated_client(records.database)
    with records.database.begin() as connection:
        keep_baseline(connection, client_id, REST)
    return client_id


@pytest.fixture
def hold_session(records, turning):
    """Runs a session of some seconds in which the person says how they feel, and ends it."""

    def hold(client_id: int, says: tuple[float, ...] = (0.8,), end: bool = True) -> int:
        session, engine = records.ask(client_id=client_id), turning()
        engine.turn(25, step_s=0.25)
        for number, arousal in enumerate(says):
            fields = {"arousal": arousal, "valence": 0.5, "when": "during"}
            send(records.database, session, key=f"c{number}", actor="3", name="check_in", fields=fields)
            engine.turn(3, step_s=0.25)
        if end:
            send(records.database, session, key="stop", actor="3", name="stop", fields={})
            engine.turn(1, step_s=0.25)
        return session

    return hold


def began_with(records, session: int) -> dict:
    return json.loads(records.events(session, "started")[0].body)["personal"]


def test_a_session_leaves_a_version_that_the_next_one_begins_with(records, person, hold_session):
    first = hold_session(person, (0.8, 0.6))
    (version,) = learned.versions(records.database, person)
    check_ins = [event.seq for event in records.events(first, "check_in")]
    assert (version.number, version.session_id, list(version.reports)) == (1, first, check_ins)
    assert version.personal.reports == 2
    second = hold_session(person, (0.7,))
    assert began_with(records, second)["version"] == 1
    assert began_with(records, second)["reports"] == 2
    assert [v.number for v in learned.versions(records.database, person)] == [2, 1]
    assert learned.versions(records.database, person)[0].personal.reports == 3


def test_a_session_in_which_nobody_said_anything_leaves_nothing(records, person, hold_session):
    hold_session(person, ())
    assert learned.versions(records.database, person) == []


def test_sessions_with_what_was_learned_come_out_the_same_when_run_again(records, person, hold_session):
    for session in (hold_session(person, (0.8, -0.4)), hold_session(person, (0.9,))):
        assert len(records.events(session, "personal")) > 1
        assert verify(records.database, session).why == ""


def test_another_persons_rest_and_model_are_never_used(records, person, hold_session):
    hold_session(person, (0.8,))
    stranger = simulated_client(records.database)
    asked = order(records.database, records.ask(client_id=stranger))
    assert asked.baseline is None
    assert not asked.personal.knows
    assert learned.versions(records.database, stranger) == []
    assert order(records.database, records.ask(client_id=person)).personal.knows


def test_forgetting_leaves_a_trace_without_values_and_the_next_session_begins_with_none(records, person, hold_session):
    hold_session(person, (0.8,))
    hold_session(person, (0.7,))
    assert learned.forget(records.database, person, "7", WHEN) == 2
    (trace,) = learned.versions(records.database, person)
    assert (trace.number, trace.by, trace.personal, trace.session_id, trace.reports) == (3, "7", None, None, ())
    assert not order(records.database, records.ask(client_id=person)).personal.knows


def test_a_session_that_runs_while_all_is_forgotten_brings_nothing_back(records, person, hold_session):
    hold_session(person, (0.8,))
    running = hold_session(person, (0.7,), end=False)
    learned.forget(records.database, person, "7", WHEN)
    close_left_behind(records.database, records.recorder(), WHEN)
    assert records.events(running, "ended")
    assert [version.personal for version in learned.versions(records.database, person)] == [None]


def test_a_session_that_was_cut_off_still_leaves_what_was_said(records, person, hold_session):
    hold_session(person, (0.7,), end=False)
    close_left_behind(records.database, records.recorder(), WHEN)
    assert learned.versions(records.database, person)[0].personal.reports == 1


def test_learning_goes_on_after_forgetting_from_nothing(records, person, hold_session):
    hold_session(person, (0.8,))
    learned.forget(records.database, person, "7", WHEN)
    hold_session(person, (0.2,))
    newest = learned.versions(records.database, person)[0]
    assert (newest.number, newest.personal.reports) == (3, 1)


def test_the_tables_of_what_was_learned_can_be_added_and_taken_away_with_clients_in_them(tmp_path):
    url = f"sqlite:///{tmp_path / 'old.db'}"
    upgrade(url)
    command.downgrade(alembic_config(url), "0001")
    database = open_database(url)
    with database.begin() as connection:
        connection.execute(text("INSERT INTO clinic (name) VALUES ('North')"))
        connection.execute(text("INSERT INTO client (clinic_id, code) VALUES (1, 'M-001')"))
    assert "personal" not in inspect(database).get_table_names()
    upgrade(url)
    check(url)
    with database.connect() as connection:
        assert connection.execute(text("SELECT code, uneven_heart FROM client")).all() == [("M-001", 0)]
    command.downgrade(alembic_config(url), "0001")
    with database.connect() as connection:
        assert connection.execute(text("SELECT code FROM client")).all() == [("M-001",)]
    database.dispose()
