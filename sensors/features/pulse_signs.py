"""Signs that beat intervals or pulse numbers are not from a heart: impossible, frozen, or as if by dice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sensors.features.intervals import LARGEST_CHANGE, LONGEST_MS, SHORTEST_MS

Values = NDArray[np.float64]

NEWEST_S, LATELY_S = 5.0, 10.0
FROZEN_S, FROZEN_BEATS, LONGEST_CYCLE = 4.0, 4, 8
"""Intervals alike to the tick for so long, one by one or in a cycle of up to eight: no heart, or a pacemaker's."""
LEAST_HUMAN = 0.75
EVEN_SHARE, EVEN_AGAIN, EVEN_NEWEST = 0.6, 0.75, 0.4
"""Share of intervals near their median. In atrial fibrillation it is about 0.8; among random ones 0.3."""
WIDEST = 3.0
"""No heart, not even in fibrillation, has intervals so many times as long as others within five seconds."""
SETTLED_S = 5.0
SLOWEST_BPM, FASTEST_BPM = 30.0, 220.0
JUMP_BPM = 8.0
UNCHANGED_S, UNCHANGED_DECIMALS_S = 30.0, 10.0
"""Watches show whole numbers, which stay for many seconds at rest; with decimals they never do."""


def intervals_trouble(times_s: Values, rr_ms: Values, doubted: bool = False) -> str:
    """Of the intervals of the last seconds, oldest first; the newest is now. Who is `doubted` must show more."""
    now_s = times_s[-1]
    newest, lately = rr_ms[times_s > now_s - NEWEST_S], rr_ms[times_s > now_s - LATELY_S]
    human = (newest >= SHORTEST_MS) & (newest <= LONGEST_MS)
    if human.mean() < LEAST_HUMAN:
        return "no heart beats at such intervals"
    if _cyclic(rr_ms):
        return "the beat intervals are alike to the tick: frozen, or a pacemaker"
    even = np.abs(lately / np.median(lately) - 1) <= LARGEST_CHANGE
    least = EVEN_AGAIN if doubted else EVEN_SHARE
    uneven = len(lately) >= 4 and (even.mean() < least or even[-len(newest) :].mean() <= EVEN_NEWEST)
    if uneven or newest.max() > WIDEST * newest.min():
        return "the beat intervals are too irregular to be one heart's"
    return ""


def _cyclic(rr_ms: Values) -> bool:
    """Whether the last FROZEN_S, and at least FROZEN_BEATS, are what came some beats before."""
    back_s = np.cumsum(rr_ms[::-1]) / 1000
    count = max(FROZEN_BEATS, int(np.searchsorted(back_s, FROZEN_S)) + 1)
    last = rr_ms[-count:]
    lags = range(1, LONGEST_CYCLE + 1) if len(np.unique(last)) != 2 else ()  # hearts do beat in pairs
    return any(len(rr_ms) >= count + lag and np.array_equal(last, rr_ms[-count - lag : -lag]) for lag in lags)


def number_trouble(times_s: Values, bpm: Values, doubted: bool = False) -> str:
    """Of a watch's numbers."""
    newest = bpm[times_s > times_s[-1] - NEWEST_S]
    if not SLOWEST_BPM <= newest[-1] <= FASTEST_BPM:
        return "no plausible pulse number"
    if len(newest) >= 3 and np.median(np.abs(np.diff(newest))) > JUMP_BPM:
        return "the pulse number jumps"
    changed = np.flatnonzero(bpm != bpm[-1])
    unchanged_s = times_s[-1] - times_s[changed[-1] + 1 if len(changed) else 0]
    whole = bpm[-1] == round(bpm[-1])
    if unchanged_s > (UNCHANGED_S if whole else UNCHANGED_DECIMALS_S):
        return f"the pulse number has not changed for {unchanged_s:.0f} s"
    return ""


TROUBLES: Mapping[str, Callable[[Values, Values, bool], str]] = {"rr": intervals_trouble, "hr": number_trouble}


class PulseSigns:
    """Remembers a stream's last events."""

    def __init__(self, modality: str) -> None:
        self._trouble = TROUBLES[modality]
        self._events: deque[tuple[float, float]] = deque(maxlen=64)

        self._last = (-np.inf, "")

    def reset(self) -> None:
        self._events.clear()

    def trouble(self, time_s: float, value: float) -> str:
        """After one more event; '' where nothing speaks against it, nor has for SETTLED_S."""
        self._events.append((time_s, value))
        times_s, values = np.array(self._events).T
        now = self._trouble(times_s, values, time_s - self._last[0] < SETTLED_S)
        if now:
            self._last = (time_s, now)
        return now or (self._last[1] if time_s - self._last[0] < SETTLED_S else "")
