"""Where the samples of an XDF stream lie in time: jitter is smoothed, what is missing stays missing."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from sensors.recordings import pieces
from sensors.recordings.labels import LabelError

BREAK_S = 0.5
"""Samples come in bursts; times further apart than this are a hole."""
BACK_S = 0.5
"""A piece that begins this long before the one before it ends is left out."""
MOST_BREAKS = 10_000
SURE_S = 10.0
"""From here on the times know the rate better than the stream's head does."""

Floats = NDArray[np.float64]


def runs_of(
    times_s: Floats, declared_hz: float, resets: list[int], title: str, notes: list[str]
) -> tuple[list[tuple[float, slice]], float]:
    """(where each unbroken run begins and its rows, the rate). Raises LabelError when the times make no sense."""
    steps_s = np.diff(times_s)
    usual_s = 1 / declared_hz if declared_hz else float(np.median(steps_s)) if len(steps_s) else 0.0
    if not usual_s > 0:
        raise LabelError(f"({title}) has no rate")
    cut = np.abs(steps_s) > max(BREAK_S, pieces.JUMP_STEPS * usual_s)
    cut[[first - 1 for first in resets if 0 < first <= len(cut)]] = True
    edges = [0, *(np.flatnonzero(cut) + 1).tolist(), len(times_s)]
    if len(edges) > MOST_BREAKS:
        raise LabelError(f"({title}) breaks off {len(edges) - 2} times")
    lines = [(line(times_s[a:b], usual_s), slice(a, b)) for a, b in pairwise(edges)]
    counts = np.array([rows.stop - rows.start - 1 for _, rows in lines])
    steps = np.array([step_s for (_, step_s), _ in lines])
    sure = counts.sum() * usual_s >= SURE_S or not declared_hz
    step_s = float(np.average(steps, weights=counts)) if sure and counts.any() else usual_s
    if not 1 / pieces.FASTEST_HZ <= step_s <= 1 / pieces.SLOWEST_HZ:
        raise LabelError(f"({title}) has times {step_s:g} s apart")
    return in_order(lines, step_s, title, notes), round(1 / step_s, 4)


def line(times_s: Floats, usual_s: float) -> tuple[float, float]:
    """(first time, step) of the straight line through jittery times."""
    if len(times_s) < 3:
        return float(times_s[0]), usual_s
    index = np.arange(len(times_s)) - (len(times_s) - 1) / 2
    step_s = float(index @ (times_s - times_s[0]) / (index @ index))
    return float(times_s.mean() + index[0] * step_s), step_s


def in_order(
    lines: list[tuple[tuple[float, float], slice]], step_s: float, title: str, notes: list[str]
) -> list[tuple[float, slice]]:
    """Runs that follow each other; one that begins a little early follows the one before it."""
    kept: list[tuple[float, slice]] = []
    end_s, back = -inf, 0
    for (start_s, _), rows in lines:
        if start_s < end_s - BACK_S:
            back += 1
            continue
        kept.append((max(start_s, end_s), rows))
        end_s = kept[-1][0] + (rows.stop - rows.start) * step_s
    if back:
        notes.append(f"{title}: {back} pieces whose times go backwards are left out")
    return kept
