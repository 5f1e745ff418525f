"""What the body did in one second: numbers with their quality, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

READINGS = {
    "hr_bpm": "bpm",
    "rmssd_ms": "ms",
    "sdnn_ms": "ms",
    "rr_corrected": "1",
    "eda_tonic_us": "uS",
    "eda_slope_per_min": "1/min",
    "scr_per_min": "1/min",
    "scr_amplitude_us": "uS",
    "resp_per_min": "1/min",
    "eeg_theta": "1",
    "eeg_alpha": "1",
    "eeg_beta": "1",
    "eeg_theta_beta": "1",
    "eeg_faa": "1",
    "movement_g": "g",
}
"""Every reading's name and unit."""


@dataclass(frozen=True)
class Reading:
    """One number about the body over the last `window_s`, or None and why.

    `quality` 0 (unusable) to 1 (clean); `coverage` is the share of the window that was received and
    usable; `age_s` is how long ago the newest sample behind it was taken.
    """

    value: float | None
    quality: float
    coverage: float
    window_s: float
    age_s: float = 0.0
    reason: str = ""

    def __post_init__(self) -> None:
        if self.value is not None and not isfinite(self.value):
            raise ValueError(f"a reading of {self.value} is no reading; give None and a reason")
        if self.value is None and not self.reason:
            raise ValueError("an absent reading says why")


@dataclass(frozen=True)
class Features:
    """All readings at one moment, by name. A signal that no sensor brings is not in here at all."""

    at_s: float
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.readings:
            if name not in READINGS:
                raise ValueError(f"no reading named {name!r}; there are: {', '.join(READINGS)}")

    def value(self, name: str) -> float | None:
        """The number, or None when it is absent."""
        reading = self.readings.get(name)
        return reading.value if reading else None
