"""Which stretches of time a stream was received in."""

from __future__ import annotations

from collections import deque

from sensors.features.pace import JITTER_S

REMEMBERED_S = 120.0


class Coverage:
    """Which stretches of time were received, for the last two minutes."""

    def __init__(self) -> None:
        self._spans: deque[list[float]] = deque()

    def add(self, start_s: float, end_s: float) -> None:
        if self._spans and start_s - self._spans[-1][1] < JITTER_S:
            self._spans[-1][1] = end_s
        else:
            self._spans.append([start_s, end_s])
        while self._spans[0][1] < end_s - REMEMBERED_S:
            self._spans.popleft()

    def share(self, now_s: float, window_s: float) -> float:
        """Share of the last `window_s` that was received, 0 to 1."""
        since = now_s - window_s
        seen = sum(max(0.0, min(b, now_s) - max(a, since)) for a, b in self._spans)
        return min(1.0, seen / window_s)

    def newest_s(self) -> float | None:
        return self._spans[-1][1] if self._spans else None
