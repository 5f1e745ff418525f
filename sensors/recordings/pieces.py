"""Cuts samples where something is missing: values that are no numbers, times that jump."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.recordings.recording import Piece, RecordingError

Floats = NDArray[np.float64]

EVENTS = frozenset({"hr", "rr"})
"""Modalities that come when they come; all others are sampled at a rate."""
SINGLY = frozenset({"eeg"})
"""Modalities whose channels are of use one by one: an electrode that fails leaves the others."""
SLOWEST_HZ = 0.001
FASTEST_HZ = 20_000.0
JUMP_STEPS = 1.5
"""A step longer than this many usual steps is a hole."""
UNSTEADY_SHARE = 0.2
"""With more steps than this off the usual one, a column is no steadily sampled signal."""
MISSED_BEAT_S = 0.25
"""An interval that begins this long after the beat before it does not follow it."""


def usable(values: NDArray[np.floating[Any]], *, singly: bool = False) -> NDArray[np.bool_]:
    """Rows whose every channel is a number a sample can hold, or any channel `singly`. (time, channel) -> (time,)."""
    together = np.logical_or if singly else np.logical_and
    fits: NDArray[np.bool_] = together.reduce(fitting(values), axis=1)
    return fits


def fitting(values: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    fits: NDArray[np.bool_] = np.abs(values) <= np.finfo(np.float32).max
    return fits


def samples(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Of rows that are usable: NaN where a single channel is not."""
    fits = fitting(values)
    return (values if fits.all() else np.where(fits, values, np.nan)).astype(np.float32, copy=False)


def even(values: NDArray[np.floating[Any]], rate_hz: float, modality: str) -> tuple[Piece, ...]:
    """Pieces of samples taken at a known rate, the first at 0 s; unusable rows leave holes."""
    good = np.flatnonzero(usable(values, singly=modality in SINGLY))
    return tuple(
        Piece(
            float(run[0]) / rate_hz,
            samples(values[run[0] : run[-1] + 1]),
            run / rate_hz if modality in EVENTS else None,
        )
        for run in runs(good, np.diff(good) > 1)
    )


def timed(values: Floats, times_s: Floats, where: str) -> tuple[tuple[Piece, ...], float]:
    """Pieces and rate of samples with a time each. Raises RecordingError when they are not steady."""
    steps_s = np.diff(times_s)
    if not len(steps_s):
        raise RecordingError(f"{where}: one value only; expected at least two, to know the rate")
    usual_s = float(np.median(steps_s))
    # times are often rounded to ms: the mean of the usual steps knows the rate better than their median
    rate_hz = round(1 / float(np.mean(steps_s[steps_s <= JUMP_STEPS * usual_s])), 4)
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise RecordingError(f"{where}: {rate_hz:g} Hz; expected at least {SLOWEST_HZ:g} and at most {FASTEST_HZ:g}")
    off = float(np.mean(np.abs(steps_s - usual_s) > (JUMP_STEPS - 1) * usual_s))
    if off > UNSTEADY_SHARE:
        raise RecordingError(
            f"{where}: {off:.0%} of the steps are far from the usual {usual_s:g} s; expected steady sampling"
        )
    cut = steps_s > JUMP_STEPS * usual_s
    return tuple(
        Piece(float(times_s[run[0]]), samples(values[run])) for run in runs(np.arange(len(values)), cut)
    ), rate_hz


def events(values: Floats, times_s: Floats) -> tuple[Piece, ...]:
    """One piece: between two events nothing can be said to be missing."""
    return (Piece(float(times_s[0]), values.astype(np.float32), times_s),) if len(values) else ()


def intervals(rr_ms: Floats, times_s: Floats) -> tuple[Piece, ...]:
    """Beat-to-beat intervals, cut wherever beats are missing between two of them. `rr_ms` (time, 1)."""
    begin_s = times_s - rr_ms[:, 0] / 1000
    missed = begin_s[1:] - times_s[:-1] > MISSED_BEAT_S
    return tuple(
        Piece(float(times_s[run[0]]), rr_ms[run].astype(np.float32), times_s[run])
        for run in runs(np.arange(len(rr_ms)), missed)
    )


def check_order(times_s: Floats, where: str) -> None:
    """Raises RecordingError unless every time comes after the one before it."""
    for row in np.flatnonzero(np.diff(times_s) <= 0)[:1]:
        raise RecordingError(f"{where}: {times_s[row + 1]:.12g} s comes after {times_s[row]:.12g} s; times must grow")


def runs(rows: NDArray[np.intp], cut_after: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """`rows` in unbroken runs; `cut_after[i]` cuts between row i and the next."""
    return (run for run in np.split(rows, np.flatnonzero(cut_after) + 1) if len(run))
