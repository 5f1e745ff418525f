"""What all tests share: how a missing part is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import mido
import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Corpora beside the project; a public machine has none of them, and then nobody can ask for them."""


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], NoReturn]:
    """Skips the test for want of a part; under REQUIRE_ALL=1 it fails instead."""

    def tell(what: str) -> NoReturn:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"required and not there: {what}")
        pytest.skip(what)

    return tell


@pytest.fixture(scope="session")
def shared(lacking: Callable[[str], NoReturn]) -> Callable[[str], Path]:
    """The path of an archive of the shared data, or the test is skipped; it fails when only this archive is missing."""

    def find(name: str) -> Path:
        if not SHARED.exists():
            pytest.skip(f"the shared data are not here, so not {name} either")
        if not (SHARED / name).exists():
            lacking(f"{name} of the shared data")
        return SHARED / name

    return find


@pytest.fixture(scope="session")
def few_scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one collection of twelve tiny songs, of which two fall into each held-out part."""
    data = tmp_path_factory.mktemp("scores")
    folder = data / "openscore_lieder" / "midi"
    folder.mkdir(parents=True)
    for number in (*range(1, 9), 17, 25, 39, 43):
        write_song(folder / f"scores__Abel,_Ada__Songs,_Op.{number}__1_First__lc{number}.mid", seed=number)
    return data


def write_song(file: Path, seed: int, bars: int = 16) -> None:
    """A tune of quarters and eighths over a bass, different for each seed."""
    rng = np.random.default_rng(seed)
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(70 + 4 * seed))]))
    tune = [(int(rng.choice((240, 480))), 60 + int(rng.choice((0, 2, 4, 5, 7, 9, 11, 12)))) for _ in range(5 * bars)]
    bass = [(1920, (48, 53, 55, 48)[bar % 4]) for bar in range(bars)]
    for name, notes in (("Voice", tune), ("Piano", bass)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for ticks, pitch in notes:
            track.append(mido.Message("note_on", note=pitch, velocity=64))
            track.append(mido.Message("note_off", note=pitch, time=ticks))
        midi.tracks.append(track)
    midi.save(file)


@pytest.fixture(scope="session")
def song() -> Callable[..., None]:
    return write_song
