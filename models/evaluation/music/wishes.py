"""One wish at a time: density, polyphony, register … asked beyond the plan while all else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.evaluation.music.composing import NEUTRAL, composed, notes_alone, written
from models.evaluation.music.hearing import NAMES, features, passage
from models.music.compose import Job, Piece, Waypoint
from models.music.condition import Condition
from models.music.plan import Generator
from models.music.tradition import Tradition
from models.training.corpus.conditions import features as bar_features

Array = NDArray[np.float64]
WISHES = ("density", "polyphony", "register", "tension", "syncopation", "mode")
BARS = 8


def asked(wish: str, levels: int) -> list[float]:
    """Evenly from 0.05 to 0.95 of the wish's range: mode goes from -1 to 1, the others from 0."""
    shares = np.linspace(0.05, 0.95, levels)
    return [float(2 * share - 1 if wish == "mode" else share) for share in shares]


def measured(piece: Piece) -> Array:
    """What the wishes ask for, as heard in the notes, (6,): tension as roughness, mode as majorness."""
    table = np.array([bar_features(bar) for bar in written(piece) if bar.notes] or [(np.nan,) * 5])
    density, polyphony, register, _, syncopation = table.mean(axis=0)
    heard = features(passage(notes_alone(piece)))
    rough, majorness = heard[NAMES.index("dissonance")], heard[NAMES.index("majorness")]
    return np.array([density, polyphony, register, rough, syncopation, majorness])


def obeyed(generator: Generator, tradition: Tradition, levels: int, seeds: int) -> Array:
    """Spearman of what was asked (rows, one a wish) with everything that was measured (columns), (6, 6)."""
    asks = [(wish, level, seed) for wish in WISHES for level in asked(wish, levels) for seed in range(seeds)]
    path = (Waypoint(0, NEUTRAL),)
    jobs = [Job(path, BARS, seed, tradition, asked=_asking(wish, level)) for wish, level, seed in asks]
    rows = np.array([measured(piece) for piece in composed(jobs, generator)])
    return np.array([_correlations(asks, rows, wish) for wish in WISHES])


def _asking(wish: str, level: float) -> Condition:
    wishes: dict[str, Any] = {wish: level}
    return Condition(**wishes)


def _correlations(asks: Sequence[tuple[str, float, int]], rows: Array, wish: str) -> list[float]:
    own = [index for index, ask in enumerate(asks) if ask[0] == wish]
    levels = np.array([asks[index][1] for index in own])
    return [_spearman(levels, column) for column in rows[own].T]


def _spearman(levels: Array, column: Array) -> float:
    known = ~np.isnan(column)
    if known.sum() < 3 or np.ptp(column[known]) < 1e-12:
        return 0.0
    return float(spearmanr(levels[known], column[known]).statistic)
