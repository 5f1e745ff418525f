"""The recurrent network on people left out, through the estimator that runs live, and the mean of it and the linear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp, log

from models.affect import Affect, Estimator, Interval
from models.emotion import network
from models.evaluation.emotion.standing import Standing, standing
from models.evaluation.emotion.tracks import Track, track
from models.evidence import ANCHOR
from models.person import Person
from models.training.emotion.distances import Distances
from models.training.emotion.fit import Design
from models.training.emotion.network import learned
from sensors.readings import Features

NETWORK, ENSEMBLE = "`network`", "ensemble of `linear` and `network`"
Said = Callable[[int], object]


def left_out(people: Sequence[Distances], design: Design) -> Iterator[network.Estimator]:
    """For every person the network of all others: choice, fit and calibration without them."""
    for number in range(len(people)):
        others = [*people[:number], *people[number + 1 :]]
        yield network.Estimator(learned({design.corpus: others}, (design,)))


def network_tracks(people: Sequence[Distances], design: Design, done: Said) -> list[Track]:
    """`done` is told how many people are behind us."""
    tracks = []
    for one, estimator in zip(people, left_out(people, design), strict=True):
        tracks.append(track(estimator, one.person))
        done(len(tracks))
    return tracks


def rivals(
    people: Sequence[Distances], design: Design, linears: Sequence[Estimator], done: Said
) -> Mapping[str, Standing]:
    """`linears` are each person's, fitted without them."""
    alone, both = [], []
    for one, linear, recurrent in zip(people, linears, left_out(people, design), strict=True):
        alone.append(track(recurrent, one.person))
        both.append(track(Together(linear, recurrent), one.person))
        done(len(both))
    return {NETWORK: standing(alone, design.window_s), ENSEMBLE: standing(both, design.window_s)}


class Together:
    """The mean of two estimators' log odds and of their half-widths; where one says nothing, the other's word."""

    def __init__(self, first: Estimator, second: Estimator) -> None:
        self._pair = (first, second)

    def estimate(self, features: Features, person: Person) -> Affect:
        first, second = (one.estimate(features, person) for one in self._pair)
        if first.stress_probability is None or second.stress_probability is None:
            return second if first.stress_probability is None else first
        odds = (_odds(first.stress_probability) + _odds(second.stress_probability)) / 2
        stress = 1 / (1 + exp(-odds))
        half = (_half_width(first) + _half_width(second)) / 2
        arousal = ANCHOR * (2 * stress - 1)
        around = Interval(arousal, max(-1.0, arousal - half), min(1.0, arousal + half))
        return replace(first, arousal=around, stress_probability=stress, contributions=())


def _odds(chance: float) -> float:
    return log(chance / (1 - chance))


def _half_width(affect: Affect) -> float:
    assert affect.arousal is not None
    return max(affect.arousal.high - affect.arousal.value, affect.arousal.value - affect.arousal.low)
