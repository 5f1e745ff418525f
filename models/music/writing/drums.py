"""Soft percussion: patterns of General MIDI drum notes, chosen by arousal, metre and mood."""

from __future__ import annotations

from models.music.plan import MusicPlan, Note

LOW_DRUM, BRUSH, CLOSED_HAT, TAMBOURINE, SHAKER, CLAVES, WOOD_BLOCK = 36, 40, 42, 54, 70, 75, 76
DRUM_NOTES = (35, 36, 38, 40, 42, 54, 70, 75, 76)

Hits = tuple[tuple[int, float, float], ...]  # (drum note, beat, accent)


def _every(pitch: int, step: float, first: float, beats: int, accent: float) -> Hits:
    return tuple((pitch, first + i * step, accent) for i in range(int((beats - first + step - 0.01) // step)))


PATTERNS: dict[int, tuple[tuple[float, Hits], ...]] = {  # metre: rows of (from this arousal, hits added)
    4: (
        (-1.0, ((LOW_DRUM, 0.0, 0.45), *_every(SHAKER, 1.0, 1.0, 4, 0.25))),
        (0.40, ((LOW_DRUM, 2.0, 0.40), *_every(SHAKER, 1.0, 0.5, 4, 0.15))),
        (0.60, ((BRUSH, 1.0, 0.40), (BRUSH, 3.0, 0.42))),
        (0.80, ((LOW_DRUM, 2.5, 0.35), *_every(CLOSED_HAT, 1.0, 0.5, 4, 0.25))),
    ),
    3: (
        (-1.0, ((LOW_DRUM, 0.0, 0.45), *_every(SHAKER, 1.0, 1.0, 3, 0.25))),
        (0.50, ((BRUSH, 2.0, 0.35), *_every(SHAKER, 1.0, 0.5, 3, 0.15))),
        (0.80, _every(CLOSED_HAT, 1.0, 0.5, 3, 0.25)),
    ),
}
BRIGHT_FROM_VALENCE = 0.3
BRIGHT: Hits = ((TAMBOURINE, 1.0, 0.25), (WOOD_BLOCK, 2.5, 0.2))
FILL: Hits = ((BRUSH, 2.5, 0.3), (CLAVES, 3.0, 0.25))


def write_drums(plan: MusicPlan) -> list[Note]:
    """The bar's percussion; lighter at the end of a phrase, so that it breathes with the melody.

    A tradition's cycle runs on without change.
    """
    if plan.idiom:
        return [Note("drums", pitch, beat, 0.25, accent) for pitch, beat, accent in plan.idiom.strokes]
    rows = PATTERNS[3 if plan.beats == 3 else 4]
    hits = [hit for start, row in rows if plan.aim.arousal >= start for hit in row]
    if plan.aim.valence >= BRIGHT_FROM_VALENCE and plan.aim.arousal >= 0.5:
        hits += BRIGHT
    if plan.cadence:
        hits = [hit for hit in hits if hit[1] < 2] + list(FILL if plan.beats == 4 else ())
    unique = {(pitch, beat): accent for pitch, beat, accent in hits if beat < plan.beats}
    return [Note("drums", pitch, beat, 0.25, accent) for (pitch, beat), accent in sorted(unique.items())]
