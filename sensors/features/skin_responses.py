"""Skin-conductance responses, found sample by sample in the phasic part of a conductance."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

SMALLEST_US = 0.02
"""Least height of a response, trough to peak. Manuals use 0.01 to 0.05 uS."""
SHORTEST_RISE_S, LONGEST_RISE_S = 0.5, 5.0
FALLEN, SETTLED_S = 0.2, 1.0
"""A peak stands once the wave has fallen by a fifth of its height, or for a second."""
ONSET = 0.1
"""A response begins when the wave last stood below a tenth of its height."""


@dataclass(frozen=True)
class Response:
    """When it began and how high it rose, foot to peak."""

    start_s: float
    height_us: float


class Responses:
    """Foot to peak, one sample after the other. Remembers the last responses in `seen`."""

    def __init__(self) -> None:
        self.seen: deque[Response] = deque(maxlen=200)
        self.reset()

    def reset(self) -> None:
        self._rise: deque[tuple[float, float]] = deque()
        self._peak = (-np.inf, -np.inf)

    def take(self, time_s: float, phasic_us: float) -> None:
        if phasic_us >= self._peak[1]:
            self._peak = (time_s, phasic_us)
            self._rise.append(self._peak)
            while self._rise[0][0] < time_s - LONGEST_RISE_S:
                self._rise.popleft()
            return
        foot_us = min(level_us for _, level_us in self._rise)
        height_us = self._peak[1] - foot_us
        if self._peak[1] - phasic_us < FALLEN * height_us and time_s - self._peak[0] < SETTLED_S:
            self._rise.append((time_s, phasic_us))
            return
        start_s = max(at_s for at_s, level_us in self._rise if level_us <= foot_us + ONSET * height_us)
        if height_us >= SMALLEST_US and self._peak[0] - start_s >= SHORTEST_RISE_S:
            self.seen.append(Response(start_s, height_us))
        self._rise = deque([(time_s, phasic_us)])
        self._peak = (time_s, phasic_us)

    def since(self, start_s: float) -> list[Response]:
        """Those that began after `start_s`, oldest first."""
        return [response for response in self.seen if response.start_s > start_s]
