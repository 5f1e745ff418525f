"""What needs no understanding of the body: an estimator that isn't better than these has learned nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.signal import lfilter
from sklearn.ensemble import RandomForestClassifier

from models.emotion import resting
from models.evaluation.emotion.measures import balanced, mean_of
from models.evaluation.emotion.tracks import Told, by_rule, told, track
from models.training.emotion.calibrate import terms_of
from models.training.emotion.distances import Distances, distances, even, mean_known, windows
from models.training.emotion.fit import Choice, Design, log_odds
from models.training.emotion.people import NAMES, Array, Recorded
from models.usual import scaled

CIRCULAR_DRAWS = 5
LEAST_SHIFT = 0.15
LEAKY_FOLDS = 5


def majority(people: Sequence[Distances], design: Design) -> list[Told]:
    """Always calm."""
    return [by_rule(one.person, design.window_s, _never) for one in people]


def elapsed_time(people: Sequence[Distances], design: Design) -> list[Told]:
    """A forest that is told only the second at which a window begins, of people left out."""
    spans = [list(windows(one.person, design.window_s)) for one in people]
    who = np.repeat(np.arange(len(people)), [len(own) for own in spans])
    starts = np.array([[a] for own in spans for a, _, _ in own], np.float64)
    y = np.array([label for own in spans for _, _, label in own])
    found = []
    for number, one in enumerate(people):
        seen = who != number
        forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0)
        forest.fit(starts[seen], y[seen], sample_weight=even(y[seen], who[seen]))
        chances = forest.predict_proba(starts[~seen])[:, 1] if (~seen).any() else np.array([])
        table = dict(zip(starts[~seen, 0].tolist(), chances.tolist(), strict=True))
        found.append(by_rule(one.person, design.window_s, _at(table)))
    return found


def _never(*_: object) -> float:
    return 0.0


def _at(chances: Mapping[float, float]) -> Callable[[Recorded, int, int], float]:
    return lambda _, start, end: chances[float(start)]


def movement(people: Sequence[Distances], design: Design) -> list[Told]:
    """The same logistic, on the wrist's movement alone."""
    return _fitted(people, Choice(("movement_g",), 0.3), design)


def moving(people: Sequence[Distances]) -> bool:
    return any(np.isfinite(one.person.column("movement_g")).any() for one in people)


def at_rest_rule(people: Sequence[Distances], design: Design) -> list[Told]:
    """The hand-set estimator `resting`."""
    return [told(track(resting.Estimator(), one.person), design.window_s) for one in people]


def fixed_rest(people: Sequence[Distances], choice: Choice, design: Design) -> list[Told]:
    """The same readings against the measured rest alone, which nothing updates."""
    return _fitted([replace(one, values=_from_rest(one)) for one in people], choice, design)


def circular(people: Sequence[Distances], choice: Choice, design: Design, rng: np.random.Generator) -> list[list[Told]]:
    """Everyone's labels turned round in time by their own amount: what order alone still gives."""
    draws = []
    for _ in range(CIRCULAR_DRAWS):
        turned = [replace(one, person=_turned(one.person, rng)) for one in people]
        draws.append(_fitted(turned, choice, design))
    return draws


def random_body(people: Sequence[Distances], choice: Choice, design: Design, rng: np.random.Generator) -> list[Told]:
    """Wandering numbers in the place of every reading, as slow and as often absent as the real ones."""
    return _fitted([distances(_random(one.person, rng)) for one in people], choice, design)


def leaky(people: Sequence[Distances], design: Design) -> float:
    """Balanced accuracy of a forest over shuffled windows: how these data are often reported, and wrong."""
    names = [name for name in NAMES if any(np.isfinite(one.person.column(name)).any() for one in people)]
    x, y, who = _half_overlapping(people, names, design.window_s)
    fold = np.random.default_rng(0).permutation(len(y)) % LEAKY_FOLDS
    told = np.zeros(len(y))
    for number in range(LEAKY_FOLDS):
        out = fold == number
        forest = RandomForestClassifier(100, min_samples_leaf=2, class_weight="balanced", random_state=0)
        told[out] = forest.fit(x[~out], y[~out]).predict(x[out])
    return mean_of([balanced(y[who == one], told[who == one]) for one in np.unique(who)])


def _half_overlapping(people: Sequence[Distances], names: list[str], window_s: int) -> tuple[Array, Array, Array]:
    x, y, who = [], [], []
    for number, one in enumerate(people):
        table = one.of(names)
        for start, end, label in windows(one.person, window_s):
            for first in (start, start - window_s // 2):
                x.append(np.nan_to_num(mean_known(table[max(0, first) : end])))
                y.append(label)
                who.append(number)
    return np.array(x), np.array(y), np.array(who)


def _fitted(people: Sequence[Distances], choice: Choice, design: Design) -> list[Told]:
    """Leave-one-person-out with a fixed choice, judged by the mean of the seconds' chances."""
    found = []
    for number, one in enumerate(people):
        terms = terms_of([*people[:number], *people[number + 1 :]], choice, design)
        said = log_odds(terms, one.of(choice.names))
        odds = np.where(np.isfinite(said).any(axis=1), np.nansum(said, axis=1), np.nan)
        found.append(by_rule(one.person, design.window_s, _mean_chance(1 / (1 + np.exp(-odds)))))
    return found


def _mean_chance(chances: Array) -> Callable[[Recorded, int, int], float]:
    def rule(_: Recorded, start: int, end: int) -> float:
        known = chances[start:end][np.isfinite(chances[start:end])]
        return float(known.mean()) if len(known) else float("nan")

    return rule


def _from_rest(one: Distances) -> Array:
    values = np.full_like(one.values, np.nan)
    for i, name in enumerate(NAMES):
        if name in one.rests:
            column = one.person.values[:, i]
            known = np.isfinite(column)
            values[known, i] = [scaled(name, v) - scaled(name, one.rests[name]) for v in column[known].tolist()]
    return values


def _turned(person: Recorded, rng: np.random.Generator) -> Recorded:
    """Labels after the baseline, turned round by 15 to 85 % of their length."""
    labels = person.labels.copy()
    after = labels[person.rest_s :]
    shift = round(rng.uniform(LEAST_SHIFT, 1 - LEAST_SHIFT) * len(after))
    labels[person.rest_s :] = np.roll(after, shift)
    return replace(person, labels=labels, parts=())


def _random(person: Recorded, rng: np.random.Generator) -> Recorded:
    """An order-one wander of the same mean, spread and memory in each reading; the gaps stay where they were."""
    values = person.values.copy()
    for column in values.T:
        known = np.isfinite(column)
        if known.sum() > 60:
            real = column[known]
            memory = min(0.999, max(0.0, float(np.corrcoef(real[1:], real[:-1])[0, 1]))) if real.std() else 0.0
            steps = rng.normal(size=len(real)) * np.sqrt(1 - memory**2)
            column[known] = real.mean() + real.std() * lfilter([1.0], [1.0, -memory], steps)
    for name in ("eda_tonic_us", "hr_bpm", "rmssd_ms", "sdnn_ms", "scr_per_min", "scr_amplitude_us"):
        column = values[:, NAMES.index(name)]
        column[:] = np.where(np.isfinite(column), np.maximum(column, 0.02), np.nan)
    return replace(person, values=values)
