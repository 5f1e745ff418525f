"""Nested leave-one-person-out: choice, fit and calibration without the person who is then estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.emotion import linear
from models.evaluation.emotion.tracks import Track, track
from models.training.emotion.course import learned
from models.training.emotion.distances import Distances
from models.training.emotion.fit import Choice, Design
from models.training.emotion.people import NAMES, Recorded

Change = Callable[[Recorded], Recorded]
Said = Callable[[int], object]


@dataclass(frozen=True, eq=False)
class Nested:
    """Tracks of every person under each change ('' is none), what was chosen each time, and who estimated."""

    tracks: Mapping[str, Sequence[Track]]
    choices: Sequence[Choice]
    estimators: Sequence[linear.Estimator]

    @property
    def usual_choice(self) -> Choice:
        return Counter(self.choices).most_common(1)[0][0]


def nested(people: Sequence[Distances], design: Design, changes: Mapping[str, Change], done: Said) -> Nested:
    """Each person as they are and changed, by an estimator that never saw them; `done` is told how many are."""
    tracks: dict[str, list[Track]] = {"": [], **{name: [] for name in changes}}
    choices, estimators = [], []
    for number, one in enumerate(people):
        others = [*people[:number], *people[number + 1 :]]
        found = learned({design.corpus: others}, (design,))
        estimator = linear.Estimator(found.weights)
        tracks[""].append(track(estimator, one.person))
        for name, change in changes.items():
            tracks[name].append(track(estimator, change(one.person)))
        choices.append(found.choices[design.corpus])
        estimators.append(estimator)
        done(number + 1)
    return Nested(tracks, choices, estimators)


def without(*readings: str) -> Change:
    """As if these readings had never been measured."""

    def change(person: Recorded) -> Recorded:
        values = person.values.copy()
        values[:, [NAMES.index(name) for name in readings]] = np.nan
        return replace(person, values=values)

    return change
