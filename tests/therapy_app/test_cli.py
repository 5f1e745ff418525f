"""The command `therapy` as a person types it: what it prints, what it writes, and what it says when it is wrong."""

from __future__ import annotations

import csv
import fcntl
import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mido import MidiFile

from models.music.generators import transformer
from models.shipped import WeightsError
from therapy_app import catalog
from therapy_app.cli import COMMANDS, main
from therapy_app.exchange.estimate import COLUMNS

Therapy = Callable[..., Result]


@pytest.fixture
def therapy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Therapy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THERAPY_VAR", str(tmp_path / "var"))
    return lambda *words, **options: CliRunner().invoke(main, [str(word) for word in words], **options)


def told(result: Result) -> dict:
    """The last line, as a program reads it."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(therapy, command):
    groups = {
        "user": ["add"],
        "clinic": ["add"],
        "db": ["upgrade"],
        "sensors": ["test"],
        "train": ["music"],
        "person": ["model"],
    }
    result = therapy(command, *groups.get(command, []), "--help")
    assert result.exit_code == 0
    assert f"Example: therapy {command}" in result.output


def test_help_does_not_wait_for_the_heavy_parts():
    code = "import sys, therapy_app.cli; print([m for m in ('torch', 'scipy', 'flask') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_simulated_session_is_stored_replayed_and_exported(therapy, tmp_path):
    tally = told(therapy("simulate", "--minutes", 2, "--seed", 7, "--json"))
    assert set(tally) == {"session", "events", "bars", "late_bars", "overrides", "alarms", "seconds"}
    assert tally["bars"] > 25
    assert tally["late_bars"] == 0
    again = therapy("replay", tally["session"], "--verify")
    assert again.exit_code == 0
    assert f"{tally['events']} events, all as they were recorded" in again.output
    assert therapy("export", tally["session"], "--format", "midi", "--out", "a.mid").exit_code == 0
    assert MidiFile(tmp_path / "a.mid").length == pytest.approx(120, abs=12)
    assert therapy("export", tally["session"], "--format", "csv", "--out", "a.csv").exit_code == 0
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert float(rows[100]["hr_bpm"]) == pytest.approx(70, abs=12)
    assert rows[0]["rmssd_ms"] == ""


def test_the_same_seed_gives_the_same_session(therapy):
    first, second = (told(therapy("simulate", "--minutes", 1, "--seed", 3, "--json")) for _ in range(2))
    for tally in (first, second):
        del tally["session"], tally["seconds"]
    assert first == second


def test_a_changed_event_makes_verify_fail(therapy, tmp_path):
    session = told(therapy("simulate", "--minutes", 1, "--seed", 7, "--json"))["session"]
    with sqlite3.connect(tmp_path / "var" / "therapy.db") as database:
        database.execute("UPDATE event SET body = replace(body, 'Steady', 'Faster') WHERE kind = 'plan'")
    database.close()
    result = therapy("replay", session, "--verify")
    assert result.exit_code == 1
    assert "was changed after it was written" in result.output


def test_the_same_arguments_compose_the_same_bytes(therapy, tmp_path):
    words = ("compose", "--valence", 0.7, "--arousal", -0.6, "--bars", 32, "--seed", 1)
    first = told(therapy(*words, "--out", "a.mid", "--json"))
    therapy(*words, "--out", "b.mid")
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert first["bars"] == 32
    assert set(first) >= {"notes", "tokens", "seconds_compose", "seconds_music", "generator", "weights_sha256"}
    assert MidiFile(tmp_path / "a.mid").length == pytest.approx(first["seconds_music"], abs=3)


@pytest.mark.parametrize("generator", catalog.names("generator"))
@pytest.mark.parametrize("tradition", catalog.names("tradition"))
def test_every_composer_composes_in_every_tradition_the_same_bytes_twice(therapy, tmp_path, generator, tradition):
    words = ("compose", "--generator", generator, "--tradition", tradition, "--bars", 6, "--seed", 4)
    first = told(therapy(*words, "--out", "a.mid", "--json"))
    assert told(therapy(*words, "--out", "b.mid", "--json"))["notes"] == first["notes"] > 10
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert first["generator"] == generator
    assert (first["weights_sha256"] is None) == (generator == "rules")


def test_one_wish_moves_while_the_chords_stay(therapy, tmp_path):
    def composed(*wish):
        done = therapy("compose", "--bars", 8, "--seed", 4, *wish, "--out", "w.mid", "--json")
        marks = [json.loads(m.text) for m in MidiFile(tmp_path / "w.mid").tracks[0] if m.type == "marker"]
        return told(done)["notes"], [mark["chord"] for mark in marks]

    (few, chords), (many, same) = composed("--wish", "density=0.1"), composed("--wish", "density=0.95")
    assert chords == same
    assert many > 1.5 * few


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--valence", "3"), "3.0 is not in the range"),
        (("--valence", "nan"), "nan"),
        (("--bars", "0"), "0 is not in the range"),
        (("--wish", "density=7"), "density 7.0; expected a number from 0 to 1"),
        (("--generator", "rules", "--weights", "."), "rules needs no weights"),
        (("--generator", "mozart"), "is not one of"),
    ],
)
def test_what_can_not_be_composed_is_refused_in_a_sentence(therapy, tmp_path, words, says):
    result = therapy("compose", *words, "--out", "x.mid")
    assert result.exit_code == 2
    assert says in result.output
    assert not (tmp_path / "x.mid").exists()


def test_weights_that_were_named_must_be_there(therapy, tmp_path):
    result = therapy("compose", "--weights", "nowhere", "--out", "x.mid")
    assert result.exit_code == 1
    assert "no weights named 'transformer'; there are: none" in result.output


def test_without_its_shipped_weights_the_rules_compose_and_it_says_so(therapy, tmp_path, monkeypatch):
    monkeypatch.setattr(transformer.Generator, "__init__", refused)
    done = therapy("compose", "--bars", 4, "--out", "x.mid", "--json")
    assert "The rules compose: the weights of 'transformer' are not the ones that were shipped" in done.output
    assert told(done)["generator"] == "rules"


def refused(self, folder=None):
    raise WeightsError("the weights of 'transformer' are not the ones that were shipped; their hash differs")


def test_a_piece_can_say_why_it_is_as_it_is(therapy, tmp_path):
    assert therapy("compose", "--bars", 3, "--out", "x.mid", "--explain", "why.json").exit_code == 0
    rows = json.loads((tmp_path / "why.json").read_text())
    assert [row["bar"] for row in rows] == [0, 1, 2]
    assert sum(cue["arousal"] for cue in rows[1]["contributions"]) == pytest.approx(rows[1]["arousal"])


def test_a_path_of_targets_and_a_choice_of_voices(therapy, tmp_path):
    told(
        therapy(
            "compose",
            "--path",
            "0:0,-0.8 16:0.5,0.6",
            "--bars",
            16,
            "--roles",
            "melody,bass",
            "--out",
            "p.mid",
            "--json",
        )
    )
    file = MidiFile(tmp_path / "p.mid")
    assert [track.name for track in file.tracks[1:]] == ["melody", "bass"]
    marks = [json.loads(message.text) for message in file.tracks[0] if message.type == "marker"]
    assert marks[0]["tempo_bpm"] < marks[-1]["tempo_bpm"] - 30


def test_a_recording_is_estimated_second_by_second(therapy, tmp_path):
    seconds = range(260)
    rows = "\n".join(f"{second},{70 + second % 2 + 15 * (second > 200)},{4.0 + second / 1000}" for second in seconds)
    (tmp_path / "watch.csv").write_text(f"time_s,hr_bpm,eda_us\n{rows}\n")
    told(therapy("estimate", "watch.csv", "--baseline", "10:180", "--out", "out.csv", "--json"))
    with (tmp_path / "out.csv").open() as file:
        table = list(csv.DictReader(file))
    assert tuple(table[0]) == COLUMNS
    assert table[240]["state"] == "known"
    assert float(table[255]["arousal"]) > float(table[190]["arousal"]) + 0.2


def test_a_recording_whose_rest_was_none_is_not_estimated_and_the_command_says_why(therapy, tmp_path):
    rows = "\n".join(f"{second},{70 + second % 3 + second / 5}" for second in range(200))
    (tmp_path / "stairs.csv").write_text(f"time_s,hr_bpm\n{rows}\n")
    done = therapy("estimate", "stairs.csv", "--out", "out.csv", "--json")
    assert told(done)["known"] == 0
    assert re.search(r"no second could be estimated; mostly: .*no rest: the pulse rose by 2\d a minute", done.output)


def test_every_part_is_listed(therapy):
    listed = therapy("parts").output
    for name in (
        "virtual",
        "ble",
        "replay",
        "linear",
        "resting",
        "rules",
        "western",
        "settle",
        "cello",
        "nonresponder",
    ):
        assert name in listed


def test_people_are_added_changed_and_shut_out(therapy):
    assert therapy("db", "upgrade").exit_code == 0
    assert therapy("db", "check").exit_code == 0
    assert therapy("clinic", "add", "Harbour").exit_code == 0
    asked = "four quiet words here\n" * 2
    added = therapy("user", "add", "anna@clinic.test", "--role", "therapist", "--clinic", "Harbour", input=asked)
    assert "may sign in as therapist" in added.output
    assert therapy("user", "role", "anna@clinic.test", "--role", "clinician").exit_code == 0
    assert therapy("user", "disable", "anna@clinic.test").exit_code == 0


def test_a_sensor_is_tried_out(therapy):
    result = told(therapy("sensors", "test", "virtual:restless", "--seconds", 2, "--json"))
    ecg = next(row for row in result["streams"] if row["stream"] == "ecg")
    assert ecg["got_hz"] == pytest.approx(130, rel=0.05)
    assert ecg["unit"] == "mV"


WRONG = [
    (("compose", "--valence", 3, "--out", "x.mid"), 2, "3.0 is not in the range -1<=x<=1"),
    (("compose", "--valence", "nan", "--out", "x.mid"), 2, "nan"),
    (("compose", "--bars", 0, "--out", "x.mid"), 2, "0 is not in the range 1<=x<=4000"),
    (("compose", "--tradition", "martian", "--out", "x.mid"), 2, "'martian' is not"),
    (("compose", "--roles", "melody,kazoo", "--out", "x.mid"), 2, "no role named 'kazoo'; there are: melody"),
    (("compose", "--path", "0:0.5", "--out", "x.mid"), 2, "expected bar:valence,arousal"),
    (("compose", "--out", "nowhere/x.mid"), 1, "nowhere/x.mid: no such file or directory"),
    (("simulate", "--minutes", 1, "--seed", 1, "--patient", "ghost"), 1, "no virtual patient named 'ghost'; there are"),
    (("simulate", "--minutes", 0, "--seed", 1), 2, "0 is not in the range"),
    (("simulate", "--minutes", 1, "--seed", 1, "--protocol", "party"), 2, "'party' is not one of"),
    (("sensors", "test", "polarr"), 1, "no sensor named 'polarr'; there are: ble, "),
    (("sensors", "test", "replay:nothing.zip"), 1, "no recording at nothing.zip"),
    (("estimate", "nothing.csv", "--out", "x.csv"), 2, "'nothing.csv' does not exist"),
    (("estimate", ".", "--out", "x.csv"), 1, "holds no Empatica E4 file"),
    (("replay", 99, "--verify"), 1, "no session 99"),
    (("export", 99, "--format", "csv", "--out", "x.csv"), 1, "no session 99"),
    (("export", 1, "--format", "vinyl", "--out", "x"), 2, "'vinyl' is not one of"),
    (("user", "disable", "nobody@clinic.test"), 1, "no account nobody@clinic.test"),
    (("db", "upgrade", "--database", "sqlite:////proc/nowhere/x.db"), 1, "nowhere"),
    (("db", "upgrade", "--database", "postgresql://me:secret@host/x"), 1, "records are kept in SQLite"),
    (("db", "check", "--database", "sqlite:///new.db"), 1, "Target database is not up to date"),
    (("play", "--output", "tape"), 2, "expected 'browser' or a file ending in .mid"),
]


@pytest.mark.parametrize(("words", "status", "said"), WRONG, ids=[" ".join(map(str, row[0])) for row in WRONG])
def test_a_wrong_argument_gets_one_plain_sentence(therapy, words, status, said):
    therapy("db", "upgrade")
    result = therapy(*words)
    assert result.exit_code == status
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_database_without_tables_says_how_to_make_them(therapy):
    result = therapy("user", "disable", "a@b.test", "--database", "sqlite:///empty.db")
    assert result.exit_code == 1
    assert "'therapy db upgrade' makes its tables" in result.output


@pytest.mark.parametrize("command", ["serve", "demo", "play"])
def test_a_port_that_is_taken_is_said_before_anything_begins(therapy, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = therapy(command, "--port", port)
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 can't be had (Address already in use)" in result.output


def test_a_second_engine_on_the_same_records_is_refused_before_anything_begins(therapy, tmp_path):
    (tmp_path / "var").mkdir()
    with (tmp_path / "var" / "engine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = therapy("demo", "--port", 18999)
    assert result.exit_code == 1
    assert "another engine already runs on" in result.output
