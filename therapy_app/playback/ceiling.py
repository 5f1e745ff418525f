"""The clinical limits once more, where sound is made: whatever was composed, this is all that can sound."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from models.music.plan import PerformedBar, PlayedNote
from therapy_app.session.safety import SILENT_DB, Limits


def under_ceiling(bar: PerformedBar, limits: Limits) -> PerformedBar:
    """The bar with every velocity, pitch and gain inside the limits; notes that are no numbers are left out."""
    notes = tuple(_capped(note, limits) for note in bar.notes if _is_playable(note))
    turns = tuple(replace(turn, gain_db=_gain(turn.gain_db, limits)) for turn in bar.turns)
    return replace(bar, gain_db=_gain(bar.gain_db, limits), notes=notes, turns=turns)


def _gain(gain_db: float, limits: Limits) -> float:
    return min(gain_db, limits.gain_high_db) if isfinite(gain_db) else SILENT_DB


def _is_playable(note: PlayedNote) -> bool:
    numbers = (note.pitch, note.velocity, note.start_s, note.length_s)
    return all(isfinite(number) for number in numbers) and 0 <= note.pitch <= 127 and note.length_s > 0


def _capped(note: PlayedNote, limits: Limits) -> PlayedNote:
    velocity = min(max(int(note.velocity), 1), limits.velocity_high)
    return note if velocity == note.velocity else replace(note, velocity=velocity)
