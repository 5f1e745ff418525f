"""Steadies estimates from second to second, at a stated delay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

from models.affect import Affect, Interval

TIME_CONSTANT_S = 12.0
"""Felt affect moves on a 10-20 s scale (continuous annotations lose half their memory in about 13 s), so this
smooths no more than the truth does. A steady climb is shown this many seconds late; a step is 63 % there."""


@dataclass(frozen=True)
class Smoothing:
    """What was last known. `after` gives the smoothed estimate and the state to carry on with.

    An unknown is passed on as unknown and forgets nothing; the longer it lasts, the less the past counts.
    """

    time_constant_s: float = TIME_CONSTANT_S
    last: Affect | None = None

    def after(self, affect: Affect) -> tuple[Affect, Smoothing]:
        if affect.arousal is None or affect.valence is None:
            return affect, self
        if self.last is None or self.last.arousal is None or self.last.valence is None:
            return affect, replace(self, last=affect)
        keep = exp(-max(0.0, affect.at_s - self.last.at_s) / self.time_constant_s)
        stress, before = affect.stress_probability, self.last.stress_probability
        smooth = replace(
            affect,
            arousal=between(self.last.arousal, affect.arousal, keep),
            valence=between(self.last.valence, affect.valence, keep),
            stress_probability=stress if stress is None or before is None else keep * before + (1 - keep) * stress,
        )
        return smooth, replace(self, last=smooth)


def between(before: Interval, now: Interval, keep: float) -> Interval:
    """`keep` of the one before and the rest of the one now; low <= value <= high survives the mixing."""

    def mixed(a: float, b: float) -> float:
        return min(1.0, max(-1.0, keep * a + (1 - keep) * b))

    value = mixed(before.value, now.value)
    return Interval(value, min(value, mixed(before.low, now.low)), max(value, mixed(before.high, now.high)))
