"""Times of samples that come without a time or a number: counted at their rate, corrected by when they come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

LONG_S = 2.0
"""A silence so long is a hole at once."""
LOOKED_S = 1.0
"""Samples that are late throughout so long are not late: others before them are missing."""
SMALLEST_HOLE_S = 0.05
DRIFT = 0.02
"""The device's own rate may be off by this share; what is missing beyond that is marked."""
STEADY_SHARE = 0.8
"""Of half a sample: blocks are moved by less than would look like a gap."""


@dataclass
class CountedClock:
    """One stream of `rate_hz`. `ahead` counts how often more came than its rate allows."""

    rate_hz: float
    ahead: int = 0
    _end_s: float | None = None
    _last_s: float = 0.0
    _lags: deque[tuple[float, float]] = field(default_factory=deque)

    def place(self, count: int, arrived_s: float) -> tuple[float, float]:
        """(start of the first, seconds missing before it) of `count` samples, the last of which came at `arrived_s`."""
        length_s = count / self.rate_hz
        if self._end_s is None:
            self._end_s = arrived_s
            return arrived_s - length_s, 0.0
        passed_s, self._last_s = arrived_s - self._last_s, arrived_s
        lag_s = arrived_s - self._end_s - length_s
        self._lags.append((arrived_s, lag_s))
        while self._lags[0][0] < arrived_s - LOOKED_S:
            self._lags.popleft()
        hole_s = self._hole_s(arrived_s, lag_s)
        start_s = self._end_s + hole_s + (0.0 if hole_s else self._slewed_s(passed_s))
        self._end_s = start_s + length_s
        return start_s, max(0.0, hole_s)

    def _hole_s(self, arrived_s: float, lag_s: float) -> float:
        """How far the count is behind what came, less what is only late; negative when too much came."""
        least_s = min(lag for _, lag in self._lags)
        looked = arrived_s - self._lags[0][0] > 0.7 * LOOKED_S
        if lag_s > LONG_S:
            least_s = lag_s
        elif not looked or -2 * SMALLEST_HOLE_S < least_s < SMALLEST_HOLE_S:
            return 0.0
        self.ahead += least_s < 0
        self._lags.clear()
        return least_s

    def _slewed_s(self, passed_s: float) -> float:
        least_s = min(lag for _, lag in self._lags)
        most_s = min(DRIFT * max(0.0, passed_s), STEADY_SHARE * 0.5 / self.rate_hz)
        moved_s = min(most_s, max(-most_s, least_s))
        self._lags = deque((at_s, lag - moved_s) for at_s, lag in self._lags)
        return moved_s
