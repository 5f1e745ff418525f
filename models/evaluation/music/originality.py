"""Whose melodies are they? Runs of nine notes that stand in a training work, composed and in held-out human works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.music.compose import Piece
from models.music.ngrams import Line, Table, melody_of, ngrams, on_line, table
from models.training.corpus.shards import read_shard
from models.training.melodies import lines_of_shard

NOTES = 9
SAME_TUNE = 24
"""Notes in a row from which a held-out work is a training work under another name, as folk tunes often are."""


@dataclass(frozen=True)
class Copied:
    """Of `pieces` melodies with `runs` runs of nine notes: shares of the runs, and of the pieces, that are known."""

    pieces: int
    runs: int
    of_runs: float
    of_pieces: float


def training(corpus: Path) -> Table:
    """All runs of nine notes of the training split's melodies, known by interval and rhythm."""
    return table(lines_of_shard(read_shard(corpus / "train.npz")), NOTES)


def held_out(corpus: Path) -> list[Line]:
    return [line for split in ("valid", "test") for line in lines_of_shard(read_shard(corpus / f"{split}.npz"))]


def lines_of(pieces: Sequence[Piece]) -> list[Line]:
    return [on_line(melody_of([bar for _, bar, _ in p], [float(plan.beats) for plan, *_ in p])) for p in pieces]


def copied(lines: Sequence[Line], works: Table, same_tunes: bool = True) -> Copied:
    """With `same_tunes` false, melodies with 24 known notes in a row are left out."""
    known = [works.holds(ngrams(line, NOTES)) for line in lines if len(line) >= NOTES]
    known = [one for one in known if same_tunes or longest(one) < SAME_TUNE]
    runs = sum(len(one) for one in known)
    return Copied(
        len(known),
        runs,
        sum(int(one.sum()) for one in known) / runs if runs else float("nan"),
        sum(bool(one.any()) for one in known) / len(known) if known else float("nan"),
    )


def longest(known: NDArray[np.bool_]) -> int:
    """Notes in the longest stretch of known runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths.max()) + NOTES - 1 if len(lengths) else 0
