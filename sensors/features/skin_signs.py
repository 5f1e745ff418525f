"""Signs that a conductance is not a skin's: as rough as noise, or sliding away as electrodes dry or come off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]

SHORTEST_S = 8.0
ROUGHEST_US, ROUGHEST_SHARE = 0.1, 0.03
"""How far a level may stand from the middle of its neighbours (median), in uS or as a share of the level."""
SLIDE_S, DEEPEST_SLIDE = 18.0, 0.2
"""A skin gives back a response within seconds and its level within minutes: never a fifth of it, evenly, in 18 s."""
LEAST_FALL = -np.log(1 - DEEPEST_SLIDE)
SLID_S = 12.0
"""A slide that ended less than this ago still counts."""
FLOOR_PERCENTILE = 20
"""Responses stand above the level; its floor is what slides."""


def not_skin(levels_us: Levels, step_s: float) -> str:
    """What speaks against the levels of the last SLIDE_S and SLID_S, oldest first, `step_s` apart; or ''."""
    if len(levels_us) * step_s < SHORTEST_S:
        return ""
    latest = levels_us[-round(SHORTEST_S / step_s) :]
    rough_us = float(np.median(np.abs(latest[1:-1] - (latest[:-2] + latest[2:]) / 2)))
    if rough_us > max(ROUGHEST_US, ROUGHEST_SHARE * float(np.median(latest))):
        return "noise: the electrodes hardly touch the skin"
    if 1.5 * np.log(levels_us.max() / max(levels_us.min(), 1e-9)) <= LEAST_FALL:
        return ""
    slide, slid = round(SLIDE_S / step_s) // 3 * 3, round(SLID_S / step_s)
    ends = range(len(levels_us), max(slide, len(levels_us) - slid) - 1, -max(1, slid // 8))
    if any(sliding(levels_us[end - slide : end]) for end in ends if end >= slide):
        return "the level slides away: the electrodes are drying or coming off"
    return ""


def sliding(levels_us: Levels) -> bool:
    """Whether the floor falls by DEEPEST_SLIDE over these SLIDE_S, and no slower in their second half.

    The fall after a large response slows down; that of a failing contact does not.
    """
    thirds = np.sort(levels_us.reshape(3, -1), axis=1)
    first, middle, last = thirds[:, round(FLOOR_PERCENTILE / 100 * (thirds.shape[1] - 1))].tolist()
    if not first > middle > last > 0:
        return False
    fallen = 1.5 * np.log(first / last)  # the thirds' middles lie two thirds of the time apart
    return bool(fallen > LEAST_FALL and np.log(middle / last) > 0.6 * np.log(first / middle))
