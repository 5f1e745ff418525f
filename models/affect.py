"""How a person seems to feel: an estimate with its interval, or 'unknown' and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from models.person import Person
from sensors.readings import Features


@dataclass(frozen=True)
class Interval:
    """An estimate in [-1, 1] with the 90 % interval around it."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not -1 <= self.low <= self.value <= self.high <= 1:
            raise ValueError(f"expected -1 <= low <= value <= high <= 1, got {self.low}, {self.value}, {self.high}")


@dataclass(frozen=True)
class Contribution:
    """What one reading added to arousal (its share of the sum), with words a client may read."""

    name: str
    amount: float
    words: str


@dataclass(frozen=True)
class Affect:
    """Estimated valence and arousal. When `state` is unknown both are None and `reason` says why."""

    at_s: float
    state: Literal["known", "unknown"]
    reason: str
    arousal: Interval | None = None
    valence: Interval | None = None
    stress_probability: float | None = None
    contributions: tuple[Contribution, ...] = ()

    def __post_init__(self) -> None:
        if (self.state == "known") != (self.arousal is not None and self.valence is not None):
            raise ValueError("known affect has valence and arousal; unknown affect has neither")


class Estimator(Protocol):
    def estimate(self, features: Features, person: Person) -> Affect: ...
