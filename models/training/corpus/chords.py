"""A Roman numeral for each half bar: the chord whose tones account for most of what sounds, root in the bass first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.music.harmony import Key, pitch_classes
from models.music.plan import Chord
from models.music.tokens import GRID
from models.music.tokens.vocabulary import NUMERALS
from models.training.corpus.score import Steps

Array = NDArray[np.float64]

SIMPLE = ("", "7", "maj7", "°", "°7", "ø7", "+", "sus4")  # qualities that are looked for; the rest stays for planners
MINOR_ONLY = ("°", "°7", "ø7")
PRIOR = {"": 0.0, "7": -0.12, "maj7": -0.22, "°": -0.05, "°7": -0.08, "ø7": -0.1, "+": -0.2, "sus4": -0.22}
STRANGE = 0.7  # cost of the share of time that no chord tone explains
ABSENT = 0.12  # cost of a chord tone that is not heard
ROOT_IN_BASS = 0.22
DIATONIC = 0.06
HOLD = 0.05  # worth of keeping the chord before
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
LOOKED_FOR = tuple(n for n in NUMERALS if n.lstrip("b#IViv") in SIMPLE)
TONES = tuple(pitch_classes(numeral, 0) for numeral in LOOKED_FOR)
TEMPLATES = np.array([[float(pc in tones) for pc in range(12)] for tones in TONES])  # (chords, 12)
ROOTS = np.array([tones[0] for tones in TONES])
PRIORS = np.array([PRIOR[numeral.lstrip("b#IViv")] for numeral in LOOKED_FOR])
IN_SCALE = {
    mode: np.array([DIATONIC * (set(tones) <= set(scale)) for tones in TONES]) for mode, scale in SCALES.items()
}


def half_bars(lines: Steps) -> Steps:
    """Starts of half bars and the last bar line: bars of two beats or less stay whole, three beats are not halved."""
    starts: list[int] = []
    for start, after in pairwise(lines.tolist()):
        steps = after - start
        halved = steps % (2 * 3) == 0 and steps > 2 * GRID and steps != 3 * GRID
        starts += [start, start + steps // 2] if halved else [start]
    return np.array([*starts, lines[-1]], dtype=np.int32)


def sounding(notes: Steps, starts: Steps) -> tuple[Array, NDArray[np.int64]]:
    """Beats that each pitch class sounds in each half bar, (n, 12), and the lowest pitch class there, -1 for none."""
    table = np.zeros((len(starts) - 1, 12))
    lowest = np.full(len(table), 999)
    first = np.clip(np.searchsorted(starts, notes[:, 0], side="right") - 1, 0, len(table) - 1)
    last = np.clip(np.searchsorted(starts, notes[:, 0] + notes[:, 1] - 1, side="right") - 1, 0, len(table) - 1)
    for reach in range(min(4, int((last - first).max(initial=0)) + 1)):  # a note tied over more halves adds no more
        at = first + reach
        here = at <= last
        index, own = at[here], notes[here]
        begin = np.maximum(own[:, 0], starts[index])
        until = np.minimum(own[:, 0] + own[:, 1], starts[index + 1])
        np.add.at(table, (index, own[:, 2] % 12), np.maximum(until - begin, 0) / GRID)
        np.minimum.at(lowest, index, own[:, 2])
    return table, np.where(lowest < 999, lowest % 12, -1)


def chords_of_bars(notes: Steps, lines: Steps, keys: Sequence[Key]) -> list[tuple[Chord, ...]]:
    """The chords of each bar, none where nothing pitched sounds; halves with the same chord are one."""
    starts = half_bars(lines)
    table, lowest = sounding(notes, starts)
    bar = np.searchsorted(lines, starts[:-1], side="right") - 1
    tonic = np.array([keys[index].tonic for index in bar])
    fits = _fits(table, lowest, tonic, [keys[index].mode for index in bar])
    rows: list[list[tuple[int, str]]] = [[] for _ in range(len(lines) - 1)]
    before = -1
    for index in range(len(table)):
        own = rows[bar[index]]
        if not table[index].any():
            continue
        if before >= 0 and tonic[index] == tonic[index - 1]:
            fits[index, before] += HOLD
        before = int(fits[index].argmax())
        if not own or own[-1][1] != LOOKED_FOR[before]:
            own.append((int(starts[index]) - int(lines[bar[index]]), LOOKED_FOR[before]))
    steps = np.diff(lines).tolist()
    return [
        _chords(own, length, keys[index].tonic) for index, (own, length) in enumerate(zip(rows, steps, strict=True))
    ]


def _fits(table: Array, lowest: NDArray[np.int64], tonic: NDArray[np.int64], modes: Sequence[str]) -> Array:
    """How well each chord of `LOOKED_FOR` fits each half bar, (n, chords)."""
    turned = np.take_along_axis(table, (np.arange(12)[None, :] + tonic[:, None]) % 12, axis=1)
    whole = turned.sum(axis=1, keepdims=True)
    share = turned / np.where(whole > 0, whole, 1.0)
    explained = share @ TEMPLATES.T
    absent = (share < 0.02).astype(float) @ TEMPLATES.T
    bass = np.where(lowest >= 0, (lowest - tonic) % 12, -1)
    fit = explained - STRANGE * (1 - explained) - ABSENT * absent + PRIORS[None, :]
    fit = fit + ROOT_IN_BASS * (ROOTS[None, :] == bass[:, None])
    scale: Array = np.stack([IN_SCALE[mode] for mode in modes])
    summed: Array = fit + scale
    return summed


def _chords(rows: Sequence[tuple[int, str]], steps: int, tonic: int) -> tuple[Chord, ...]:
    return tuple(
        Chord(numeral, pitch_classes(numeral, tonic), at / GRID, (end - at) / GRID)
        for (at, numeral), (end, _) in pairwise([*rows, (steps, "")])
    )
