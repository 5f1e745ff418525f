"""What is usual: mean and deviation of every measure in our own music, by tradition, as `models.training.norms` ships.

Music of the whole valence-arousal plane is measured, so that 'usual' is the middle of the plane; corpus scores could
not say it, because they have no dynamics and no touch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from models.music.measures import AROUSAL_WEIGHTS, VALENCE_WEIGHTS, Measures

FILE = Path(__file__).parent / "norms.json"
ANY = "any"
"""All traditions together: for one that has no norms of its own."""


@dataclass(frozen=True)
class Norms:
    """`mean` and `deviation` of the measures; `valence` and `arousal` scale the rule's sums to the spread of aims."""

    mean: Measures
    deviation: Measures
    valence: float
    arousal: float

    def shares(self, measures: Measures) -> dict[str, tuple[float, float]]:
        """By measure what it adds to (valence, arousal): weight, times deviations from usual, times scale."""
        told, mean, deviation = asdict(measures), asdict(self.mean), asdict(self.deviation)
        unusual = {name: (told[name] - mean[name]) / (deviation[name] or 1.0) for name in told}
        return {
            name: (
                _share(VALENCE_WEIGHTS.get(name), z, self.valence),
                _share(AROUSAL_WEIGHTS.get(name), z, self.arousal),
            )
            for name, z in unusual.items()
        }


def _share(weight: float | None, unusual: float, scale: float) -> float:
    return 0.0 if weight is None else weight * unusual * scale


@cache
def shipped() -> Mapping[str, Norms]:
    """The norms of every tradition, and `ANY`."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Norms(Measures(**row["mean"]), Measures(**row["deviation"]), row["valence"], row["arousal"])
        for name, row in rows.items()
    }


def norms_of(tradition: str) -> Norms:
    return shipped().get(tradition, shipped()[ANY])
