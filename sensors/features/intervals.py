"""Intervals between beats: which to trust, and what their variability is (pure functions over arrays)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHORTEST_MS = 300.0
LONGEST_MS = 2000.0
LARGEST_CHANGE = 0.25
"""An interval further than this from the median of its neighbours is an extra, missed or ectopic beat."""
NEIGHBOURS = 4

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def plausible(rr_ms: Floats) -> Mask:
    """A human heart's range, shape (beat,)."""
    return (rr_ms >= SHORTEST_MS) & (rr_ms <= LONGEST_MS)


def regular(rr_ms: Floats, usable: Mask) -> Mask:
    """Usable intervals close to the median of the four usable ones on either side, shape (beat,)."""
    out = np.zeros(len(rr_ms), dtype=np.bool_)
    kept = rr_ms[usable]
    if len(kept) < 3:
        return out
    padded = np.concatenate((np.full(NEIGHBOURS, np.nan), kept, np.full(NEIGHBOURS, np.nan)))
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1), axis=1)
    count = np.count_nonzero(~np.isnan(around), axis=1)  # NaN sorts last
    rows = np.arange(len(kept))
    middle = 0.5 * (around[rows, (count - 1) // 2] + around[rows, count // 2])
    out[usable] = np.abs(kept - middle) <= LARGEST_CHANGE * middle
    return out


def successive(rr_ms: Floats, trusted: Mask, follows: Mask) -> Floats:
    """Differences of neighbouring trusted intervals; none bridges a gap or a beat that was removed."""
    pairs = trusted[1:] & trusted[:-1] & follows[1:]
    differences: Floats = np.diff(rr_ms)[pairs]
    return differences


def rmssd(differences_ms: Floats) -> float:
    """Root mean square of successive differences, ms."""
    return float(np.sqrt(np.mean(differences_ms**2)))
