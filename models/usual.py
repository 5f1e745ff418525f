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
FLICKERING = ("eeg_theta", "eeg_alpha", "eeg_beta", "eeg_theta_beta")
STEADIED_S = 10.0
"""Band powers of 4 s jump about: what is compared is their mean of the last seconds, about 10 s late."""
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


Sums = Mapping[str, tuple[float, float]]
"""Decayed seconds and decayed sum of each scaled reading."""


@dataclass(frozen=True)
class Usual:
    """What was `seen` since the session began, and `lately` of the readings that flicker; starts empty."""

    at_s: float | None = None
    seen: Sums = field(default_factory=dict)
    lately: Sums = field(default_factory=dict)

    def after(self, features: Features) -> Usual:
        """With one more second. The same or an earlier second again changes nothing."""
        if self.at_s is not None and features.at_s <= self.at_s:
            return self
        passed_s = 0.0 if self.at_s is None else features.at_s - self.at_s
        now = {
            name: scaled(name, reading.value)
            for name, reading in features.readings.items()
            if reading.value is not None and usable(reading)
        }
        flickering = {name: value for name, value in now.items() if name in FLICKERING}
        lately = _added(self.lately, flickering, exp(-passed_s / STEADIED_S))
        return Usual(features.at_s, _added(self.seen, now, exp(-passed_s / FORGOTTEN_S)), lately)

    def now(self, name: str, value: float) -> float:
        """The scaled value to compare: of a reading that flickers, its mean of late."""
        seconds, total = self.lately.get(name, (0.0, 0.0))
        return total / seconds if seconds >= 0.5 else scaled(name, value)

    def level(self, name: str, rest: float | None) -> float | None:
        """The scaled level to compare with; `rest` is the reading's median at rest. None when nothing is known."""
        seconds, total = self.seen.get(name, (0.0, 0.0))
        if rest is not None:
            return (total + REST_COUNTS_S * scaled(name, rest)) / (seconds + REST_COUNTS_S)
        return total / seconds if seconds >= LEAST_SEEN_S else None


def _added(sums: Sums, values: Mapping[str, float], keep: float) -> Sums:
    """Decayed by `keep`, with one more second of these values."""
    kept = {name: (seconds * keep, total * keep) for name, (seconds, total) in sums.items()}
    for name, value in values.items():
        seconds, total = kept.get(name, (0.0, 0.0))
        kept[name] = (seconds + 1.0, total + value)
    return kept
