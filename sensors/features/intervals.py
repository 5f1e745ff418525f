"""Intervals between beats: which to trust, and what their variability is (pure functions over arrays)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHORTEST_MS = 300.0
LONGEST_MS = 2000.0
LARGEST_CHANGE = 0.25
"""An interval further than this from the median of its neighbours is an extra, missed or ectopic beat."""
AROUND = 9

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


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


def successive(rr_ms: Floats, trusted: Mask, follows: Mask) -> Floats:
    """Differences of neighbouring trusted intervals; none bridges a gap or a beat that was removed."""
    pairs = trusted[1:] & trusted[:-1] & follows[1:]
    differences: Floats = np.diff(rr_ms)[pairs]
    return differences


def rmssd(differences_ms: Floats) -> float:
    """Root mean square of successive differences, ms."""
    return float(np.sqrt(np.mean(differences_ms**2)))
