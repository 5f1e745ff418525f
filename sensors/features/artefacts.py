"""Which beat intervals are artefacts: ectopic, missed, extra or misplaced beats (Lipponen & Tarvainen 2019).

The rules of the paper on a window of beats, with two additions: one threshold for the window (the paper's own moves
over 91 beats, about as many), and a least one, so that a very regular heart is not called wrong for its regularity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

ALPHA = 5.2
SLOPE, INTERCEPT = 0.13, 0.17
FAR = 3.0
AROUND = 11
FEWEST = 8
LEAST_MS = 12.0
"""Least threshold: three times what a wrist's pulse wave adds in timing."""


@dataclass(frozen=True, eq=False)
class Artefacts:
    """Per interval, shape (beat,): `odd` ones are no normal interval; `corrected` counts each wrong beat once."""

    odd: Mask
    corrected: Mask


def artefacts(rr_ms: Floats) -> Artefacts:
    """Judge consecutive intervals (no NaN); fewer than eight are too few to judge."""
    if len(rr_ms) < FEWEST:
        return Artefacts(*np.zeros((2, len(rr_ms)), np.bool_))
    change = np.diff(rr_ms, prepend=rr_ms[0])
    change /= _threshold(change)
    middle = _medians(rr_ms)
    away = rr_ms - middle
    away = np.where(away < 0, 2 * away, away)
    limit = _threshold(away)
    away /= limit
    before, after, second = _shifted(change, -1), _shifted(change, 1), _shifted(change, 2)
    ectopic = _ectopic(change, before, after)
    large = (np.abs(change) > 1) | (np.abs(away) > FAR)
    asked = (large | _shifted(large & (np.abs(after) < np.abs(second)), -1)) & ~ectopic
    long = asked & (((change > 1) & (np.minimum(after, second) < -1)) | (away > FAR))
    short = asked & (((change < -1) & (np.maximum(after, second) > 1)) | (away < -FAR))
    extra = short & (np.abs(rr_ms + _shifted(rr_ms, 1) - middle) < limit)
    extra &= ~_shifted(extra, -1)
    pairs = ectopic | _shifted(ectopic, 1) | extra | _shifted(extra, -1)
    odd = pairs | long | short
    corrected = ectopic | extra | ((long | short) & ~pairs)
    return Artefacts(odd, corrected)


def _ectopic(change: Floats, before: Floats, after: Floats) -> Mask:
    """A jump with jumps back on both sides: the interval before it was too short (or long), this one makes up."""
    up = (change > 1) & (np.maximum(before, after) < -SLOPE * change - INTERCEPT)
    down = (change < -1) & (np.minimum(before, after) > -SLOPE * change + INTERCEPT)
    found: Mask = up | down
    return found


def _threshold(values: Floats) -> float:
    """5.2 quartile deviations; half the median stands in where all deviations are alike."""
    sizes = np.sort(np.abs(values))
    low, half, high = (float(sizes[part * len(sizes) // 4]) for part in (1, 2, 3))
    return max(LEAST_MS, ALPHA * max((high - low) / 2, half / 2))


def _medians(rr_ms: Floats) -> Floats:
    """Of the eleven intervals around each (at the ends they lie to one side), shape (beat,)."""
    width = min(AROUND, len(rr_ms))
    first = np.clip(np.arange(len(rr_ms)) - width // 2, 0, len(rr_ms) - width)
    medians: Floats = np.sort(rr_ms[first[:, None] + np.arange(width)], axis=1)[:, width // 2]
    return medians


def _shifted(values: NDArray[Any], by: int) -> NDArray[Any]:
    """What stands `by` places later (earlier if negative), 0 or False beyond the ends."""
    out = np.zeros_like(values)
    if by > 0:
        out[:-by] = values[by:]
    else:
        out[-by:] = values[:by]
    return out
