"""A stored session computed again: the same to the last digit, and any change is noticed."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from models.person import Baseline
from therapy_app.engine.verify import verify
from therapy_app.records import tables
from therapy_app.records.demo import simulated_client
from therapy_app.records.log import link
from therapy_app.records.sessions import keep_baseline, send

CHANGES = {
    "a feeling": """UPDATE event SET body = replace(body, '"known"', '"unknown"') WHERE kind = 'affect'""",
    "a word of a marker": "UPDATE event SET body = replace(body, 'tears', 'laughter') WHERE kind = 'marker'",
    "a cause": "UPDATE event SET follows = '[1]' WHERE seq = (SELECT max(seq) FROM event WHERE kind = 'bar')",
    "a line taken out": "DELETE FROM event WHERE seq = 40",
    "a body that is no JSON": "UPDATE event SET body = '{' WHERE seq = 30",
    "a kind there is not": "UPDATE event SET kind = 'miracle' WHERE seq = 30",
}


@pytest.fixture
def recorded(records, turning) -> int:
    """Some seconds with a nudge and a marker in them, and the first estimates after a stored rest."""
    rest = Baseline(180.0, {"hr_bpm": 70.0, "eda_tonic_us": 4.0})
    client_id = simulated_client(records.database)
    with records.database.begin() as connection:
        keep_baseline(connection, client_id, rest)
    session, engine = records.ask(client_id=client_id), turning()
    engine.turn(25)
    send(records.database, session, key="a", actor="3", name="nudge", fields={"arousal": 0.3, "reason": "sleepy"})
    send(records.database, session, key="b", actor="3", name="mark", fields={"text": "tears"})
    engine.turn(25, step_s=0.25)
    return session


def test_a_session_comes_out_the_same_to_the_last_digit(records, recorded):
    verdict = verify(records.database, recorded)
    assert verdict.why == ""
    assert verdict.events == len(records.events(recorded)) > 120


def test_a_session_in_which_ticks_came_late_comes_out_the_same(records, turning):
    session, engine = records.ask(), turning()
    for pause_s in (0.05, 1.3, 0.05, 0.7, 1.9, 0.05) * 12:
        engine.now_s += pause_s
        engine.conductor.turn()
    assert len(records.events(session, "bar")) > 5
    assert verify(records.database, session).why == ""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(records, recorded, change):
    with records.database.begin() as connection:
        assert connection.execute(text(CHANGES[change])).rowcount
    assert verify(records.database, recorded).why


def test_a_change_that_mends_the_chain_is_still_noticed(records, recorded):
    """Someone who knows the hash can mend it, but not what the inputs give again."""
    before = ""
    with records.database.begin() as connection:
        for event in records.events(recorded):
            body = event.body.replace("68", "69") if event.kind == "target" else event.body
            before = link(before, event.seq, event.kind, body, event.follows)
            connection.execute(
                update(tables.Event)
                .where(tables.Event.session_id == recorded, tables.Event.seq == event.seq)
                .values(body=body, chain=before)
            )
    assert "comes out differently when the session is run again" in verify(records.database, recorded).why


def test_a_changed_sample_changes_what_was_felt(records, recorded):
    with records.database.begin() as connection:
        connection.execute(text("DELETE FROM block WHERE stream = 'ecg' AND start_s > 20"))
    assert "run again" in verify(records.database, recorded).why


def test_a_session_that_never_began_can_not_be_computed_again(records):
    with pytest.raises(ValueError, match="does not begin with 'started'"):
        verify(records.database, records.ask())
