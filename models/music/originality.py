"""Whose music a melody is: the n-grams of all training works, and the work that shares the longest run of notes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from models import shipped
from models.music.ngrams import Line, Melody, Table, melody_of, ngrams, on_line, unpacked
from models.music.tokens import GRID
from models.shipped import WEIGHTS, WeightsError

__all__ = ["COPY", "SHORTEST", "Match", "Originality", "Work", "melody_of"]

NAME = "originality"
WORKS = "works.jsonl.gz"
COPY = 9
"""Notes in a row, in interval and rhythm, that make a copy."""
SHORTEST = 6
"""Notes in a row from which a work is named as the nearest."""


@dataclass(frozen=True)
class Work:
    """A piece that the generators learned from. `corpus` is its collection in `docs/data.md`."""

    title: str
    composer: str
    licence: str
    credit: str
    corpus: str


@dataclass(frozen=True)
class Match:
    """`notes` notes in a row, from the one at `start_beat` on, stand in `work` too."""

    notes: int
    start_beat: float
    work: Work


class Originality:
    """An index of melodies. Holds hashes, not music: nothing can be played from it."""

    def __init__(self, tables: dict[int, Table], works: Sequence[Work]) -> None:
        self.tables = tables
        self.works = works

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> Originality:
        """The index that ships. Raises WeightsError when a file of it is missing, cut short or altered."""
        content = shipped.content(NAME, folder)
        try:
            tensors = load(content)
            works = shipped.checked(folder / WORKS, shipped.about(content)["works_sha256"])
            tables = {
                notes: unpacked({name: tensors[f"{notes}.{name}"] for name in ("low", "high", "works", "opens")})
                for notes in (SHORTEST, COPY)
            }
        except (SafetensorError, KeyError) as error:
            raise WeightsError(f"the weights of {NAME!r} are no index of melodies: {error}") from error
        return cls(tables, [Work(**json.loads(line)) for line in gzip.decompress(works).splitlines()])

    def copied(self, melody: Melody, since_beat: float = 0.0) -> Match | None:
        """The longest run of at least `COPY` notes that one work has too; None when there is none.

        Only runs that reach a note at `since_beat` or later count, wherever they began.
        """
        return self.longest(on_line(melody), COPY, since_beat)

    def nearest(self, melody: Melody, since_beat: float = 0.0) -> Match | None:
        """As `copied`, and where nothing is, the longest run down to `SHORTEST` notes."""
        line = on_line(melody)
        return self.longest(line, COPY, since_beat) or self.longest(line, SHORTEST, since_beat, most=COPY - 1)

    def known(self, line: Line, notes: int = COPY) -> NDArray[np.bool_]:
        """Which runs of `notes` (COPY or SHORTEST) notes stand in a work, (len(line) - notes + 1,)."""
        return self.tables[notes].holds(ngrams(line, notes))

    def longest(self, line: Line, notes: int = COPY, since_beat: float = 0.0, most: int | None = None) -> Match | None:
        """The longest chain of n-grams (of COPY or SHORTEST notes) in one work; of equals the earliest, then by work.

        The work's own order is not stored: a chain longer than its n-grams is very likely, not surely, one passage.
        """
        longest, last, work = 0, 0, 0
        running: dict[int, int] = {}  # n-grams in a row, by work
        reached = (line[notes - 1 :, 0] >= round(since_beat * GRID)).tolist()
        for place, works in enumerate(self.tables[notes].works_of(ngrams(line, notes))):
            running = {one: running.get(one, 0) + 1 for one in works}
            for one, length in running.items():
                if reached[place] and length > longest:
                    longest, last, work = length, place, one
        if not longest:
            return None
        start = float(line[last - longest + 1, 0]) / GRID
        whole = longest + notes - 1
        return Match(whole if most is None else min(whole, most), start, self.works[work])
