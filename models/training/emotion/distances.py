"""How far each second of a person lies from their usual level, and the windows that are learned from and scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from models.person import rest_of
from models.training.emotion.people import NAMES, Array, Recorded
from models.usual import Usual


@dataclass(frozen=True, eq=False)
class Distances:
    """One person: every second's distance of each reading from the usual level (second, reading), that level, and who
    it is of."""

    person: Recorded
    rests: Mapping[str, float]
    values: Array
    levels: Array

    def of(self, names: Sequence[str]) -> Array:
        return self.values[:, [NAMES.index(name) for name in names]]


def distances(person: Recorded) -> Distances:
    """Followed second by second, as a session does."""
    moments = list(person.moments())
    baseline = rest_of(moments[: person.rest_s], float(person.rest_s))
    rests = dict(baseline.medians) if baseline else {}
    usual, values, levels = Usual(), np.full(person.values.shape, np.nan), np.full(person.values.shape, np.nan)
    for second, moment in enumerate(moments):
        usual = usual.after(moment)
        for name, reading in moment.readings.items():
            level = usual.level(name, rests.get(name))
            if level is not None and reading.value is not None:
                values[second, NAMES.index(name)] = usual.now(name, reading.value) - level
                levels[second, NAMES.index(name)] = level
    return Distances(person, rests, values, levels)


@dataclass(frozen=True, eq=False)
class Rows:
    """Windows of some people: distances (window, reading), labels, and whose they are."""

    x: Array
    y: Array
    who: NDArray[np.int64]

    def only(self, keep: NDArray[np.bool_]) -> Rows:
        return Rows(self.x[keep], self.y[keep], self.who[keep])


def windows(person: Recorded, window_s: int) -> Iterator[tuple[int, int, float]]:
    """(first, past the last, label) of whole windows after the baseline that carry one label; they don't overlap."""
    for begin, end in stretches(person, person.rest_s):
        for start in range(begin, end - window_s + 1, window_s):
            labels = person.labels[start : start + window_s]
            if np.isfinite(labels).all() and labels.min() == labels.max():
                yield start, start + window_s, float(labels[0])


def stretches(person: Recorded, start: int = 0) -> Iterator[tuple[int, int]]:
    """(first, past the last) second of each recording, from `start` on."""
    return pairwise([start, *person.parts, len(person.values)])


def rows(people: Sequence[Distances], names: Sequence[str], window_s: int) -> Rows:
    """Means over the windows, of the seconds that are there."""
    x, y, who = [], [], []
    for number, one in enumerate(people):
        table = one.of(names)
        for start, end, label in windows(one.person, window_s):
            x.append(mean_known(table[start:end]))
            y.append(label)
            who.append(number)
    return Rows(np.array(x).reshape(len(y), len(names)), np.array(y), np.array(who, np.int64))


def mean_known(table: Array) -> Array:
    """Column means without NaN, NaN where there is nothing."""
    known = np.isfinite(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def even(y: Array, who: NDArray[np.int64]) -> Array:
    """Weights under which each person counts the same, and calm as much as stressed; their mean is 1."""
    weights = np.zeros(len(y))
    for one, label in product(np.unique(who), (0.0, 1.0)):
        own = (who == one) & (y == label)
        weights[own] = 1.0 / max(1, own.sum())
    mean = weights.mean()
    return weights / mean if mean else weights
