"""Commands from the live page."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from therapy_app.records import tables


def commands(clinic):
    with clinic.database.connect() as connection:
        return connection.execute(select(tables.Command.__table__)).all()


@pytest.fixture
def running(clinic):
    return clinic.session()


@pytest.fixture
def path(running):
    return f"/sessions/{running}/commands"


@pytest.mark.parametrize(
    "said",
    [
        {"name": "stop"},
        {"name": "hold", "reason": "tears"},
        {"name": "nudge", "valence": 0.1, "arousal": -0.1},
        {"name": "loudness", "loudness_db": -3},
        {"name": "check_in", "valence": 0, "arousal": -0.5, "when": "pre"},
        {"name": "mark", "text": "moved"},
    ],
    ids=lambda said: said["name"],
)
def test_a_command_is_accepted_and_kept_with_who_gave_it(clinic, therapist, running, path, said):
    answer = therapist.say(path, {"key": "k1", **said})
    assert answer.status_code == 202
    (kept,) = commands(clinic)
    assert answer.json == {"id": kept.id}
    assert (kept.session_id, kept.name, kept.actor) == (running, said["name"], "1")
    assert {**kept.body, **{k: v for k, v in said.items() if k != "name"}} == kept.body


def test_the_same_key_twice_is_one_command(clinic, therapist, path):
    said = {"key": "once", "name": "nudge", "valence": 0.2, "arousal": 0}
    assert therapist.say(path, said).json == therapist.say(path, said).json
    assert len(commands(clinic)) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "dance"}, "no command named 'dance'; there are: hold, release"),
        ({"name": "nudge", "valence": 3, "arousal": 0}, "valence: Input should be less than or equal to 1"),
        ({"name": "nudge", "valence": "0.2", "arousal": 0}, "valence: Input should be a valid number"),
        ({"name": "check_in", "when": "later"}, "when 'later'; expected one of pre, during, post"),
        ({"name": "mark", "text": "x" * 501}, "text: String should have at most 500 characters"),
        ({"name": "stop", "volume": 11}, "volume: Extra inputs are not permitted"),
        ({"name": "stop", "key": ""}, "key: String should have at least 1 character"),
        ({}, "name: Field required"),
        ([], "the request: Input should be"),
        ("stop", "the request: Input should be"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(clinic, therapist, path, said, words):
    answer = therapist.say(path, {"key": "k", **said} if isinstance(said, dict) else said)
    assert answer.status_code == 422
    assert words in answer.json["message"]
    assert commands(clinic) == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_number_is_refused_in_words(clinic, therapist, path, number):
    body = f'{{"key": "k", "name": "nudge", "valence": {number}, "arousal": 0}}'
    headers = {"X-CSRFToken": therapist.token}
    answer = therapist.client.post(path, data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 422
    assert "valence: Input should be a finite number" in answer.json["message"]
    assert commands(clinic) == []


@pytest.mark.parametrize("body", ["", "{", "[" * 5000, "\x00", '{"key": "k", "key": '])
def test_what_is_no_json_is_refused_in_words(clinic, therapist, path, body):
    headers = {"X-CSRFToken": therapist.token}
    answer = therapist.client.post(path, data=body, content_type="application/json", headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json["message"]


def test_a_command_without_the_pages_key_is_refused(clinic, therapist, path):
    answer = therapist.client.post(path, json={"key": "k", "name": "stop"})
    assert answer.status_code == 400
    assert "Reload" in answer.json["message"]
    assert commands(clinic) == []


@pytest.mark.parametrize("status", ["finished", "stopped", "interrupted"])
def test_a_session_that_is_over_takes_no_commands(clinic, therapist, status):
    over = clinic.session(status=status)
    answer = therapist.say(f"/sessions/{over}/commands", {"key": "k", "name": "stop"})
    assert answer.status_code == 409
    assert "is over" in answer.json["message"]
