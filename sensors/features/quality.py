"""When a number deserves belief: gates, the price of movement, and the words for what is missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.features.coverage import Coverage
from sensors.features.intake import Piece
from sensors.readings import Reading

GATE = 0.3
"""Below this quality a number is not given at all."""
COLLECTING = "collecting: too little signal in this window"
SILENT_S = 5.0
"""A number is not repeated when its signal has been silent for longer."""

STILL_G = {"ecg": 0.5, "rr": 0.5, "ppg": 0.25, "hr": 0.3, "eda": 0.2, "eeg": 0.12, "resp": 0.2}
"""RMS movement at which a signal's quality is halved. A wrist pulse wave suffers far sooner than a chest ECG."""


def ramp(value: float, none: float, full: float) -> float:
    """0 at `none`, 1 at `full` (which may lie below `none`), straight in between."""
    return min(1.0, max(0.0, (value - none) / (full - none)))


def stillness(kind: str, movement_g: float | None) -> float:
    """Share of quality that movement leaves."""
    return 1.0 if movement_g is None else 1 / (1 + (movement_g / STILL_G[kind]) ** 2)


@dataclass(frozen=True)
class Moment:
    """What is known outside the signal itself when its readings are asked for."""

    now_s: float
    coverage: Coverage
    problem: str
    movement_g: float | None
    flags: frozenset[str] = frozenset()
    device_quality: float = 1.0

    @property
    def age_s(self) -> float:
        newest_s = self.coverage.newest_s()
        return self.now_s if newest_s is None else max(0.0, self.now_s - newest_s)

    def share(self, window_s: float) -> float:
        return self.coverage.share(self.now_s, window_s)

    def silence(self, window_s: float, least: float, trouble: str = "") -> str:
        """Why there can be no number over this window, or ''. `trouble` is what the signal found out itself."""
        if self.problem:
            return self.problem
        if self.coverage.newest_s() is None:
            return "no signal yet"
        if self.age_s > SILENT_S:
            return f"no signal for {self.age_s:.0f} s"
        return trouble or ("" if self.share(window_s) >= least else COLLECTING)

    def known(self, value: float, quality: float, window_s: float, reason: str = "") -> Reading:
        believed = float(min(1.0, quality) * self.device_quality)
        return Reading(float(value), believed, self.share(window_s), window_s, self.age_s, reason)

    def absent(self, reason: str, window_s: float, quality: float = 0.0) -> Reading:
        return Reading(None, float(min(1.0, quality)), self.share(window_s), window_s, self.age_s, reason)


class Line:
    """Tells a dead line from a live one: exactly flat, or cut off at the limits of its range."""

    def __init__(self, pieces: int) -> None:
        self._ends: deque[tuple[float, float, int, int, int]] = deque(maxlen=pieces)

    def take(self, piece: Piece) -> None:
        x = piece.samples[:, 0]
        high, low = float(x.max()), float(x.min())
        at_high, at_low = int(np.count_nonzero(x == high)), int(np.count_nonzero(x == low))
        self._ends.append((high, low, at_high, at_low, len(x)))

    def reset(self) -> None:
        self._ends.clear()

    def trouble(self) -> str:
        """'' for a live line."""
        if not self._ends:
            return ""
        high, low = max(e[0] for e in self._ends), min(e[1] for e in self._ends)
        recent = list(self._ends)[-4:]
        if len({end for e in recent for end in e[:2]}) == 1:
            return "flat line: the sensor sees nothing"
        stuck = sum(e[2] * (e[0] == high) + e[3] * (e[1] == low) for e in self._ends)
        cut = stuck > 0.05 * sum(e[4] for e in self._ends)
        return "the signal is cut off at the limits of its range" if cut else ""


def likeness(shapes: NDArray[np.float64]) -> float:
    """Mean correlation between all pairs of normalised shapes (count, length).

    Noise aligned at its own peaks stays below 0.35 (ECG) or 0.6 (pulse wave); beats are above 0.75.
    """
    count = len(shapes)
    total = shapes.sum(axis=0)
    return float((total @ total - count) / (count * (count - 1)))


def best(readings: Sequence[Reading]) -> Reading:
    """The first good one in order of preference; else the best present one; else the reason of the liveliest."""
    present = [reading for reading in readings if reading.value is not None]
    good = [reading for reading in present if reading.quality >= 0.5]
    if good:
        return good[0]
    if present:
        return max(present, key=lambda reading: reading.quality)
    return max(readings, key=lambda reading: (round(reading.coverage, 2), reading.quality))
