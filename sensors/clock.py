"""A device's clock mapped to the session's: the quickest packets tell the offset, their trend the drift.

A packet is never early, only late, so the lower envelope of (arrival - device time) is the offset plus the shortest
delay there is; a line through the envelope of the last minutes follows a crystal that runs fast or slow.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

WINDOW_S = 10.0
WINDOWS = 120
"""The envelope is the least offset of each of the last WINDOWS windows."""
LEAST_WINDOWS = 5
"""A trend through fewer says more of jitter than of drift."""
SLEW = 0.002
"""The map is corrected by at most this much a second: samples never jump, nor overtake each other."""
STEP_S = 0.5
"""An offset this far below the map is no quicker packet but another clock: a suspend, or a device set anew."""
PATIENCE_S = 30.0
"""An offset that far above the map for so long is no stall either."""
WILDEST = 0.001
"""No crystal is 1000 ppm off; a steeper trend comes from too few windows."""


@dataclass
class DeviceClock:
    """One device's clock; both times in seconds. `restarts` counts how often the map had to begin anew."""

    restarts: int = 0
    _minima: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=WINDOWS))
    _window: int = 0
    _line: tuple[float, float, float] | None = None
    _offset_s: float = 0.0
    _last_s: float = 0.0
    _above_since_s: float | None = None

    def place(self, device_s: float, arrived_s: float) -> float:
        """When a sample stamped `device_s` was taken, on the session clock, given that it arrived at `arrived_s`.

        Late by the shortest delay the link has, a constant. Raises ValueError for a time that is no number.
        """
        if not (isfinite(device_s) and isfinite(arrived_s)):
            raise ValueError(f"device time {device_s} s, arrival {arrived_s} s; expected finite seconds")
        offset_s = arrived_s - device_s
        if self._line is None:
            self._begin(device_s, offset_s)
        elif self._is_another_clock(device_s, offset_s):
            self.restarts += 1
            self._begin(device_s, offset_s)
        else:
            self._learn(device_s, offset_s)
        return device_s + self._offset_s

    @property
    def drift_ppm(self) -> float:
        """How much slower than the session clock the device runs, in millionths; 0 until it is known."""
        return 0.0 if self._line is None else self._line[2] * 1e6

    def _begin(self, device_s: float, offset_s: float) -> None:
        self._minima.clear()
        self._minima.append((device_s, offset_s))
        self._window = int(device_s // WINDOW_S)
        self._line = (device_s, offset_s, 0.0)
        self._offset_s, self._last_s, self._above_since_s = offset_s, device_s, None

    def _is_another_clock(self, device_s: float, offset_s: float) -> bool:
        if device_s < self._last_s - STEP_S or offset_s < self._offset_s - STEP_S:
            return True
        if offset_s < self._offset_s + STEP_S:
            self._above_since_s = None
        elif self._above_since_s is None:
            self._above_since_s = device_s
        return self._above_since_s is not None and device_s - self._above_since_s > PATIENCE_S

    def _learn(self, device_s: float, offset_s: float) -> None:
        if device_s // WINDOW_S > self._window:
            self._window = int(device_s // WINDOW_S)
            self._minima.append((device_s, offset_s))
            self._line = self._fit()
        elif offset_s < self._minima[-1][1]:
            self._minima[-1] = (device_s, offset_s)
            self._line = self._fit()
        assert self._line is not None
        since_s, at_s, slope = self._line
        aim_s = at_s + slope * (device_s - since_s)
        most_s = SLEW * max(0.0, device_s - self._last_s)
        self._offset_s += min(most_s, max(-most_s, aim_s - self._offset_s))
        self._last_s = max(self._last_s, device_s)

    def _fit(self) -> tuple[float, float, float]:
        """(device time, offset there, slope) of the envelope. The running window is left out of the trend."""
        whole = list(self._minima)[:-1]
        if len(whole) < LEAST_WINDOWS:
            at_s, least_s = min(self._minima, key=lambda minimum: minimum[1])
            return at_s, least_s, 0.0
        times_s, offsets_s = np.array(whole).T
        middle_s = float(times_s.mean())
        slope, level_s = np.polyfit(times_s - middle_s, offsets_s, 1)
        return middle_s, float(level_s), float(min(WILDEST, max(-WILDEST, slope)))
