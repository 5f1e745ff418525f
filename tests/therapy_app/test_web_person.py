"""The pages about one person: what was learned of them, forgetting it, and the mark of an uneven heart."""

from __future__ import annotations

import json
import re

from click.testing import CliRunner
from sqlalchemy import select

from models.affect import Affect
from models.person import Baseline
from models.personal import Personal, Told
from therapy_app.cli import main
from therapy_app.records import learned, tables
from therapy_app.records.log import TickRecord, append
from therapy_app.records.sessions import keep_baseline, order
from therapy_app.session.commands import Command
from therapy_app.session.events import AffectEstimated, CheckIn, Entry, PersonalTaken


def teach(clinic, client_id: int, said: float = 1.0) -> int:
    """A finished session in which this client spoke once, and the version it left."""
    session = clinic.session(client_id, status="finished")
    taught = Personal().after([Told(0.1, said)]).after_mood(0.5)
    command = Command(1, "3", "check_in", valence=0.5, arousal=said, when="during")
    events = [
        (PersonalTaken(Personal(), "nothing yet"), ()),
        (AffectEstimated(Affect(1.0, "unknown", "nothing is worn")), ()),
        (CheckIn(command), ()),
        (PersonalTaken(taught, "moved by what was said"), (2, 3)),
    ]
    entries = [Entry(seq, seq, float(seq), event, follows) for seq, (event, follows) in enumerate(events, start=1)]
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(1, clinic.clock.now, entries, [])])
        learned.keep(connection, session, clinic.clock.now)
    return session


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_therapist_reads_what_was_learned_with_its_numbers_and_where_from(clinic, therapist):
    assert "Nothing has been learned yet" in words_of(therapist.get("/clients/1").text)
    session = teach(clinic, clinic.client)
    page = words_of(therapist.get("/clients/1").text)
    assert "told once, +1.00 on average where +0.10 was estimated. Estimates are now moved by +0.10" in page
    assert f"from 1 report in session {session}" in page


def test_what_one_person_said_is_on_no_other_persons_page(clinic, therapist):
    teach(clinic, clinic.client)
    assert "Nothing has been learned yet" in words_of(therapist.get(f"/clients/{clinic.neighbour}").text)
    assert "Nothing has been learned yet" in words_of(clinic.browser("stranger").get(f"/clients/{clinic.foreign}").text)


def test_forgetting_takes_the_values_from_the_page_and_from_the_next_session(clinic, therapist):
    teach(clinic, clinic.client)
    therapist.get("/clients/1")
    assert therapist.post("/clients/1/forget").status_code == 303
    page = words_of(therapist.get("/clients/1").text)
    assert "Nothing has been learned yet" in page
    assert "All before was forgotten, asked for by a person" in page
    assert "+0.10" not in page
    assert not order(clinic.database, clinic.session(clinic.client)).personal.knows


def test_only_a_therapist_of_the_clinic_or_the_person_forgets(clinic):
    teach(clinic, clinic.client)
    for who, status in (("clinician", 403), ("admin", 403), ("stranger", 404), ("home", 403)):
        browser = clinic.browser(who)
        browser.get("/listen" if who == "home" else "/")
        assert browser.post("/clients/1/forget").status_code == status, who
    assert learned.versions(clinic.database, clinic.client)[0].personal is not None


def test_a_person_at_home_reads_and_forgets_what_was_learned_of_them(clinic):
    teach(clinic, clinic.client)
    home = clinic.browser("home")
    assert "/listen/learned" in home.get("/listen").text
    assert "+1.00 on average" in words_of(home.get("/listen/learned").text)
    assert home.post("/listen/learned/forget").status_code == 303
    page = words_of(home.get("/listen/learned").text)
    assert "Forgotten." in page
    assert "Nothing has been learned yet" in page
    assert "Forget all of this" not in page


def uneven(clinic, client_id: int) -> bool:
    with clinic.database.connect() as connection:
        return bool(connection.scalar(select(tables.Client.uneven_heart).where(tables.Client.id == client_id)))


def test_an_uneven_heart_is_noted_with_the_client_and_reaches_the_session(clinic, therapist):
    therapist.get("/clients")
    therapist.post("/clients", {"code": "M-015", "uneven_heart": "yes"})
    therapist.get("/clients/1")
    assert therapist.post("/clients/1/heart", {"uneven_heart": "yes"}).status_code == 303
    assert 'name="uneven_heart" value="yes" checked' in therapist.get("/clients/1").text
    assert (uneven(clinic, clinic.client), uneven(clinic, clinic.neighbour), uneven(clinic, 4)) == (True, False, True)
    assert order(clinic.database, clinic.session(clinic.client)).uneven_heart
    therapist.post("/clients/1/heart", {})
    assert not uneven(clinic, clinic.client)


def test_half_a_check_in_is_taken_and_a_third_refused(clinic, therapist):
    session = clinic.session()
    said = {"key": "a", "name": "check_in", "valence": 0.4, "when": "during", "only": "valence"}
    assert therapist.say(f"/sessions/{session}/commands", said).status_code == 202
    refused = therapist.say(f"/sessions/{session}/commands", {**said, "key": "b", "only": "dominance"})
    assert refused.status_code == 422
    assert "only 'dominance'; expected valence, arousal or nothing" in refused.text


def test_the_command_line_tells_and_forgets(clinic, monkeypatch):
    monkeypatch.setenv("THERAPY_VAR", str(clinic.settings.var))
    session = teach(clinic, clinic.client)

    def therapy(*words: str):
        return CliRunner().invoke(main, ["person", *words, "--clinic", "North"])

    told = therapy("model", "M-001")
    assert "Estimates are now moved by +0.10" in told.output
    assert f"1 report in session {session}" in told.output
    held = json.loads(therapy("model", "M-001", "--json").output.splitlines()[-1])
    assert (held["versions"], round(held["model"]["bias"], 3)) == (1, 0.1)
    assert "1 version forgotten" in therapy("forget", "M-001").output
    assert json.loads(therapy("model", "M-001", "--json").output.splitlines()[-1])["model"] is None
    assert "this clinic has no client M-099" in therapy("model", "M-099").output


def test_a_stored_rest_belongs_to_one_client(clinic):
    with clinic.database.begin() as connection:
        keep_baseline(connection, clinic.client, Baseline(180.0, {"hr_bpm": 61.0}))
    own, other = (order(clinic.database, clinic.session(client)) for client in (clinic.client, clinic.neighbour))
    assert own.baseline is not None
    assert other.baseline is None
