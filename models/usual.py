"""Where a person's readings usually stand: their rest, and what came since, slowly forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, log

from sensors.readings import Features, Reading

LEAST_QUALITY = 0.3
STALEST_S = 5.0
FORGOTTEN_S = 900.0
"""What is older counts less than 1/e. A quarter of an hour: long against an episode of stress, short against drift."""
REST_COUNTS_S = 180.0
"""The measured rest counts as three minutes that are never forgotten."""
LEAST_SEEN_S = 120.0
"""A reading that rest was measured without has a level once it was seen for two minutes."""


def plain(value: float) -> float:
    return value


def logarithm(value: float) -> float:
    return log(max(value, 0.01))


SCALES: Mapping[str, Callable[[float], float]] = {
    "rmssd_ms": logarithm,
    "sdnn_ms": logarithm,
    "eda_tonic_us": logarithm,
    "scr_amplitude_us": logarithm,
    "movement_g": logarithm,
}
"""Skewed readings are compared by their ratio: so a device's own unit of height doesn't matter. All else is plain."""


def scaled(name: str, value: float) -> float:
    return SCALES.get(name, plain)(value)


def usable(reading: Reading | None) -> bool:
    """Present, good enough and fresh."""
    return (
        reading is not None
        and reading.value is not None
        and reading.quality >= LEAST_QUALITY
        and reading.age_s <= STALEST_S
    )


@dataclass(frozen=True)
class Usual:
    """Decayed seconds and decayed sum of every scaled reading since the session began; starts empty."""

    at_s: float | None = None
    seen: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def after(self, features: Features) -> Usual:
        """With one more second. The same or an earlier second again changes nothing."""
        if self.at_s is not None and features.at_s <= self.at_s:
            return self
        keep = 1.0 if self.at_s is None else exp((self.at_s - features.at_s) / FORGOTTEN_S)
        seen = {name: (seconds * keep, total * keep) for name, (seconds, total) in self.seen.items()}
        for name, reading in features.readings.items():
            if usable(reading) and reading.value is not None:
                seconds, total = seen.get(name, (0.0, 0.0))
                seen[name] = (seconds + 1.0, total + scaled(name, reading.value))
        return Usual(features.at_s, seen)

    def level(self, name: str, rest: float | None) -> float | None:
        """The scaled level to compare with; `rest` is the reading's median at rest. None when nothing is known."""
        seconds, total = self.seen.get(name, (0.0, 0.0))
        if rest is not None:
            return (total + REST_COUNTS_S * scaled(name, rest)) / (seconds + REST_COUNTS_S)
        return total / seconds if seconds >= LEAST_SEEN_S else None
