"""The last minute of a person's readings, in steps of five seconds: what an estimator of sequences may look back on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.usual import scaled, usable
from sensors.readings import Features

STEP_S, STEPS = 5, 12
LENGTH_S = STEP_S * STEPS
Seconds = Mapping[str, float]
"""The usable readings of one second, scaled as in `models.usual`."""


@dataclass(frozen=True)
class Recent:
    """`seconds` are (at_s, readings) of the last minute, earliest first; starts empty."""

    seconds: tuple[tuple[float, Seconds], ...] = ()

    def after(self, features: Features) -> Recent:
        """With one more second; what is older than a minute is forgotten. The same second again changes nothing."""
        if self.seconds and features.at_s <= self.seconds[-1][0]:
            return self
        now = {
            name: scaled(name, reading.value)
            for name, reading in features.readings.items()
            if reading.value is not None and usable(reading)
        }
        kept = [one for one in self.seconds if _age_s(one[0], features.at_s) < LENGTH_S]
        return Recent((*kept, (features.at_s, now)))

    def steps(self, names: Sequence[str], at_s: float) -> NDArray[np.float64]:
        """(step, reading): means of five seconds, the last of them ending at `at_s`; NaN where there is nothing."""
        totals = np.zeros((STEPS, len(names)))
        counts = np.zeros((STEPS, len(names)))
        for when_s, readings in self.seconds:
            age_s = _age_s(when_s, at_s)
            for column, name in enumerate(names):
                if 0 <= age_s < LENGTH_S and name in readings:
                    step = STEPS - 1 - age_s // STEP_S
                    totals[step, column] += readings[name]
                    counts[step, column] += 1
        return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def _age_s(when_s: float, at_s: float) -> int:
    """Whole seconds: a clock that trembles moves nothing to another step."""
    return round(at_s - when_s)
