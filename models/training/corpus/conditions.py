"""What each bar is like, in the terms in which it can later be asked for: density, polyphony, register, tension …"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.music.harmony import function, pitch_classes
from models.music.measures import ROUGHNESS
from models.music.plan import Note
from models.music.tokens import GRID, WrittenBar

FUNCTION_TENSION = {"tonic": 0.0, "subdominant": 0.3, "dominant": 0.6}  # the pull back to the tonic
STRANGER, ROUGH = 0.5, 0.25  # a chord with tones outside the key; roughness between its tones
MAJOR_AND_MINOR = frozenset(range(12)) - {1, 6}  # tones of the parallel scales together
SCALE_WINDOW = 2  # bars to either side
EIGHTH = GRID // 2

Array = NDArray[np.float64]


def features(bar: WrittenBar) -> tuple[float, ...]:
    """The bar's `FEATURES`: onsets a beat, notes at once, mean pitch, tension (0-1.5), syncopation (0-3 a note).

    Pitch and tension are NaN where nothing pitched sounds; a bar of drums alone has its strokes' density.
    """
    pitched = [note for note in bar.notes if note.role != "drums"]
    beats = bar.steps / GRID
    places = sorted({place(note) for note in (pitched or bar.notes)})
    sounding = sum(min(note.beats, beats - note.start_beat) for note in pitched)
    return (
        len(places) / beats,
        sounding / beats,
        float(np.mean([note.pitch for note in pitched])) if pitched else np.nan,
        tension(bar) if bar.chords else np.nan,
        syncopation(places, bar.steps),
    )


def place(note: Note) -> int:
    return round(note.start_beat * GRID)


def tension(bar: WrittenBar) -> float:
    """Mean over the bar's chords of the pull of their function, their tones outside the key and their roughness."""
    weights = [chord.beats for chord in bar.chords]
    values = [chord_tension(chord.numeral) for chord in bar.chords]
    return float(np.average(values, weights=weights))


def chord_tension(numeral: str) -> float:
    tones = pitch_classes(numeral, 0)
    rough = [max(0.0, ROUGHNESS[(a - b) % 12]) for index, a in enumerate(tones) for b in tones[:index]]
    outside = sum(tone not in MAJOR_AND_MINOR for tone in tones) / len(tones)
    return FUNCTION_TENSION[function(numeral)] + STRANGER * outside + ROUGH * float(np.sum(rough))


def strength(place: int, steps: int) -> int:
    """Metrical weight of a place: 0 the bar line, -1 a beat or half bar, -2 an eighth, -3 what is finer."""
    if place % steps == 0:
        return 0
    if place % GRID == 0 or 2 * place == steps:
        return -1
    return -2 if place % EIGHTH == 0 else -3


def syncopation(places: Sequence[int], steps: int) -> float:
    """Longuet-Higgins & Lee 1984, a note: how much stronger the strongest place is that a note holds over.

    The bar line counts only where the bar's last onset is held into the next.
    """
    if not places:
        return 0.0
    total = 0
    for at, after in pairwise([*places, steps]):
        held = (strength(place, steps) for place in range(at + 1, after) if place % EIGHTH == 0)
        total += max(0, max(held, default=-3) - strength(at, steps))
    return total / len(places)


def rhythm_pattern(bar: WrittenBar) -> int:
    """Which eighths of the bar have an onset of any role, as bits from the lowest; 16 bits."""
    return sum(1 << eighth for eighth in {place(note) // EIGHTH for note in bar.notes} if eighth < 16)


def scale_masks(bars: Sequence[WrittenBar], least: float = 0.02) -> list[int]:
    """The pitch classes above the tonic that a bar and its neighbours use, as 12 bits; all where none sounds."""
    tables = np.zeros((len(bars), 12))
    for index, bar in enumerate(bars):
        for note in bar.notes:
            if note.role != "drums":
                tables[index, note.pitch % 12] += note.beats
    masks = []
    for index, bar in enumerate(bars):
        heard = tables[max(0, index - SCALE_WINDOW) : index + SCALE_WINDOW + 1].sum(axis=0)
        used = np.flatnonzero((heard > 0) & (heard >= least * heard.sum()))
        masks.append(sum(1 << ((int(tone) - bar.tonic) % 12) for tone in used) or 0xFFF)
    return masks
