"""Form: themes that return, cadences that arrive, tones that keep to the scale in every tradition."""

from __future__ import annotations

import math

import numpy as np

from models.evaluation.music.composing import composed, fixed, written
from models.evaluation.music.form import cadences, in_scale, theme_of_another_returns, theme_returns
from models.evaluation.music.study import LONG_BARS, Study
from models.evaluation.music.tables import Figure, Section, Table, told
from models.music.tokens import WrittenBar

SCALE_BARS = 16
MOODS = ((-0.5, -0.5), (0.5, -0.2), (-0.2, 0.5), (0.6, 0.6))


def section(study: Study) -> Section:
    rows: list[tuple[str, ...]] = []
    figures: list[Figure] = []
    for name in study.generators:
        long = study.long(name)
        returned, chance = returns([written(piece) for piece in long])
        ended, stays, phrases = np.sum([cadences(piece) for piece in long], axis=0)
        own = np.mean([bar.generator == name for piece in long for _, bar, _ in piece])
        cells = f"{told(ended / phrases)} of {phrases}", told(stays / phrases), told(float(own))
        rows.append((name, str(len(long)), told(returned), told(chance), *cells))
        figures += [
            Figure(name, f"themes return in pieces of {LONG_BARS} bars", returned, 0.90),
            Figure(name, "phrases that end in their planned cadence", float(ended / phrases), 0.95),
        ]
    people = [work.bars[: 2 * LONG_BARS] for work in study.held_out if len(work.bars) >= LONG_BARS]
    if people:
        rows.append(("human", str(len(people)), *(told(value) for value in returns(people)), "–", "–", "–"))
    scales, kept = _scales(study)
    words = (
        "A theme returns when the melody of the first four bars comes again from bar 17 on: at least six onsets and "
        "60 % of the sparser phrase's in common, and 70 % of the intervals between them equal up to a semitone; so it "
        "may be transposed, ornamented, thinned or turned to minor. 'By chance' asks the same of the next piece's "
        "first phrase. A phrase ends in its cadence when the chords sound the last chord's tones, the bass arrives "
        "on its root and the melody rests on one of its tones. Bars not of its own were left to another."
    )
    heads = ("generator", "pieces", "themes return", "by chance", "cadences", "bass stays", "bars of its own")
    return Section("Form", words, (Table(heads, tuple(rows)), scales), (*figures, *kept))


def returns(pieces: list[list[WrittenBar]]) -> tuple[float, float]:
    """(share of pieces whose theme returns, the same with the theme of the piece before)."""
    if not pieces:
        return math.nan, math.nan
    own = [theme_returns(piece) for piece in pieces]
    others = [theme_of_another_returns(pieces[index - 1], piece) for index, piece in enumerate(pieces)]
    return float(np.mean(own)), float(np.mean(others)) if len(pieces) > 1 else math.nan


def _scales(study: Study) -> tuple[Table, list[Figure]]:
    rows, figures = [], []
    for name, generator in study.generators.items():
        shares = []
        for tradition in study.traditions.values():
            jobs = [
                fixed(v, a, SCALE_BARS, seed, tradition) for v, a in MOODS for seed in range(study.amount.scale_seeds)
            ]
            try:
                inside, notes = np.sum([in_scale(piece) for piece in composed(jobs, generator)], axis=0)
            except ValueError:  # a tradition that it can't do
                inside, notes = 0, 0
            shares.append(float(inside / notes) if notes else math.nan)
        rows.append((name, *(told(share, 4) for share in shares)))
        figures.append(Figure(name, "in scale or chord, worst tradition", min(shares), 0.99))
    words = f"Share of pitched notes inside the bar's scale or chords, {SCALE_BARS} bars in four moods."
    return Table(("generator", *study.traditions), tuple(rows), words), figures
