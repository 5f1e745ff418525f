"""Measures of one person, and of all: each person counts the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from models.evaluation.emotion.tracks import Told, Track
from models.evidence import ANCHOR
from models.training.emotion.distances import even
from models.training.emotion.people import Array

BINS = 10
DRAWS = 2000


@dataclass(frozen=True)
class Scores:
    """One person. `balanced` over windows that are known, `all_windows` with a coin for the unknown ones."""

    name: str
    balanced: float
    all_windows: float
    auc: float
    ccc: float
    rmse: float
    brier: float
    known: float


def scores(told: Told) -> Scores:
    """NaN where a person has no window of both labels."""
    known, y, p = told.known, told.y, told.stress
    truth = ANCHOR * (2 * y - 1)
    return Scores(
        name=told.person.name,
        balanced=balanced(y[known], p[known]),
        all_windows=balanced(y, np.where(known, p, 0.5)),
        auc=_auc(y[known], p[known]),
        ccc=concordance(truth[known], told.arousal[known]),
        rmse=float(np.sqrt(np.mean((truth[known] - told.arousal[known]) ** 2))) if known.any() else np.nan,
        brier=float(np.mean((y[known] - p[known]) ** 2)) if known.any() else np.nan,
        known=float(known.mean()) if len(known) else np.nan,
    )


def balanced(y: Array, p: Array) -> float:
    """Balanced accuracy at one half; exactly one half is half right."""
    right = np.where(p == 0.5, 0.5, (p > 0.5) == (y == 1))
    classes = [right[y == label].mean() for label in (0.0, 1.0) if (y == label).any()]
    return float(np.mean(classes)) if len(classes) == 2 else np.nan


def _auc(y: Array, p: Array) -> float:
    return float(roc_auc_score(y, p)) if len(np.unique(y)) == 2 else np.nan


def concordance(truth: Array, told: Array) -> float:
    """Lin's concordance correlation."""
    if len(truth) < 3:
        return np.nan
    spread = float(np.mean((truth - truth.mean()) * (told - told.mean())))
    whole = float(truth.var() + told.var() + (truth.mean() - told.mean()) ** 2)
    return 2 * spread / whole if whole else np.nan


def calibration_error(told: Sequence[Told], as_even: bool = True) -> float:
    """Expected calibration error over ten bins of all people's windows.

    `as_even`: each person and label counts the same, as the probabilities promise even odds before looking.
    """
    y = np.concatenate([one.y[one.known] for one in told])
    p = np.concatenate([one.stress[one.known] for one in told])
    who = np.concatenate([np.full(int(one.known.sum()), i) for i, one in enumerate(told)])
    weights = even(y, who) if as_even else np.ones(len(y))
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    error = sum(abs(float(np.sum(weights[bins == b] * (p[bins == b] - y[bins == b])))) for b in range(BINS))
    return float(error / weights.sum())


def covered(track: Track) -> tuple[float, float, float]:
    """(share of known seconds whose interval holds the label's anchor, mean width, share of seconds known)."""
    person = track.person
    scored = np.isfinite(person.labels)
    scored[: person.rest_s] = False
    known = scored & np.isfinite(track.arousal)
    if not known.any():
        return np.nan, np.nan, 0.0
    truth = ANCHOR * (2 * person.labels[known] - 1)
    inside = (track.low[known] <= truth) & (truth <= track.high[known])
    return float(inside.mean()), float(np.mean(track.high[known] - track.low[known])), float(known.sum() / scored.sum())


def mean_of(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else np.nan


def bootstrap(values: Sequence[float], rng: np.random.Generator) -> tuple[float, float]:
    """The 95 % interval of the mean over people, people drawn with replacement."""
    known = np.array([value for value in values if value == value])
    if not len(known):
        return np.nan, np.nan
    means = known[rng.integers(0, len(known), (DRAWS, len(known)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975)).tolist()
    return low, high


def noise_of_calibration(told: Sequence[Told], rng: np.random.Generator, draws: int = 50) -> float:
    """The calibration error that a perfectly calibrated estimate would show on these windows."""
    return mean_of([calibration_error([_as_told(one, rng) for one in told]) for _ in range(draws)])


def _as_told(told: Told, rng: np.random.Generator) -> Told:
    """With labels drawn from its own probabilities, turned from even odds to how often the person is stressed."""
    share = np.clip(told.y.mean() if len(told.y) else 0.5, 0.02, 0.98)
    p = np.clip(np.nan_to_num(told.stress, nan=0.5), 1e-6, 1 - 1e-6)
    real = p * share / (p * share + (1 - p) * (1 - share))
    drawn = (rng.random(len(told.y)) < real).astype(np.float64)
    return Told(told.person, drawn, told.stress, told.arousal, told.start_s)
