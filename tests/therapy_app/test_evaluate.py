"""`therapy evaluate music` as a person runs it: a report with every part, and what is missing by its name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import mido
import numpy as np
import pytest
from click.testing import CliRunner

from models.training.corpus.build import build
from therapy_app.cli import main

SECTIONS = (
    "Reached and not reached",
    "Control",
    "Quality",
    "Likelihood",
    "Form",
    "Originality",
    "Speed",
    "The corners",
)
SONGS = "openscore_lieder"


def song(seed: int, bars: int = 18) -> bytes:
    """A tune over a bass, different for each seed."""
    rng = np.random.default_rng(seed)
    file = mido.MidiFile(ticks_per_beat=480)
    tracks = {"Voice": [(1, 64 + int(rng.integers(0, 12))) for _ in range(4 * bars)]}
    tracks["Piano"] = [(4, (48, 53, 55, 48)[bar % 4]) for bar in range(bars)]
    for name, notes in tracks.items():
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for beats, pitch in notes:
            track.append(mido.Message("note_on", note=pitch, velocity=64))
            track.append(mido.Message("note_off", note=pitch, time=480 * beats))
        file.tracks.append(track)
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the archives lie in it, with a hundred songs of as many works and nothing else."""
    folder = tmp_path_factory.mktemp("data")
    midi = folder / "music" / SONGS / "midi"
    midi.mkdir(parents=True)
    for number in range(100):
        (midi / f"scores__Abel,_Ada__Songs,_Op.{number}__1_First__lc{number}.mid").write_bytes(song(number))
    return folder


@pytest.fixture(scope="module")
def corpus(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    build(data / "music", folder, [SONGS], 1, StringIO())
    return folder


def evaluated(*words: object) -> dict:
    result = CliRunner().invoke(
        main, ["evaluate", "music", *map(str, words), "--quick", "--generator", "rules", "--json"]
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_a_quick_look_writes_every_part_and_names_what_is_missing(data, corpus, tmp_path):
    out = tmp_path / "docs" / "models" / "music.md"
    told = evaluated(data, "--corpus", corpus, "--out", out, "--samples", tmp_path / "samples")
    text = out.read_text()
    for section in SECTIONS:
        assert f"\n## {section}" in text
    assert "The independent judge is missing: no vgmidi or vgmidi.tar.gz" in text
    assert "jsb is missing: no jsb or jsb.tar.gz" in text
    assert "nottingham is missing" in text
    assert str(tmp_path) not in text
    assert told["figures"]["rules"]["phrases that end in their planned cadence"]["value"] > 0.9
    assert told["figures"]["rules"]["AUC of human against generated, all measures"]["value"] > 0.9
    assert len(list((tmp_path / "docs" / "images" / "music").glob("*.svg"))) == 4
    assert "](../images/music/bright-lively.svg)" in text
    assert mido.MidiFile(tmp_path / "samples" / "dark-still.mid").length > 10


def test_the_judge_measures_when_the_raters_are_at_hand(corpus, tmp_path, shared: Callable[[str], Path]):
    archive = shared("evaluation-only/vgmidi.tar.gz")
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "vgmidi.tar.gz").symlink_to(archive)
    (flat / "jsb.tar.gz").symlink_to(shared("evaluation-only/jsb.tar.gz"))
    told = evaluated(flat, "--corpus", corpus, "--out", tmp_path / "m.md", "--images", tmp_path / "rolls")
    rules = told["figures"]["rules"]
    assert rules["arousal: R² of cell means"]["value"] > 0.8
    assert rules["bars until a step is played"] == {"value": 1.0, "asked": "≤ 1", "reached": True}
    text = (tmp_path / "m.md").read_text()
    assert "| jsb, 77 pieces |" in text
    assert "| ridge | " in text


def test_without_any_data_the_report_still_stands(tmp_path):
    (tmp_path / "empty").mkdir()
    evaluated(tmp_path / "empty", "--work", tmp_path / "work", "--out", tmp_path / "m.md")
    text = (tmp_path / "m.md").read_text()
    assert text.count("Left out: no corpus") == 2
    assert "The human side is missing" in text


def test_a_corpus_is_prepared_once_from_the_archives(data, tmp_path):
    words = (data, "--work", tmp_path / "work", "--out", tmp_path / "m.md")
    evaluated(*words)
    manifest = tmp_path / "work" / "slice" / "manifest.jsonl"
    before = manifest.stat().st_mtime_ns
    evaluated(*words)
    assert manifest.stat().st_mtime_ns == before


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    result = CliRunner().invoke(main, ["evaluate", "music", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_the_service_never_loads_the_evaluation():
    code = (
        "import sys, therapy_app.cli.serving, therapy_app.engine; print([m for m in sys.modules if 'evaluation' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
