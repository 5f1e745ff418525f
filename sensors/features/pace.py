"""A stream's own time: smooths the jitter of its stamps, learns its true rate, notices a wrong one."""

from __future__ import annotations

from collections import deque
from statistics import median

JITTER_S = 0.05
"""Stamps may wander this much (or 1.5 samples) between blocks before it counts as a gap."""
RATE_TOLERANCE = 0.05
SUDDEN_S, SUDDEN_TOLERANCE = 1.0, 0.4
"""A rate so far off is wrong after a second; one less far off, after four blocks."""
LONGEST_STEP_S = 3.0
"""Blocks further apart than this have a hole between them, not a rate."""


class Pace:
    """Follows the sensor's stamps: smooths their jitter, learns the true period, notices a wrong rate."""

    def __init__(self, rate_hz: float) -> None:
        self.declared_hz = rate_hz
        self.period_s = 1 / rate_hz
        self.tolerance_s = max(JITTER_S, 1.5 / rate_hz)
        self.next_s: float | None = None
        self._seen: deque[float] = deque(maxlen=8)
        self._off_side, self._off_steps, self._off_s = 0, 0, 0.0
        self._before: tuple[float, int] | None = None

    def watch(self, start_s: float, count: int, unbroken: bool) -> str:
        """Compare stamps with counts over the last blocks. Returns what is wrong with the rate, or ''.

        Samples that are missing before every block count as a wrong rate too; blocks that are missing do not.
        """
        if self._before and unbroken and start_s > self._before[0]:
            self._step(self._before[1] / (start_s - self._before[0]), start_s - self._before[0])
        self._before = (start_s, count)
        sudden = self._seen[-1] if self._off_steps >= 2 and self._off_s >= SUDDEN_S else None
        return self._wrong(sudden) or self._wrong(median(self._seen) if len(self._seen) >= 4 else None)

    def _step(self, seen_hz: float, lasted_s: float) -> None:
        """From one block to the next. Delivery jitters, but not for a second to the same side."""
        self._seen.append(seen_hz)
        ratio = seen_hz / self.declared_hz - 1
        side = 0 if abs(ratio) < SUDDEN_TOLERANCE or lasted_s > LONGEST_STEP_S else 1 if ratio > 0 else -1
        if side != self._off_side:
            self._off_side, self._off_steps, self._off_s = side, 0, 0.0
        if side:
            self._off_steps, self._off_s = self._off_steps + 1, self._off_s + lasted_s

    def _wrong(self, seen_hz: float | None) -> str:
        if seen_hz is None or abs(seen_hz / self.declared_hz - 1) <= RATE_TOLERANCE:
            return ""
        return f"samples come at {seen_hz:.3g} Hz, not at the declared {self.declared_hz:g} Hz"

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
