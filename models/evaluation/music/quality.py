"""What written music is like: the usual seven measures, and more of them for the strict comparison.

Pitch-class entropy and groove consistency as in Wu & Yang 2020 (Jazz Transformer) and muspy; the rest as said below.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import GRID, WrittenBar
from models.training.corpus.conditions import syncopation

Array = NDArray[np.float64]

USUAL = (
    "pitch-class entropy", "groove consistency", "structureness", "polyphony", "in-scale rate", "empty-bar rate",
    "density",
)  # fmt: skip
MORE = (
    "pitch", "spread of pitch", "note length", "notes at an onset", "melody density", "melody pitch",
    "melodic interval", "leaps", "repeated notes", "melody note length", "syncopation", "onsets off the beat",
    "onsets off the eighth", "different rhythms", "bass interval", "rests in the melody",
)  # fmt: skip
NAMES = USUAL + MORE
SCALES = tuple(frozenset((tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)) for tonic in range(12)) + tuple(
    frozenset((tonic + step) % 12 for step in (0, 2, 3, 5, 7, 8, 11)) for tonic in range(12)
)
"""Major (and natural minor), harmonic minor."""
PHRASE = 4


def measures(bars: Sequence[WrittenBar]) -> Array:
    """`NAMES` of consecutive bars of equal length, (23,). Raises ValueError when nothing sounds."""
    if not any(bar.notes for bar in bars):
        raise ValueError("no notes to measure; expected at least one")
    return np.concatenate([usual(bars), _more(bars)])


def usual(bars: Sequence[WrittenBar]) -> Array:
    """`USUAL`, (7,): entropy and scale over phrases of four bars, density in onsets a beat."""
    rolls = [_onsets(bar) for bar in bars]
    sounding = _sounding(bars)
    phrases = [h for at in range(0, len(bars), PHRASE) if (h := histogram(bars[at : at + PHRASE])).any()]
    heard = sounding[sounding > 0]
    return np.array([
        np.mean([entropy(h) for h in phrases]),
        np.mean([1 - np.mean(a != b) for a, b in pairwise(rolls) if len(a) == len(b)]),
        structureness(bars),
        heard.mean(),
        np.mean([in_scale(h) for h in phrases]),
        np.mean([not bar.notes for bar in bars]),
        np.mean([roll.sum() * GRID / len(roll) for roll in rolls]),
    ])  # fmt: skip


def histogram(bars: Sequence[WrittenBar]) -> Array:
    """Beats by pitch class, (12,)."""
    table = np.zeros(12)
    for bar in bars:
        for note in bar.notes:
            table[note.pitch % 12] += note.beats
    return table


def entropy(table: Array) -> float:
    """In bits."""
    share = table[table > 0] / table.sum()
    return float(-(share * np.log2(share)).sum())


def in_scale(table: Array) -> float:
    """Share of the beats inside the scale that holds most of them."""
    inside = [float(sum(table[tone] for tone in scale)) for scale in SCALES]
    return max(inside) / float(table.sum())


def _onsets(bar: WrittenBar) -> NDArray[np.bool_]:
    roll = np.zeros(bar.steps, dtype=bool)
    roll[[round(note.start_beat * GRID) for note in bar.notes]] = True
    return roll


def _sounding(bars: Sequence[WrittenBar]) -> Array:
    """Notes that sound at each step, (steps,)."""
    change = np.zeros(sum(bar.steps for bar in bars) + 1)
    start = 0
    for bar in bars:
        for note in bar.notes:
            at = start + round(note.start_beat * GRID)
            change[at] += 1
            change[min(at + round(note.beats * GRID), len(change) - 1)] -= 1
        start += bar.steps
    return np.cumsum(change)[:-1]


def structureness(bars: Sequence[WrittenBar]) -> float:
    """How much comes again: of each bar from the fifth on, how like its likest bar at least four before it is, 0 to 1.

    Alike is half the cosine of pitch classes, half the share of onsets in common.
    """
    tables, rolls = [histogram([bar]) for bar in bars], [_onsets(bar) for bar in bars]
    best = [
        max(_alike(tables[i], tables[j], rolls[i], rolls[j]) for j in range(i - PHRASE + 1))
        for i in range(PHRASE, len(bars))
    ]
    return float(np.mean(best)) if best else 0.0


def _alike(a: Array, b: Array, onsets: NDArray[np.bool_], others: NDArray[np.bool_]) -> float:
    if len(onsets) != len(others) or not (a.any() and b.any()):
        return 0.0
    cosine = float(a @ b / np.sqrt((a @ a) * (b @ b)))
    common, either = int((onsets & others).sum()), int((onsets | others).sum())
    return 0.5 * cosine + 0.5 * common / max(1, either)


def line(bars: Sequence[WrittenBar], role: str) -> list[tuple[float, float, int]]:
    """(beat from the first bar line, beats, pitch) of a role's notes, the highest of those that begin together."""
    found: dict[float, tuple[float, float, int]] = {}
    start = 0.0
    for bar in bars:
        for note in bar.notes:
            at = start + note.start_beat
            if note.role == role and (at not in found or found[at][2] < note.pitch):
                found[at] = (at, note.beats, note.pitch)
        start += bar.steps / GRID
    return [found[at] for at in sorted(found)]


def _more(bars: Sequence[WrittenBar]) -> Array:
    notes = [note for bar in bars for note in bar.notes]
    beats = sum(bar.steps for bar in bars) / GRID
    sung = line(bars, "melody")
    moves = np.abs(np.diff([pitch for *_, pitch in sung])) if len(sung) > 1 else np.zeros(1)
    low = [pitch for *_, pitch in line(bars, "bass")]
    places = [round(note.start_beat * GRID) for note in notes]
    rhythms = [tuple(np.flatnonzero(_onsets(bar)).tolist()) for bar in bars]
    onsets = sum(len(rhythm) for rhythm in rhythms)
    return np.array([
        np.mean([note.pitch for note in notes]),
        np.std([note.pitch for note in notes]),
        np.mean([note.beats for note in notes]),
        len(notes) / onsets,
        len(sung) / beats,
        np.mean([pitch for *_, pitch in sung]) if sung else 0.0,
        moves.mean(),
        np.mean(moves > 4),
        np.mean(moves == 0),
        np.mean([length for _, length, _ in sung]) if sung else 0.0,
        np.mean([syncopation(sorted(rhythm), bar.steps) for rhythm, bar in zip(rhythms, bars, strict=True)]),
        np.mean([place % GRID != 0 for place in places]),
        np.mean([place % (GRID // 2) != 0 for place in places]),
        len(set(rhythms)) / len(rhythms),
        np.abs(np.diff(low)).mean() if len(low) > 1 else 0.0,
        1 - min(1.0, sum(length for _, length, _ in sung) / beats),
    ])  # fmt: skip
