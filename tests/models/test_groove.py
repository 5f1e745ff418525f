"""Groove: learned from performances, better than none on works apart, read without torch, refused when altered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from symusic.core import NoteTick, ScoreTick, TrackTick

from models.music.groove import FAMILIES, NAME, NO_FEEL, PARTS, PLACES, TABLES, Groove, shipped_groove
from models.shipped import WEIGHTS, WeightsError
from models.training.corpus.sources import SOURCES
from models.training.groove import Strokes, check, learn, strokes_of

LATE, STRONG = 0.04, 0.3


def played(performances: int, seed: int = 1) -> Strokes:
    """Hats on every eighth: the ones between the beats LATE, the ones on the second and fourth beat STRONG."""
    rng = np.random.default_rng(seed)
    place = np.tile(np.arange(0, PLACES, 2), 8 * performances)
    count = len(place)
    return Strokes(
        performance=np.repeat(np.arange(performances), count // performances),
        family=np.full(count, FAMILIES.index("straight")),
        part=np.full(count, PARTS.index("hat")),
        place=place,
        offset=np.where(place % 4 == 2, LATE, 0.0) + rng.normal(0, 0.02, count),
        force=np.where(place % 8 == 4, STRONG, 0.0) + rng.normal(0, 0.1, count),
        held_out=np.zeros(count, dtype=bool),
    )


def test_what_every_drummer_does_is_learned() -> None:
    groove = learn(played(200))
    between = groove.feel("western", "hat", 0.5, 4)
    backbeat = groove.feel("western", "hat", 1.0, 4)
    assert between.offset - backbeat.offset == pytest.approx(LATE, rel=0.15)
    assert backbeat.force - between.force == pytest.approx(STRONG, rel=0.15)
    assert between.offset_spread == pytest.approx(0.02, rel=0.2)


def test_one_drummer_alone_is_hardly_believed() -> None:
    assert abs(learn(played(1)).feel("western", "hat", 0.5, 4).offset) < LATE / 4


def test_the_table_foretells_other_performances_better_than_none() -> None:
    figures = check(learn(played(60)), played(10, seed=2))
    for name in ("offset", "force"):
        told = figures[name]
        assert isinstance(told, dict)
        assert told["error of the table"] < told["error of none (0)"]
        assert told["places: correlation"] > 0.8
    assert figures["performances"] == 10


def test_the_shipped_groove_foretold_works_apart_better_than_none() -> None:
    head = (WEIGHTS / f"{NAME}.safetensors").read_bytes()
    about = json.loads(json.loads(head[8 : 8 + int.from_bytes(head[:8], "little")])["__metadata__"]["about"])
    for name in ("offset", "force"):
        told = about["held out"][name]
        assert told["error of the table"] < told["error of none (0)"]
        assert told["error explained"] > 0.02


def test_the_shipped_groove_is_small_and_sane() -> None:
    groove = shipped_groove()
    assert np.abs(groove.offset).max() < 0.1
    assert 0 <= groove.offset_spread.min() <= groove.offset_spread.max() < 0.1
    assert np.abs(groove.force).max() < 0.7
    assert groove.feel("western", "snare", 1.0, 4).force > groove.feel("western", "snare", 0.0, 4).force
    assert groove.feel("western", "hat", 0.25, 4).offset > groove.feel("western", "hat", 0.0, 4).offset


def test_a_triplet_has_no_place_and_other_metres_take_the_beats_mean() -> None:
    groove = shipped_groove()
    assert groove.feel("western", "hat", 1 / 3, 4) == NO_FEEL
    assert groove.feel("western", "hat", 0.0, 3) == groove.feel("western", "hat", 2.0, 3)
    assert groove.feel("western", "hat", 6.5, 7).offset == pytest.approx(
        np.mean([groove.feel("western", "hat", beat + 0.5, 4).offset for beat in range(4)])
    )


def test_groove_is_read_where_torch_is_not() -> None:
    code = (
        "import sys; from models.music.groove import shipped_groove; shipped_groove(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def copied(folder: Path, change: bytes = b"") -> Path:
    for name in ("hashes.json", f"{NAME}.safetensors"):
        (folder / name).write_bytes((WEIGHTS / name).read_bytes() + (change if name.startswith(NAME) else b""))
    return folder


def test_an_altered_or_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert np.array_equal(shipped_groove(copied(tmp_path)).offset, shipped_groove().offset)
    with pytest.raises(WeightsError, match="not the ones that were shipped"):
        shipped_groove(copied(tmp_path, b"x"))
    (tmp_path / f"{NAME}.safetensors").unlink()
    with pytest.raises(WeightsError, match="can't be read"):
        shipped_groove(tmp_path)


def test_tables_of_another_shape_are_refused() -> None:
    tables = {name: np.zeros((len(FAMILIES), len(PARTS), PLACES), np.float32) for name in TABLES}
    Groove(**tables)
    with pytest.raises(ValueError, match="table force of shape"):
        Groove(**{**tables, "force": np.zeros((1, 1), np.float32)})
    with pytest.raises(ValueError, match="finite"):
        Groove(**{**tables, "offset": tables["offset"] + np.nan})


def collection(folder: Path) -> Path:
    """Two performances of eight bars: every eighth on a closed hat, those between the beats a 20th of a beat late."""
    (folder / "groove").mkdir()
    rows = ["drummer,session,style,bpm,beat_type,midi_filename"]
    for number, kind in enumerate(("beat", "fill")):
        name = f"{number}_rock_100_{kind}_4-4.mid"
        score, track = ScoreTick(480), TrackTick("drums", 0, True)
        for eighth in range(64):
            track.notes.append(NoteTick(240 * eighth + 24 * (eighth % 2), 60, 42, 90 if eighth % 4 == 2 else 60))
        score.tracks.append(track)
        score.dump_midi(str(folder / "groove" / name))
        rows.append(f"drummer1,drummer1/session1,rock,100,{kind},{name}")
    (folder / "groove" / "info.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_strokes_are_read_in_beats_and_shares_of_the_usual_force(tmp_path: Path) -> None:
    strokes = strokes_of(list(SOURCES["groove"](collection(tmp_path))))
    assert len(strokes.part) == 64, "the fill is left out"
    assert set(strokes.family) == {FAMILIES.index("straight")}
    late = strokes.offset[strokes.place % 4 == 2].mean() - strokes.offset[strokes.place % 4 == 0].mean()
    assert late == pytest.approx(0.05)
    assert strokes.force[strokes.place == 4].mean() == pytest.approx(90 / 67.5 - 1, abs=0.01)
