"""Signs that what arrives is no living signal, whichever signal it claims to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo

Values = NDArray[np.float64]

REMEMBERED_S = 30.0
"""A buffer that is sent again comes back within this."""
ALIKE_S, ALIKE_SAMPLES = 1.0, 32
"""A body never repeats so long a stretch to the last digit."""
DISTINCT = 8
"""A line on fewer values than this may repeat itself by chance."""
SPIKED_S, SPIKES = 8.0, 2
SPIKE_OVER_SLOPE = 3.0
SLOPE_PERCENTILE = 97
"""One sample stands out on both sides by three times the steepest slope that the signal itself has."""
SLOWEST_SPIKED_HZ = {"ecg": 100.0, "ppg": 20.0, "eeg": 120.0}
"""Below this an R peak, or a pulse, may be one sample wide itself."""


class Echo:
    """Tells a stretch that was there before: a frozen buffer, a recording on a loop."""

    def __init__(self, rate_hz: float) -> None:
        self._alike = max(round(ALIKE_S * rate_hz), ALIKE_SAMPLES)
        self._seen: Values = np.empty(0)
        self._kept = max(round(REMEMBERED_S * rate_hz), 4 * self._alike)

    def reset(self) -> None:
        """What comes after a gap may not be compared across it: its last stretch must be whole."""
        self._seen = np.empty(0)

    def take(self, values: Values) -> bool:
        """Whether the last stretch, ending with `values`, has been there before."""
        self._seen = np.concatenate((self._seen, values))[-self._kept :]
        return repeats(self._seen, self._alike)


def repeats(seen: Values, alike: int) -> bool:
    """Whether the last `alike` values stand somewhere before in `seen`, and are no mere flicker of few values."""
    last = len(seen) - 1
    if last < alike:
        return False
    ends = np.flatnonzero(seen[alike - 1 : last] == seen[last]) + alike - 1
    if not len(ends) or len(np.unique(seen[last + 1 - alike :])) < DISTINCT:
        return False
    for back in range(1, alike):
        ends = ends[seen[ends - back] == seen[last - back]]
        if not len(ends):
            return False
    return True


class Spikes:
    """Counts samples that jump out of the signal and back: a loose plug, a spark, a pacemaker's pulse."""

    def __init__(self, rate_hz: float) -> None:
        self._kept = round(SPIKED_S * rate_hz)
        self._seen: Values = np.empty(0)

    def reset(self) -> None:
        self._seen = np.empty(0)

    def take(self, values: Values) -> bool:
        self._seen = np.concatenate((self._seen, values))[-self._kept :]
        if len(self._seen) < self._kept // 4:
            return False
        slopes = np.diff(self._seen)
        up, down = slopes[:-1], slopes[1:]
        limit = SPIKE_OVER_SLOPE * np.percentile(np.abs(slopes), SLOPE_PERCENTILE)
        out = (np.minimum(np.abs(up), np.abs(down)) > limit) & (up * down < 0)
        return int(np.count_nonzero(out)) >= SPIKES


class Signs:
    """All of them for one sampled stream."""

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self._echo = Echo(info.rate_hz)
        spiked = info.rate_hz >= SLOWEST_SPIKED_HZ.get(info.modality, np.inf)
        self._spikes = Spikes(info.rate_hz) if spiked else None

    def reset(self) -> None:
        self._echo.reset()
        if self._spikes:
            self._spikes.reset()

    def trouble(self, samples: Values) -> str:
        """What is wrong with the signal, after samples more (time, channel), or ''."""
        whole = np.nan_to_num(samples).sum(axis=1)
        if self._echo.take(whole):
            return "the same stretch comes again and again: frozen"
        if self._spikes and self._spikes.take(whole):
            return "spikes: a loose contact"
        return ""
