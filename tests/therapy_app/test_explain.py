"""`therapy explain`: one bar of a stored session, why it is as it is, and a picture of what its generator read."""

from __future__ import annotations

import json
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from therapy_app.cli import main
from therapy_app.playback.attention_strip import Read, attention_svg

SVG = "{http://www.w3.org/2000/svg}"
Therapy = Callable[..., Result]


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one simulated session of two minutes."""
    folder = tmp_path_factory.mktemp("var")
    words = ["simulate", "--minutes", "2", "--seed", "7"]
    assert CliRunner().invoke(main, words, env={"THERAPY_VAR": str(folder)}).exit_code == 0
    return folder


@pytest.fixture
def therapy(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Therapy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THERAPY_VAR", str(var))
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def changed(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, therapy: Therapy) -> Callable[[str], None]:
    """Makes `therapy` read a copy of the records in which this SQL was run."""

    def change(sql: str) -> None:
        with sqlite3.connect(var / "therapy.db") as old, sqlite3.connect(tmp_path / "therapy.db") as new:
            old.backup(new)
            new.execute(sql)
        old.close()
        new.close()
        monkeypatch.setenv("THERAPY_VAR", str(tmp_path))

    return change


def told(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_a_bar_tells_its_reason_its_aim_and_what_each_cue_adds(therapy):
    said = told(therapy("explain", 1, "--bar", 12, "--json"))
    assert (said["session"], said["bar"], said["generator"]) == (1, 12, "rules")
    assert said["reason"].endswith(".")
    assert set(said["aim"]) == {"valence", "arousal"}
    for side in ("valence", "arousal"):
        assert sum(part[side] for part in said["contributions"]) == pytest.approx(said[side], abs=1e-9)
    assert {event["kind"] for event in said["follows"]} >= {"target", "affect", "features"}
    page = therapy("explain", 1, "--bar", 12).output
    assert said["reason"] in page
    assert "follows from" in page
    assert str(said["follows"][0]["seq"]) in page
    for part in said["contributions"]:
        assert part["difference"] in page


def test_rules_have_no_attention_and_the_rest_is_told_all_the_same(therapy, tmp_path):
    result = therapy("explain", 1, "--bar", 12, "--out", "a.svg")
    assert result.exit_code == 0
    assert "no picture: 'rules' wrote this bar, and it has no attention to draw" in result.output
    assert "aim       valence" in result.output
    assert not (tmp_path / "a.svg").exists()


def test_a_generator_with_attention_is_drawn(therapy, tmp_path, monkeypatch):
    """A generator that reads the newest bar before most, as an installed part would."""
    from models.music.generators.rules import Generator

    def attention(_: Generator, request, bar) -> list[float]:
        return [0.05] * (len(request.previous) - 1) + [0.4]

    monkeypatch.setattr(Generator, "attention", attention, raising=False)
    said = told(therapy("explain", 1, "--bar", 12, "--out", "a.svg", "--json"))
    assert said["attention"] == [0.05] * 7 + [0.4]
    picture = ET.fromstring((tmp_path / "a.svg").read_text())
    words = picture.find(f"{SVG}desc").text
    assert "bar 4 (" in words
    assert "bar 11 (" in words
    assert "40 %" in words
    assert told(therapy("explain", 1, "--bar", 0, "--out", "b.svg", "--json"))["attention"] is None
    nowhere = therapy("explain", 1, "--bar", 12, "--out", "no/such/folder.svg")
    assert nowhere.exit_code == 1
    assert "no/such/folder.svg: no such file or directory" in nowhere.output


def test_the_music_of_a_changed_record_is_told_but_not_run_again(therapy, changed):
    louder = """replace(replace(body, '"velocity":5', '"velocity":6'), '"velocity":3', '"velocity":4')"""
    changed(f"UPDATE event SET body = {louder} WHERE kind = 'bar'")
    said = told(therapy("explain", 1, "--bar", 12, "--json"))
    assert said["contributions"]
    assert said["nearest"] is None
    assert "does not give the same bar 12" in said["notes"][0]


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("explain", 7, "--bar", 1), 1, "no session 7"),
        (("explain", 1, "--bar", 9999), 1, "session 1 has no bar 9999; there are 0 to "),
        (("explain", 1, "--bar", 3, "--out", "no/such/folder.svg"), 0, "no picture"),
        (("explain", 1), 2, "Missing option '--bar'"),
        (("explain", 1, "--bar", "nan"), 2, "'nan' is not a valid integer"),
        (("explain", 1, "--bar", "-1"), 2, "-1 is not in the range"),
        (("explain", 1, "--bar", "1e3"), 2, "'1e3' is not a valid integer"),
        (("explain", 0, "--bar", 1), 2, "0 is not in the range"),
        (("explain", "one", "--bar", 1), 2, "'one' is not a valid integer"),
    ],
)
def test_what_is_not_there_or_no_number_is_said_in_a_sentence(therapy, words, status, complaint):
    result = therapy(*words)
    assert result.exit_code == status
    assert complaint in result.output
    assert "Traceback" not in result.output


def test_a_session_without_music_has_no_bars(therapy, changed):
    changed("DELETE FROM event WHERE kind = 'bar'")
    result = therapy("explain", 1, "--bar", 0)
    assert result.exit_code == 1
    assert "session 1 has no bar 0; none has been composed" in result.output


def test_a_line_that_was_broken_is_named(therapy, changed):
    changed("UPDATE event SET body = substr(body, 1, 60) WHERE kind = 'plan'")
    result = therapy("explain", 1, "--bar", 5)
    assert result.exit_code == 1
    assert "can't be read" in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_the_strip_tells_in_numbers_and_words_what_it_shows_in_darkness():
    svg = attention_svg(9, "A return", [Read(7, "A state", 0.1), Read(8, "B <vary>", 0.3)])
    picture = ET.fromstring(svg)
    assert picture.find(f"{SVG}title").text == "What bar 9 read of the bars before it"
    assert "bar 8 (B <vary>) 30 %; itself 60 %" in picture.find(f"{SVG}desc").text
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"bar 7", "A state", "10 %", "bar 8", "30 %", "60 %", "itself"} <= set(texts)
    light, dark = (float(r.get("fill-opacity")) for r in picture.iter(f"{SVG}rect") if r.get("fill") == "#0B6E6E")
    assert light == pytest.approx(0.33)
    assert dark == 1.0


def test_a_first_bar_has_no_strip():
    with pytest.raises(ValueError, match="bar 0 has no bar before it"):
        attention_svg(0, "A state", [])
