"""A session taken away as a file, and a start that uses the rest of an earlier one."""

from __future__ import annotations

from io import BytesIO

import pytest
from mido import MidiFile
from sqlalchemy import text

from models.person import Baseline
from therapy_app.engine.fast import run_fast
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.records.sessions import keep_baseline, order, request_session


@pytest.fixture
def played(clinic) -> int:
    """A minute that was really played."""
    session = request_session(
        clinic.database,
        client_id=clinic.client,
        user_id=1,
        protocol="settle",
        sensors=["virtual"],
        consent_by="1",
        seed=7,
        length_s=60.0,
        status="running",
    )
    reserve = Reserve(clinic.settings.var / "reserve", 4096)
    run_fast(clinic.database, Recorder(clinic.database, reserve), session, clinic.clock.now)
    return session


def test_a_session_is_taken_away_as_midi_and_as_a_table(clinic, therapist, played):
    music = therapist.get(f"/sessions/{played}/export/midi")
    assert music.mimetype == "audio/midi"
    assert MidiFile(file=BytesIO(music.data)).length > 40
    table = therapist.get(f"/sessions/{played}/export/csv")
    assert table.mimetype == "text/csv"
    assert table.headers["Content-Disposition"] == f'attachment; filename="session-{played}.csv"'
    lines = table.text.splitlines()
    assert lines[0].startswith("time_s,wall,phase,hr_bpm")
    assert len(lines) > 55
    assert "M-001" not in table.text


def test_a_form_there_is_not_is_missing_and_music_that_is_not_there_is_said(clinic, therapist):
    empty = clinic.session(status="finished")
    assert therapist.get(f"/sessions/{empty}/export/vinyl").status_code == 404
    answer = therapist.get(f"/sessions/{empty}/export/midi")
    assert answer.status_code == 409
    assert "has no music to write" in answer.text


def test_text_that_looks_like_a_formula_is_quoted(clinic, therapist, played):
    formula = """UPDATE event SET body = replace(body, '"reason":"', '"reason":"=2+2 ') WHERE kind = 'affect'"""
    with clinic.database.begin() as connection:
        connection.execute(text(formula))
    table = therapist.get(f"/sessions/{played}/export/csv").text
    assert ",=2+2" not in table
    assert "'=2+2" in table


def test_an_earlier_rest_is_used_when_asked_for(clinic, therapist):
    rest = Baseline(180.0, {"hr_bpm": 66.0})
    with clinic.database.begin() as connection:
        keep_baseline(connection, clinic.client, rest)
    form = {
        "client": clinic.client,
        "protocol": "settle",
        "sensor": "virtual:typical",
        "tradition": "western",
        "length_min": 10,
        "consent": "y",
    }
    therapist.get("/sessions/new")
    therapist.post("/sessions", {**form, "stored_rest": "y"})
    asked = order(clinic.database, 1)
    assert asked.prescription.baseline_s == 0
    assert asked.baseline == rest


def test_the_music_may_come_from_another_tradition(clinic, therapist):
    page = therapist.get("/sessions/new")
    assert "West African" in page.text
    form = {"client": clinic.client, "protocol": "settle", "sensor": "virtual:typical", "length_min": 10}
    therapist.post("/sessions", {**form, "consent": "y", "tradition": "maqam"})
    assert order(clinic.database, 1).prescription.tradition == "maqam"
    answer = therapist.post("/sessions", {**form, "client": clinic.neighbour, "consent": "y", "tradition": "martian"})
    assert answer.status_code == 422
