"""Signs that a conductance is not a skin's: as rough as noise, or sliding away as electrodes dry or come off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]

ROUGHEST_US, ROUGHEST_SHARE = 0.1, 0.03
"""How far a level may stand from the middle of its neighbours (median), in uS or as a share of the level."""
SLIDE_S, DEEPEST_SLIDE = 20.0, 0.25
"""A skin gives back a response within seconds and its level within minutes: never a quarter of it in 20 s."""
SHORTEST_S = 8.0


def not_skin(levels_us: Levels, step_s: float) -> str:
    """What speaks against the levels of the last SLIDE_S, oldest first, `step_s` apart; or ''."""
    if len(levels_us) * step_s < SHORTEST_S:
        return ""
    latest = levels_us[-round(SHORTEST_S / step_s) :]
    rough_us = float(np.median(np.abs(latest[1:-1] - (latest[:-2] + latest[2:]) / 2)))
    if rough_us > max(ROUGHEST_US, ROUGHEST_SHARE * float(np.median(latest))):
        return "noise: the electrodes hardly touch the skin"
    if sliding(levels_us, step_s):
        return "the level slides away: the electrodes are drying or coming off"
    return ""


def sliding(levels_us: Levels, step_s: float) -> bool:
    """Whether the level falls by DEEPEST_SLIDE in SLIDE_S (or as fast) all along: each third is below the one before.

    The fall after a large response slows down; that of a failing contact does not.
    """
    thirds = [float(np.median(part)) for part in np.array_split(levels_us, 3)]
    first, middle, last = thirds
    spans = len(levels_us) * step_s * 2 / 3 / SLIDE_S  # from the middle of the first to that of the last third
    if not first > middle > last > 0:
        return False
    steady = np.log(middle / last) > 0.7 * np.log(first / middle)
    return bool(np.log(first / last) > -np.log(1 - DEEPEST_SLIDE) * spans and steady)
