"""Intervals between beats: which to trust, and what their variability is (pure functions over arrays)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensors.features.artefacts import artefacts

SHORTEST_MS = 300.0
LONGEST_MS = 2000.0
LARGEST_CHANGE = 0.25
"""An interval further than this from the median of its neighbours is an extra, missed or ectopic beat."""
AROUND = 9
FEWEST_FOR_LAW = 24
RESTLESS = 0.08
TURNING, ONE_LINE = 0.56, 0.75
"""Of random intervals two thirds are turning points, and their power is spread; a heart that follows the breath has
fewer, or one strong line."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Intervals:
    """Beats in order, arrays of shape (beat,).

    `rr_ms` is the interval that ends at the beat at `times_s` (NaN after a gap); `follows`: the beat before is the
    one before it here; `odd` intervals are artefacts and `corrected` counts each wrong beat once.
    """

    times_s: Floats
    rr_ms: Floats
    follows: Mask
    odd: Mask
    corrected: Mask

    @classmethod
    def of(cls, times_s: Floats, rr_ms: Floats, follows: Mask) -> Self:
        """Judged together, so that the oldest and newest beats of a window have neighbours to be compared with."""
        odd, corrected = np.zeros((2, len(rr_ms)), np.bool_)
        measured = plausible(rr_ms)
        found = artefacts(rr_ms[measured])
        odd[measured], corrected[measured] = found.odd, found.corrected
        return cls(times_s, rr_ms, follows, odd, corrected)

    def between(self, after_s: float, until_s: float) -> Self:
        at = (self.times_s > after_s) & (self.times_s <= until_s)
        return type(self)(self.times_s[at], self.rr_ms[at], self.follows[at], self.odd[at], self.corrected[at])


def plausible(rr_ms: Floats) -> Mask:
    """A human heart's range, shape (beat,)."""
    return (rr_ms >= SHORTEST_MS) & (rr_ms <= LONGEST_MS)


def regular(rr_ms: Floats, usable: Mask) -> Mask:
    """Usable intervals close to the median of the nine usable ones around them, shape (beat,)."""
    out = np.zeros(len(rr_ms), dtype=np.bool_)
    kept = rr_ms[usable]
    if len(kept) < 3:
        return out
    if len(kept) <= AROUND:
        middle = np.full(len(kept), np.median(kept))
    else:  # at both ends the nine lie to one side
        first = np.clip(np.arange(len(kept)) - AROUND // 2, 0, len(kept) - AROUND)
        middle = np.sort(kept[first[:, None] + np.arange(AROUND)], axis=1)[:, AROUND // 2]
    out[usable] = np.abs(kept - middle) <= LARGEST_CHANGE * middle
    return out


def lawless(rr_ms: Floats) -> bool:
    """Whether consecutive intervals change much and at random, as in atrial fibrillation (after Dash et al. 2009)."""
    if len(rr_ms) < FEWEST_FOR_LAW:
        return False
    changes = np.diff(rr_ms)
    turning = np.mean(changes[1:] * changes[:-1] < 0)
    restless = np.median(np.abs(changes)) > RESTLESS * rr_ms.mean()
    return bool(restless and turning > TURNING and _line_share(rr_ms) < ONE_LINE)


def _line_share(rr_ms: Floats) -> float:
    """Share of their power that lies in one rhythm, as that of the breath."""
    power = np.abs(np.fft.rfft((rr_ms - rr_ms.mean()) * np.hanning(len(rr_ms)))) ** 2
    peak = int(power.argmax())
    return float(power[max(0, peak - 2) : peak + 3].sum() / power.sum())


def successive(rr_ms: Floats, trusted: Mask, follows: Mask) -> Floats:
    """Differences of neighbouring trusted intervals; none bridges a gap or a beat that was removed."""
    pairs = trusted[1:] & trusted[:-1] & follows[1:]
    differences: Floats = np.diff(rr_ms)[pairs]
    return differences


def rmssd(differences_ms: Floats) -> float:
    """Root mean square of successive differences, ms."""
    return float(np.sqrt(np.mean(differences_ms**2)))
