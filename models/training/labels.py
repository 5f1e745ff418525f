"""Valence and arousal of written music by the literature's additive rule, per style and without any rater's labels.

A label belongs to two bars and is measured on the four around them (`models.music.measures`). Features are z-scored
within a style, the sums ranked to a uniform spread over [-1, 1]: what is calm for a quartet is not calm for a song.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.music.measures import Measures, measure, rule_scores
from models.music.plan import PerformedBar, PlayedNote
from models.music.tokens import GRID, WrittenBar

Array = NDArray[np.float64]

STRIDE, AROUND = 2, 1  # bars that share a label, and bars more on either side that are heard for it
NOMINAL_BPM = 100.0  # where the source states no tempo: it then counts as its style's mean
FLAT_VELOCITY = 64  # scores have no dynamics; the performance gives them
MEASURES = tuple(field.name for field in fields(Measures))
TEMPO = MEASURES.index("tempo_bpm")


def played(bars: Sequence[WrittenBar], tempos: Sequence[float]) -> list[PerformedBar]:
    """The bars as a machine plays them: tempo of each in beats a minute (NaN for unknown), all notes equally loud."""
    performed, start = [], 0.0
    for index, (bar, bpm) in enumerate(zip(bars, tempos, strict=True)):
        beat_s = 60 / (NOMINAL_BPM if np.isnan(bpm) else bpm)
        notes = tuple(
            PlayedNote(note.role, note.pitch, FLAT_VELOCITY, note.start_beat * beat_s, note.beats * beat_s)
            for note in bar.notes
        )
        length = bar.steps / GRID * beat_s
        beats = max(1, round(bar.steps / GRID))
        performed.append(PerformedBar(index, 0, start, length, 60 / beat_s, beats, 0.0, {}, notes))
        start += length
    return performed


def measured(performed: Sequence[PerformedBar], known_tempo: Sequence[bool]) -> Array:
    """`MEASURES` of every second bar's surroundings, (ceil(bars / 2), 8); NaN where nothing pitched sounds."""
    rows = np.full((-(-len(performed) // STRIDE), len(MEASURES)), np.nan)
    for index, row in enumerate(rows):
        heard = performed[max(0, index * STRIDE - AROUND) : (index + 1) * STRIDE + AROUND]
        if any(note.role != "drums" for bar in heard for note in bar.notes):
            row[:] = astuple(measure(heard))
            if not known_tempo[index * STRIDE]:
                row[TEMPO] = np.nan
    return rows


def scored(rows: Array) -> tuple[Array, Array]:
    """(valence, arousal) by the rule of rows of one style, z-scored over them, (n,); NaN rows stay NaN."""
    valence, arousal = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    heard = ~np.isnan(rows[:, MEASURES.index("onset_density")])
    if heard.any():
        known = ~np.isnan(rows[heard])
        mean = np.where(known, rows[heard], 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        whole = np.where(known, rows[heard], mean)
        valence[heard], arousal[heard] = rule_scores([Measures(*row) for row in whole])
    return valence, arousal


def uniform(values: Array) -> Array:
    """Ranks spread evenly over [-1, 1], equal values alike; NaN stays NaN. (n,)."""
    known = ~np.isnan(values)
    spread = np.full(len(values), np.nan)
    if known.any():
        spread[known] = (2 * rankdata(values[known]) - 1) / known.sum() - 1
    return spread
