"""When samples of a steady rate were taken, from stamps that jitter: by counting, as long as none are missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensors.recordings.pieces import usable

BREAK_S = 0.5
"""No link is late by more than this all of a sudden: samples are missing."""
LATE_S = 0.04
"""Nor by more than this for longer than LASTING_S: a late packet is made up for, a missing one is not."""
LASTING_S = 1.0
WORN_OFF_S = 3.0
"""How far back the quickest packets are remembered."""
SHARE = 0.25
"""The share of a sample by which a block may be moved to follow the clock: too little to look like a gap."""


class Steady:
    """One stream. A stamp is never early, only late: the least late of the last seconds tell the truth.

    A hole shorter than BREAK_S shows LASTING_S after it, as samples that come too late for good, unless whoever
    `counts` tells every such hole by `skip`: then the device paused, and is followed slowly.
    """

    def __init__(self, rate_hz: float, counts: bool = False) -> None:
        self._rate_hz = rate_hz
        self._counts = counts
        self._count = 0
        self._offset_s = 0.0
        self._began = False
        self._seen: deque[tuple[float, float]] = deque()

    def skip(self, missing: int) -> None:
        """So many samples are known to be missing before the next."""
        self._count += missing

    def place(self, stamps_s: NDArray[np.float64]) -> list[tuple[slice, float]]:
        """Rows without a hole between them, and when the first of them was taken. `stamps_s` (time,), one a sample."""
        edges = [0, *(np.flatnonzero(np.diff(stamps_s) > BREAK_S) + 1).tolist(), len(stamps_s)]
        return [
            (slice(first, last), self._start_s(stamps_s[first:last])) for first, last in pairwise(edges) if last > first
        ]

    def _start_s(self, stamps_s: NDArray[np.float64]) -> float:
        counted_s = (self._count + np.arange(len(stamps_s))) / self._rate_hz
        least_s = float((stamps_s - counted_s).min())
        self._follow(least_s, float(counted_s[-1]))
        start_s = float(counted_s[0]) + self._offset_s
        self._count += len(stamps_s)
        return start_s

    def _follow(self, least_s: float, at_s: float) -> None:
        if not self._began or abs(least_s - self._offset_s) > BREAK_S:
            self._begin(least_s, at_s)
            return
        self._seen.append((at_s, least_s))
        while self._seen[0][0] < at_s - WORN_OFF_S:
            self._seen.popleft()
        lately_s = min(offset_s for seen_s, offset_s in self._seen if seen_s >= at_s - LASTING_S)
        for_good = not self._counts and self._seen[0][0] <= at_s - LASTING_S
        if for_good and lately_s > self._offset_s + max(LATE_S, 2 / self._rate_hz):
            self._begin(lately_s, at_s)
            return
        most_s = SHARE / self._rate_hz
        aim_s = min(offset_s for _, offset_s in self._seen)
        self._offset_s += min(most_s, max(-most_s, aim_s - self._offset_s))

    def _begin(self, offset_s: float, at_s: float) -> None:
        self._seen.clear()
        self._seen.append((at_s, offset_s))
        self._offset_s, self._began = offset_s, True


class Counted:
    """The rate at which samples really come, told from losses: these come and go, a wrong rate stays what it is."""

    WINDOW_S, WINDOWS, TOLERANCE = 2.0, 3, 0.08

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._since: tuple[float, int] | None = None
        self._count = 0
        self._rates: deque[float] = deque(maxlen=self.WINDOWS)

    def wrong(self, last_s: float, count: int) -> str:
        """`count` samples have come, the last stamped `last_s`. What is wrong with the rate, or ''."""
        self._count += count
        if self._since is None or last_s < self._since[0]:
            self._since = last_s, self._count
        elif last_s - self._since[0] >= self.WINDOW_S:
            self._rates.append((self._count - self._since[1]) / (last_s - self._since[0]))
            self._since = last_s, self._count
        return self._words()

    def _words(self) -> str:
        if len(self._rates) < self.WINDOWS:
            return ""
        off = [rate_hz / self._rate_hz - 1 for rate_hz in self._rates]
        comes_and_goes = max(self._rates) > (1 + self.TOLERANCE) * min(self._rates)
        if comes_and_goes or not (min(off) > self.TOLERANCE or max(off) < -self.TOLERANCE):
            return ""
        return f"says {self._rate_hz:g} Hz, but {np.mean(self._rates):.3g} samples come in a second"


def unbroken(samples: NDArray[np.float32]) -> Iterator[slice]:
    """Rows in which every channel has a number."""
    good = np.flatnonzero(usable(samples))
    for run in np.split(good, np.flatnonzero(np.diff(good) > 1) + 1):
        if len(run):
            yield slice(int(run[0]), int(run[-1]) + 1)
