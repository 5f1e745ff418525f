"""Values that can't be in the unit that they are said to be in: told and left out, never rescaled on a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import UNITS
from sensors.recordings.recording import Recording, RecordingError, Signal

LONGEST_S = 14 * 86_400.0
LEAST_SECONDS, LEAST_EVENTS = 10, 30
"""Fewer are nothing typical, and no reading comes of them either."""
MOST_SECONDS_READ = 600
"""Seconds that are looked at, spread over the whole recording."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Rule:
    """What a signal's typical value must be: `measure` of a second's samples, its median between the limits.

    A measure of exactly 0 is a flat line, which has no unit and is kept.
    """

    words: str
    measure: Callable[[Samples], float]
    least: float
    most: float
    hint: str


def level(second: Samples) -> float:
    return float(np.median(second))


def span(second: Samples) -> float:
    """Peak to peak, of the channel in the middle."""
    spans = np.ptp(second, axis=0)
    known = spans[np.isfinite(spans)]
    return float(np.median(known)) if len(known) else nan


def length(second: Samples) -> float:
    return float(np.median(np.linalg.norm(second, axis=1)))


RULES: Mapping[str, Rule] = {
    "ecg": Rule("moves by", span, 0.01, 100.0, "is it in V or uV?"),
    "eeg": Rule("moves by", span, 0.01, 1e5, "is it in V or nV?"),
    "eda": Rule("is about", level, -10.0, 200.0, "is it in nS, or a resistance?"),
    "temp": Rule("is about", level, -20.0, 60.0, "is it in K or F?"),
    "acc": Rule("is about", length, 0.0, 8.0, "is it in mg or m/s^2?"),
    "hr": Rule("is about", level, 15.0, 300.0, "is it in Hz?"),
    "rr": Rule("is about", level, 150.0, 5000.0, "is it in s?"),
}


def checked(recording: Recording, now: datetime) -> Recording:
    """Without the signals that can't be what they are said to be, and with a note on each.

    Raises RecordingError when nothing is left, or when it lasts longer than any recording does.
    """
    length_s = recording.end_s - recording.start_s
    if length_s > LONGEST_S:
        raise RecordingError(
            f"{recording.name} lasts {length_s / 86_400:.0f} days by its times; expected at most "
            f"{LONGEST_S / 86_400:.0f}"
        )
    wrong = {signal.info.stream: why for signal in recording.signals if (why := implausible(signal))}
    notes = [*recording.notes, *(f"{stream} {why}; it is left out" for stream, why in wrong.items())]
    began_at = recording.began_at
    if began_at is not None and began_at > now:
        notes.append(
            f"it says that it began at {began_at:%Y-%m-%d %H:%M} UTC, which is still to come; that is not used"
        )
        began_at = None
    kept = tuple(signal for signal in recording.signals if signal.info.stream not in wrong)
    return replace(recording, signals=kept, began_at=began_at, notes=tuple(notes))


def implausible(signal: Signal) -> str:
    """Why the values can't be in their unit, '' if they can."""
    rule = RULES.get(signal.info.modality)
    if rule is None:
        return ""
    measured = [value for second in seconds(signal) if isfinite(value := rule.measure(second))]
    few = len(measured) < (LEAST_SECONDS if signal.info.rate_hz else LEAST_EVENTS)
    typical = 0.0 if few else float(np.median(measured))
    if typical == 0 or rule.least <= typical <= rule.most:
        return ""
    unit = UNITS[signal.info.modality]
    return f"{rule.words} {typical:.3g} {unit}, and {rule.least:g} to {rule.most:g} {unit} can be ({rule.hint})"


def seconds(signal: Signal) -> list[Samples]:
    """A second's samples at a time, at least two of a wave; not all of a long recording."""
    step = max(2, round(signal.info.rate_hz)) if signal.info.rate_hz else 1
    parts = [(piece, at) for piece in signal.pieces for at in range(0, max(1, len(piece.samples) - step + 1), step)]
    chosen = parts[:: -(-len(parts) // MOST_SECONDS_READ)]
    return [piece.samples[at : at + step] for piece, at in chosen]
