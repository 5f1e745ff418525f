"""N-grams of a melody as numbers that know neither key nor tempo, and the sorted table that finds them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from models.music.plan import Bar
from models.music.tokens import GRID

Melody = Sequence[tuple[float, int]]
"""Notes of one voice in order: (onset in beats from a common start, MIDI pitch)."""
Line = NDArray[np.int64]
"""The same on the grid: (notes, 2) of onset in steps and pitch; onsets rise, the highest of an onset stands."""
Hashes = NDArray[np.uint64]

BITS = 40
LOW_BITS = 24
MOST_WORKS = 8
"""Works kept for one n-gram, the first in the order of the manifest."""
FEWEST_PITCHES = 3
NOTHING = np.uint64(0)
"""Stands for a run of fewer pitches: a repeated note, a trill or a tremolo is nobody's melody and never found."""


def melody_of(bars: Sequence[Bar], beats: float | Sequence[float]) -> Melody:
    """The melody of consecutive bars, the first of them at beat 0; `beats` is the length of each bar, or of all.

    A bar whose notes reach beyond its length is taken as that much longer, so that onsets never run backwards.
    """
    lengths = [float(beats)] * len(bars) if isinstance(beats, int | float) else list(beats)
    notes, start = [], 0.0
    for bar, length in zip(bars, lengths, strict=True):
        own = [note for note in bar.notes if note.role == "melody"]
        notes += [(start + note.start_beat, note.pitch) for note in own]
        start += max([length, *(ceil(note.start_beat + note.beats - 1e-6) for note in own)])
    return sorted(notes)


def on_line(melody: Melody) -> Line:
    """The melody on the grid."""
    if not len(melody):
        return np.empty((0, 2), dtype=np.int64)
    return highest(np.array([(round(beat * GRID), pitch) for beat, pitch in melody], dtype=np.int64))


def highest(notes: Line) -> Line:
    """Notes in any order as a line: the highest of each onset."""
    ordered = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
    line: Line = ordered[np.append(ordered[1:, 0] != ordered[:-1, 0], True)[: len(ordered)]]
    return line


def ngrams(line: Line, notes: int) -> Hashes:
    """A number of `BITS` bits for every run of `notes` notes: (len(line) - notes + 1,), or (0,) of a shorter line.

    What is hashed: the intervals in semitones, and the steps from onset to onset divided by their greatest common
    divisor, so that a melody in quarters and the same one in eighths are one. A run of fewer than `FEWEST_PITCHES`
    pitches is `NOTHING`.
    """
    if len(line) < notes:
        return np.empty(0, dtype=np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(np.diff(line, axis=0), notes - 1, axis=0)  # (runs, 2, notes - 1)
    steps = runs[:, 0] // np.gcd.reduce(runs[:, 0], axis=1)[:, None]
    moves = ((runs[:, 1] + 128).astype(np.uint64) << np.uint64(32)) + steps.astype(np.uint64)
    state = np.full(len(moves), notes, dtype=np.uint64)
    for column in moves.T:
        state = _mixed(state + np.uint64(0x9E3779B97F4A7C15) + column)
    pitches = np.sort(np.lib.stride_tricks.sliding_window_view(line[:, 1], notes), axis=1)
    plain = (np.diff(pitches, axis=1) != 0).sum(axis=1) < FEWEST_PITCHES - 1
    hashes: Hashes = np.where(plain, NOTHING, state >> np.uint64(64 - BITS))
    return hashes


def _mixed(value: Hashes) -> Hashes:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): every bit of the input moves half of the output's."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@dataclass(frozen=True)
class Table:
    """Sorted n-grams and the works they stand in: those of `hashes[i]` are `works[starts[i]:starts[i + 1]]`."""

    hashes: Hashes
    starts: NDArray[np.uint32]
    works: NDArray[np.uint16]

    def holds(self, asked: Hashes) -> NDArray[np.bool_]:
        """Which of these n-grams stand in a work, (n,)."""
        return self._place(asked) >= 0

    def works_of(self, asked: Hashes) -> list[list[int]]:
        """The works of each n-gram, none for one that is new."""
        return [
            [] if place < 0 else self.works[self.starts[place] : self.starts[place + 1]].tolist()
            for place in self._place(asked).tolist()
        ]

    def _place(self, asked: Hashes) -> NDArray[np.int64]:
        if not len(self.hashes):
            return np.full(len(asked), -1)
        place = np.minimum(np.searchsorted(self.hashes, asked), len(self.hashes) - 1)
        return np.where(self.hashes[place] == asked, place, -1)


def table(lines: Sequence[Line], notes: int) -> Table:
    """The table of these works' melodies, the work's number being its place."""
    own = [np.unique(runs[runs != NOTHING]) for runs in (ngrams(line, notes) for line in lines)]
    hashes = np.concatenate([*own, np.empty(0, np.uint64)])
    works = np.repeat(np.arange(len(own)), [len(one) for one in own])
    order = np.argsort(hashes, kind="stable")  # works stay in order within an n-gram
    hashes, works = hashes[order], works[order]
    first = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)])
    rank = np.arange(len(hashes)) - np.repeat(first, np.diff(np.append(first, len(hashes))))
    kept = rank < MOST_WORKS
    starts = np.append(np.flatnonzero(rank[kept] == 0), kept.sum()).astype(np.uint32)
    return Table(hashes[first], starts, works[kept].astype(np.uint16))


def packed(found: Table) -> dict[str, NDArray[np.generic]]:
    """The table in 3 bytes an n-gram, 2 bytes and a bit a work: low bits, how many share each high part, works."""
    low = (found.hashes & np.uint64((1 << LOW_BITS) - 1)).astype("<u4")
    high = np.bincount((found.hashes >> np.uint64(LOW_BITS)).astype(np.int64), minlength=1 << (BITS - LOW_BITS))
    opens = np.zeros(len(found.works), dtype=bool)
    opens[found.starts[:-1]] = True
    return {
        "low": low.view(np.uint8).reshape(-1, 4)[:, : LOW_BITS // 8].copy(),
        "high": high.astype(np.uint16),
        "works": found.works,
        "opens": np.packbits(opens),
    }


def unpacked(parts: Mapping[str, NDArray[np.generic]]) -> Table:
    """The table that was packed. Raises KeyError for a part that is not there."""
    low, high = parts["low"], parts["high"].astype(np.int64)
    hashes = np.repeat(np.arange(len(high), dtype=np.uint64) << np.uint64(LOW_BITS), high)
    for place in range(LOW_BITS // 8):
        hashes |= low[:, place].astype(np.uint64) << np.uint64(8 * place)
    works = parts["works"].astype(np.uint16)
    opens = np.unpackbits(parts["opens"].astype(np.uint8), count=len(works))
    return Table(hashes, np.append(np.flatnonzero(opens), len(works)).astype(np.uint32), works)
