"""What an estimator tells of a person, second by second, through the code that runs live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.affect import Affect, Estimator
from models.person import Person, rest_of
from models.recent import Recent
from models.smoothing import Smoothing
from models.training.emotion.distances import windows
from models.training.emotion.people import Array, Recorded
from sensors.readings import Features


@dataclass(frozen=True, eq=False)
class Track:
    """Per second, NaN where unknown: smoothed arousal with its interval, and the probability of stress."""

    person: Recorded
    arousal: Array
    low: Array
    high: Array
    stress: Array


def track(estimator: Estimator, person: Recorded) -> Track:
    """Rest first, then every second with the person's usual level and smoothing.

    A new recording smooths anew and can't be looked back beyond.
    """
    moments = list(person.moments())
    rested = Person(rest_of(moments[: person.rest_s], float(person.rest_s)))
    table = np.full((len(moments), 4), np.nan)
    for second, affect in enumerate(_smooth(_felt(estimator, moments, rested, person.parts), person.parts)):
        if affect.arousal is not None and affect.stress_probability is not None:
            shown = affect.arousal
            table[second] = shown.value, shown.low, shown.high, affect.stress_probability
    return Track(person, *table.T)


def _felt(
    estimator: Estimator, moments: Iterable[Features], person: Person, parts: tuple[int, ...]
) -> Iterator[Affect]:
    for second, moment in enumerate(moments):
        person = (replace(person, recent=Recent()) if second in parts else person).after(moment)
        yield estimator.estimate(moment, person)


def _smooth(felt: Iterable[Affect], parts: tuple[int, ...]) -> Iterator[Affect]:
    smoothing = Smoothing()
    for second, affect in enumerate(felt):
        smoothing = Smoothing() if second in parts else smoothing
        shown, smoothing = smoothing.after(affect)
        yield shown


@dataclass(frozen=True, eq=False)
class Told:
    """One person's windows: label, mean probability and mean arousal (NaN where no second is known), and its start."""

    person: Recorded
    y: Array
    stress: Array
    arousal: Array
    start_s: Array

    @property
    def known(self) -> Array:
        return np.isfinite(self.stress)


def told(track: Track, window_s: int) -> Told:
    """Windows that don't overlap, after the baseline, of one label each."""
    spans = list(windows(track.person, window_s))
    stress, arousal = ([_mean(column[a:b]) for a, b, _ in spans] for column in (track.stress, track.arousal))
    y, starts = [label for _, _, label in spans], [float(a) for a, _, _ in spans]
    return Told(track.person, np.array(y), np.array(stress), np.array(arousal), np.array(starts))


def by_rule(person: Recorded, window_s: int, rule: Callable[[Recorded, int, int], float]) -> Told:
    """Windows judged by `rule(person, start, end)` alone: its chance of stress, NaN for none."""
    spans = list(windows(person, window_s))
    stress = np.array([rule(person, a, b) for a, b, _ in spans])
    y = np.array([label for _, _, label in spans])
    return Told(person, y, stress, stress - 0.5, np.array([float(a) for a, _, _ in spans]))


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
