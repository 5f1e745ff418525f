"""What one corpus shows of an estimator, in the few numbers that a card repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.emotion.measures import Scores, bootstrap, calibration_error, covered, mean_of, scores
from models.evaluation.emotion.tracks import Told, Track, told

SEED = 1


@dataclass(frozen=True, eq=False)
class Standing:
    """Everyone's windows and scores; `intervals` are (share covered, width, share of seconds known) of each person."""

    windows: Sequence[Told]
    people: Sequence[Scores]
    intervals: Sequence[tuple[float, float, float]] = ()

    def mean(self, measure: str) -> float:
        return mean_of([getattr(one, measure) for one in self.people])

    @property
    def worst(self) -> Scores:
        return min(self.people, key=lambda one: one.balanced if one.balanced == one.balanced else 2.0)

    @property
    def between(self) -> tuple[float, float]:
        """95 % interval of balanced accuracy, over people."""
        return bootstrap([one.balanced for one in self.people], np.random.default_rng(SEED))

    @property
    def ece(self) -> float:
        return calibration_error(self.windows)

    @property
    def coverage(self) -> float:
        return mean_of([share for share, _, _ in self.intervals])

    @property
    def width(self) -> float:
        return mean_of([width for _, width, _ in self.intervals])

    @property
    def known(self) -> float:
        """Share of scored seconds."""
        return mean_of([known for _, _, known in self.intervals])


def standing(tracks: Sequence[Track], window_s: int) -> Standing:
    windows = [told(track, window_s) for track in tracks]
    return Standing(windows, [scores(one) for one in windows], [covered(track) for track in tracks])


def of_windows(windows: Sequence[Told]) -> Standing:
    """For floors, which have no intervals."""
    return Standing(windows, [scores(one) for one in windows])
