"""What an estimator may know of one person: their own rest, and what they said they feel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from statistics import median

from models.recent import Recent
from models.unrest import unrest
from models.usual import Usual
from sensors.readings import Features

SHORTEST_BASELINE_S = 20.0
COMPARABLE_BASELINE_S = 180.0
"""Below this a baseline is flagged 'short': usable in the session, not comparable with others."""


@dataclass(frozen=True)
class Baseline:
    """The person's own rest: the median of each reading over `length_s` quiet seconds."""

    length_s: float
    medians: Mapping[str, float]

    @property
    def comparable(self) -> bool:
        return self.length_s >= COMPARABLE_BASELINE_S


@dataclass(frozen=True)
class SelfReport:
    """What the person said they feel, in [-1, 1]."""

    at_s: float
    valence: float
    arousal: float

    def __post_init__(self) -> None:
        for name in ("valence", "arousal"):
            if not -1 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)}; expected -1 to 1")


@dataclass(frozen=True)
class Person:
    """`refused` says why their minutes of rest were none, where they weren't; `usual_valence` is how they mostly said
    they feel: what valence is taken to be without a recent word."""

    baseline: Baseline | None = None
    reports: tuple[SelfReport, ...] = field(default=())
    usual: Usual = field(default=Usual())
    recent: Recent = field(default=Recent())
    usual_valence: float = 0.0
    refused: str = ""

    def after(self, features: Features) -> Person:
        """With one more second of their body. The same second again changes nothing."""
        return replace(self, usual=self.usual.after(features), recent=self.recent.after(features))

    @property
    def why_no_rest(self) -> str:
        """For estimators that can't tell anything without a baseline."""
        return f"those minutes were no rest: {self.refused}" if self.refused else "no resting baseline yet"


@dataclass(frozen=True)
class Rest:
    """What came of quiet seconds. Without a baseline too little was usable, or `refused` says why this was no rest."""

    baseline: Baseline | None
    refused: str = ""


def rest_of(features: Iterable[Features], length_s: float) -> Baseline | None:
    """The baseline of quiet seconds, or None when it can't be called rest; `judged` tells why."""
    return judged(features, length_s).baseline


def judged(features: Iterable[Features], length_s: float) -> Rest:
    """The baseline, unless its own variability tells that this was no rest."""
    moments = list(features)
    why = unrest(moments)
    return Rest(None, why) if why else taken_for_rest(moments, length_s)


def taken_for_rest(features: Iterable[Features], length_s: float) -> Rest:
    """The baseline of these seconds, whatever the person did in them."""
    values: dict[str, list[float]] = {}
    for moment in features:
        for name, reading in moment.readings.items():
            if reading.value is not None:
                values.setdefault(name, []).append(reading.value)
    enough = {name: median(seen) for name, seen in values.items() if len(seen) >= SHORTEST_BASELINE_S / 2}
    return Rest(Baseline(length_s, enough) if enough and length_s >= SHORTEST_BASELINE_S else None)
