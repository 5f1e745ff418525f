"""When the beats were whose intervals a strap sends without saying so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LATEST_S = 4.5
"""Straps send an interval up to 3 to 4 s after its beat (Polar, polar-ble-sdk issue 227)."""


class BeatTimes:
    """Reconstructs beat times from arrival, backwards: the last interval ended when its packet arrived.

    Intervals that follow without a hole are chained to the beats before them, which is exact to 1/1024 s, where
    arrival jitters by most of a second. The whole chain may be late by up to LATEST_S, and a beat's time a little
    after the arrival of its packet when the packet before it came late.
    """

    def __init__(self) -> None:
        self._last_s: float | None = None

    def break_off(self) -> None:
        """The link was lost: what comes next does not follow."""
        self._last_s = None

    def place(self, arrived_s: float, rr_ms: Sequence[float]) -> tuple[NDArray[np.float64], float]:
        """Times of the beats that end each interval, shape (len(rr_ms),), and the seconds missing before them."""
        after_s = np.cumsum(np.asarray(rr_ms, dtype=np.float64)) / 1000
        if not len(after_s):
            return after_s, 0.0
        begin_s = arrived_s - float(after_s[-1])
        missing_s = 0.0
        if self._last_s is not None:
            late_s = begin_s - self._last_s
            if late_s <= LATEST_S:
                begin_s = self._last_s
            else:
                missing_s = late_s
        self._last_s = begin_s + float(after_s[-1])
        return begin_s + after_s, missing_s
