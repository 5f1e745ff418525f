"""Why a bar is as it is, as the session's page asks for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from models.music.plan import Aim
from therapy_app.records.log import TickRecord, append
from therapy_app.records.why import bar_of, causes
from therapy_app.session.events import Entry


def test_the_page_is_told_what_each_cue_adds(clinic, therapist):
    session = clinic.session(status="finished")
    clinic.play(session)
    answer = therapist.get(f"/sessions/{session}/bars/1/explanation")
    assert answer.status_code == 200
    said = answer.json
    assert said["bar"] == 1
    assert said["aim"] == {"valence": 0.4, "arousal": -0.3}
    assert said["reason"] == "Steady at 80: staying at calm."
    for side in ("valence", "arousal"):
        assert sum(part[side] for part in said["contributions"]) == pytest.approx(said[side], abs=1e-9)
    assert all(part["difference"] for part in said["contributions"])
    assert "M-001" not in answer.text


def test_the_opened_why_has_a_place_for_it_and_knows_where_to_ask(clinic, therapist):
    session = clinic.session(status="finished")
    page = therapist.get(f"/sessions/{session}").text
    assert f'data-bars="/sessions/{session}/bars"' in page
    assert 'id="cues"' in page


@pytest.mark.parametrize("bar", ["3", "99999999999999999999", "-1", "nan", "1.5"])
def test_a_bar_that_is_not_there_is_missing(clinic, therapist, bar):
    session = clinic.session(status="finished")
    clinic.play(session)
    answer = therapist.get(f"/sessions/{session}/bars/{bar}/explanation")
    assert answer.status_code == 404


def test_a_missing_bar_is_answered_with_a_sentence(clinic, therapist):
    session = clinic.session()
    answer = therapist.get(f"/sessions/{session}/bars/0/explanation", headers={"Accept": "application/json"})
    assert answer.json["message"] == f"Session {session} has no bar 0; none has been composed."


def test_a_record_that_was_broken_is_said_to_be(clinic, therapist):
    session = clinic.session(status="finished")
    clinic.play(session)
    with clinic.database.begin() as connection:
        connection.execute(text("UPDATE event SET body = substr(body, 1, 80) WHERE kind = 'bar'"))
    answer = therapist.get(f"/sessions/{session}/bars/1/explanation", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "can't be read" in answer.json["message"]


def test_a_bar_that_was_planned_anew_is_explained_as_it_plays(clinic):
    session = clinic.session()
    clinic.play(session)
    before = bar_of(clinic.database, session, 1)
    assert [bar.bar for bar in before.heard] == [0, 1, 2]
    planned = replace(before.planned, revision=1, plan=replace(before.planned.plan, aim=Aim(0.9, 0.1)))
    performed = replace(before.performed, bar=replace(before.performed.bar, revision=1))
    entries = [Entry(8, 9, 9.0, planned, (1, 3)), Entry(9, 9, 9.0, performed, (8,))]
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(9, clinic.clock.now, entries, [])])
    now = bar_of(clinic.database, session, 1)
    assert (now.seq, now.planned_seq, now.performed.bar.revision) == (9, 8, 1)
    assert now.explanation().aim == Aim(0.9, 0.1)
    assert [bar.bar for bar in now.heard] == [0, 1], "bar 2 followed the bar that was given up"
    assert [event.seq for event in causes(clinic.database, session, 8)] == [3, 1]
