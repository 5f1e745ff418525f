"""Terms of the linear estimator: a logistic regression in which every person, calm and stressed, counts the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.linear_weights import FURTHEST, Term
from models.training.emotion.distances import Distances, Rows, even, rows
from models.training.emotion.people import Array

FOLDS = 6


@dataclass(frozen=True)
class Design:
    """What may be chosen for one corpus, by people left out: a set of readings, and how far weights are shrunk."""

    corpus: str
    window_s: int
    sets: tuple[tuple[str, ...], ...]
    shrinkages: tuple[float, ...] = (0.003, 0.03, 0.3)


BODY = Design(
    "stress-predict",
    60,
    (
        ("hr_bpm", "eda_tonic_us"),
        ("hr_bpm", "eda_tonic_us", "eda_slope_per_min"),
        ("hr_bpm", "eda_tonic_us", "scr_per_min"),
        ("hr_bpm", "rmssd_ms", "eda_tonic_us", "scr_per_min"),
    ),
)
"""No height of skin responses: in microsiemens it belongs to the electrode and where it sits, ten times larger on a
palm than on a wrist. Tonic level enters by its ratio to the usual level, its slope as a share of the level."""
BRAIN = Design(
    "eegmat",
    30,
    (("eeg_alpha",), ("eeg_alpha", "eeg_theta")),
)
"""No beta: on the dry electrodes of a headband it is jaw and forehead as much as brain. No asymmetry: no one's sign
holds across people."""
SIGNALS: Mapping[str, str] = {
    "hr_bpm": "heart",
    "rmssd_ms": "heart",
    "eda_tonic_us": "skin",
    "eda_slope_per_min": "skin",
    "scr_per_min": "skin",
    "scr_amplitude_us": "skin",
    "movement_g": "skin",
    "eeg_alpha": "brain",
    "eeg_theta": "brain",
    "eeg_beta": "brain",
}


def fit(data: Rows, names: Sequence[str], shrinkage: float) -> tuple[Term, ...]:
    """`shrinkage` is scikit-learn's C: the smaller, the smaller the weights. Absent readings tell neither way."""
    spreads = np.array([spread(column[np.isfinite(column)]) for column in data.x.T])
    near = np.clip(data.x / spreads, -FURTHEST, FURTHEST)
    known = np.isfinite(near)
    weights = even(data.y, data.who)
    middles = np.array([np.average(near[k, i], weights=weights[k]) if k.any() else 0 for i, k in enumerate(known.T)])
    some = known.any(axis=1)
    centred = np.where(known, near - middles, 0.0)[some]
    model = LogisticRegression(C=shrinkage, fit_intercept=False, max_iter=1000)
    model.fit(centred, data.y[some], sample_weight=weights[some])
    parts = zip(names, model.coef_[0].tolist(), spreads.tolist(), middles.tolist(), strict=True)
    return tuple(Term(name, SIGNALS[name], weight, spread, middle) for name, weight, spread, middle in parts)


def spread(known: Array) -> float:
    """SD; 1 of what nobody has or what never changes, whose weight will be 0."""
    return (float(np.std(known)) if len(known) else 0.0) or 1.0


def log_odds(terms: Sequence[Term], table: Array) -> Array:
    """(second, term): what each says, NaN where it is absent. `table` has a column for each term."""
    spreads, middles, weights = (np.array([getattr(t, n) for t in terms]) for n in ("spread", "middle", "weight"))
    said: Array = weights * (np.clip(table / spreads, -FURTHEST, FURTHEST) - middles)
    return said


@dataclass(frozen=True)
class Choice:
    names: tuple[str, ...]
    shrinkage: float


def chosen(people: Sequence[Distances], design: Design) -> Choice:
    """The choice with the least log loss on people left out, in six groups of these people only."""
    options = [Choice(names, shrinkage) for names in design.sets for shrinkage in design.shrinkages]
    return min(options, key=lambda option: _loss(people, option, design.window_s))


def _loss(people: Sequence[Distances], choice: Choice, window_s: int) -> float:
    data = rows(people, choice.names, window_s)
    losses = np.full(len(data.y), np.nan)
    for fold in range(FOLDS):
        out = data.who % FOLDS == fold
        terms = fit(data.only(~out), choice.names, choice.shrinkage)
        odds = np.nansum(log_odds(terms, data.x[out]), axis=1)
        losses[out] = np.logaddexp(0.0, np.where(data.y[out] == 1, -odds, odds))
    return float(np.average(losses, weights=even(data.y, data.who)))
