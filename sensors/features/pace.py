"""A stream's own time: smooths the jitter of its stamps, learns its true rate, notices a wrong one."""

from __future__ import annotations

from collections import deque
from statistics import median

JITTER_S = 0.05
"""Stamps may wander this much (or 1.5 samples) between blocks before it counts as a gap."""
RATE_TOLERANCE = 0.05


class Pace:
    """Follows the sensor's stamps: smooths their jitter, learns the true period, notices a wrong rate."""

    def __init__(self, rate_hz: float) -> None:
        self.declared_hz = rate_hz
        self.period_s = 1 / rate_hz
        self.tolerance_s = max(JITTER_S, 1.5 / rate_hz)
        self.next_s: float | None = None
        self._seen: deque[float] = deque(maxlen=8)
        self._before: tuple[float, int] | None = None

    def watch(self, start_s: float, count: int, unbroken: bool) -> str:
        """Compare stamps with counts over the last blocks. Returns what is wrong with the rate, or ''."""
        if unbroken and self._before and start_s > self._before[0]:
            self._seen.append(self._before[1] / (start_s - self._before[0]))
        self._before = (start_s, count)
        if len(self._seen) < 4 or abs(median(self._seen) / self.declared_hz - 1) <= RATE_TOLERANCE:
            return ""
        return f"samples come at {median(self._seen):.3g} Hz, not at the declared {self.declared_hz:g} Hz"

    def step(self, start_s: float, count: int) -> float:
        """The smoothed time of a block's first sample (an alpha-beta tracker), continuing from the last."""
        if self.next_s is None:
            base = start_s
        else:
            error = start_s - self.next_s
            base = self.next_s + 0.2 * error
            limit = RATE_TOLERANCE / self.declared_hz
            drift = self.period_s + 0.02 * error / count - 1 / self.declared_hz
            self.period_s = 1 / self.declared_hz + min(limit, max(-limit, drift))
        self.next_s = base + count * self.period_s
        return base
