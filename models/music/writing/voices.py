"""What every voice needs to know of the others: what sounds when, and whether two voices run in parallel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.music.harmony import inflected
from models.music.plan import Bar, Chord, MusicPlan, Note

PERFECT = (0, 7)  # octave or unison, and fifth, as semitones modulo 12


@dataclass(frozen=True)
class Range:
    """The lowest and highest MIDI pitch of a voice, and the pitch it likes to be around."""

    low: int
    high: int
    centre: float


def voice(notes: Iterable[Note], role: str) -> list[Note]:
    """One role's notes in order of onset, the highest first where several start together."""
    return sorted((n for n in notes if n.role == role), key=lambda n: (n.start_beat, -n.pitch))


def last_pitch(previous: Sequence[Bar], role: str, bars: int = 2) -> int | None:
    """The role's last pitch in the latest bars, or None when it has been silent."""
    for bar in reversed(previous[-bars:]):
        if notes := voice(bar.notes, role):
            return notes[-1].pitch
    return None


def at(notes: Sequence[Note], beat: float, before: int | None) -> int | None:
    """The pitch begun last at or before `beat` in a voice sorted by onset; `before` when none has begun."""
    begun = [note.pitch for note in notes if note.start_beat <= beat + 1e-6]
    return begun[-1] if begun else before


def parallel(upper: tuple[int, int], lower: tuple[int, int]) -> bool:
    """True when two voices, each (before, now), move the same way from a perfect interval to the same one."""
    (u0, u1), (l0, l1) = upper, lower
    same_way = (u1 - u0) * (l1 - l0) > 0
    interval = (u1 - l1) % 12
    return same_way and interval in PERFECT and (u0 - l0) % 12 == interval


def pitch_in_key(degree: int, base: int, plan: MusicPlan, chord: Chord) -> int:
    """MIDI pitch of a scale degree above `base` (the MIDI pitch of degree 0), as the chord bends it."""
    octave, step = divmod(degree, len(plan.scale))
    tone = plan.scale[step]
    pitch = base + 12 * octave + (tone - plan.scale[0]) % 12
    bend = (inflected(tone, chord.pitch_classes, plan.scale) - tone + 6) % 12 - 6
    return pitch + bend


def nearest_pitch(pitch_class: int, target: float, span: Range) -> int:
    """The pitch of a class within the range that is nearest to `target`."""
    choices = [p for p in range(span.low, span.high + 1) if p % 12 == pitch_class]
    return min(choices, key=lambda p: (abs(p - target), p))
