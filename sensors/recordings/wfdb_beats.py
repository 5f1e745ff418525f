"""Intervals between the beats that are annotated in a WFDB record."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sensors.recordings import pieces
from sensors.recordings.labels import Meaning, grouped
from sensors.recordings.recording import Signal

BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
"""Annotations that are beats; the others are rhythms, noise and remarks."""
LONGEST_RR_MS = 3000.0
LARGEST_BEATS_BYTES = 2**24


def beats(head: Path, fs: float, there: set[str], notes: list[str]) -> list[Signal]:
    """Intervals between annotated beats, for a record that has no wave to find them in."""
    import wfdb

    file = head.with_suffix(".atr")
    if not file.is_file():
        return []
    if there & {"ecg", "ppg"}:
        notes.append(f"beats in {file.name} are not used: they are found in the signal itself")
        return []
    try:
        if file.stat().st_size > LARGEST_BEATS_BYTES:
            raise ValueError(f"{file.stat().st_size} bytes; at most {LARGEST_BEATS_BYTES}")
        told = wfdb.rdann(str(head.with_suffix("")), "atr")
    except Exception as error:  # the parser raises whatever its parts raise
        notes.append(f"{file.name} can't be read: {error}")
        return []
    times_s = np.array([at for at, what in zip(told.sample, told.symbol, strict=True) if what in BEATS]) / fs
    rr_ms = np.diff(times_s) * 1000
    good = (rr_ms > 0) & (rr_ms <= LONGEST_RR_MS)
    if not good.any() or np.any(np.diff(times_s) < 0):
        notes.append(f"{file.name} holds no intervals")
        return []
    info, _ = grouped([(Meaning("rr", "rr"), 0.0)])[0]
    return [Signal(info, pieces.intervals(rr_ms[good, None], times_s[1:][good]))]
