"""The chords: voiced with the least movement from the chord before, then broken, rolled or held as the density asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from zlib import crc32

from models.music.plan import Bar, Chord, MusicPlan, Note
from models.music.writing.idiomatic import CHORDS_LOW, write_figure

LOW, HIGH = 45, 64
REGISTER_SPAN = 7  # semitones that the whole range climbs with the plan's register
RICH_FROM_POLYPHONY = 0.5


def write_chords(plan: MusicPlan, previous: Sequence[Bar], melody: Sequence[Note]) -> list[Note]:
    """All chords of the bar in one texture, below the melody's lowest note."""
    climb = round(REGISTER_SPAN * plan.register)
    if plan.idiom:
        return write_figure("chords", plan.idiom.chords, CHORDS_LOW + climb // 2, plan, melody)
    low, high = LOW + climb, HIGH + climb
    ceiling = min((note.pitch - 2 for note in melody), default=high)
    high = max(low + 12, min(high, ceiling))
    voicing = last_voicing(previous)
    texture = texture_for(plan)
    notes: list[Note] = []
    for chord in plan.chords:
        voicing = voiced(tones_for(chord, plan.polyphony), voicing, low, high)
        notes += texture(voicing, chord, plan)
    return notes


def tones_for(chord: Chord, polyphony: float) -> tuple[int, ...]:
    """The chord's tones to voice: a fourth tone replaces the fifth when the texture is thin."""
    tones = chord.pitch_classes
    if len(tones) > 3 and polyphony < RICH_FROM_POLYPHONY:
        return (tones[0], tones[1], tones[3])
    return tones


def last_voicing(previous: Sequence[Bar]) -> tuple[int, ...]:
    """The distinct pitches of the last chord played, low to high; empty when there was none."""
    if not previous:
        return ()
    notes = [note for note in previous[-1].notes if note.role == "chords"]
    latest = sorted(notes, key=lambda note: (note.start_beat + note.beats, note.start_beat))[-4:]
    return tuple(sorted({note.pitch for note in latest}))


def voiced(tones: Sequence[int], before: Sequence[int], low: int, high: int) -> tuple[int, ...]:
    """Pitches for `tones` between `low` and `high` that move least from `before`, without semitone clusters."""
    ladders = [[p for p in range(low, high + 1) if p % 12 == tone] for tone in tones]
    centre = (low + high) / 2
    choices = (tuple(sorted(choice)) for choice in product(*ladders))
    return min(choices, key=lambda voicing: (_voicing_cost(voicing, before, centre), voicing))


def _voicing_cost(voicing: tuple[int, ...], before: Sequence[int], centre: float) -> float:
    movement = sum(min(abs(p - q) for q in before) for p in voicing) if before else 0
    steps = [b - a for a, b in pairwise(voicing)]
    clusters = sum(8.0 if step == 1 else 2.0 if step == 2 else 0.0 for step in steps)
    spread = max(0, voicing[-1] - voicing[0] - 14)
    return movement + clusters + spread + 0.6 * abs(sum(voicing) / len(voicing) - centre)


# --- textures ---------------------------------------------------------------------------------------------------

Texture = Callable[[tuple[int, ...], Chord, MusicPlan], list[Note]]


def _pad(voicing: tuple[int, ...], chord: Chord, plan: MusicPlan) -> list[Note]:
    return [Note("chords", p, chord.start_beat, chord.beats, 0.4) for p in voicing]


def _rolled(voicing: tuple[int, ...], chord: Chord, plan: MusicPlan) -> list[Note]:
    """One tone a beat from below, each left sounding to the chord's end."""
    return _broken(voicing, chord, 1.0, held=True)


def _lullaby(voicing: tuple[int, ...], chord: Chord, plan: MusicPlan) -> list[Note]:
    """The lowest tone alone, the others together after it."""
    low, *others = voicing
    after = chord.start_beat + (1.0 if chord.beats > 1 else 0.0)
    rest = chord.start_beat + chord.beats - after
    return [
        Note("chords", low, chord.start_beat, chord.beats, 0.5),
        *(Note("chords", p, after, rest, 0.35) for p in others),
    ]


def _block(voicing: tuple[int, ...], chord: Chord, plan: MusicPlan) -> list[Note]:
    """Struck again every two beats."""
    starts = [chord.start_beat + 2.0 * i for i in range(max(1, int(chord.beats // 2)))]
    ends = [*starts[1:], chord.start_beat + chord.beats]
    return [
        Note("chords", p, start, end - start, 0.45) for start, end in zip(starts, ends, strict=True) for p in voicing
    ]


def _arpeggio(voicing: tuple[int, ...], chord: Chord, plan: MusicPlan) -> list[Note]:
    """Up and down in eighths."""
    return _broken(voicing, chord, 0.5, held=False)


def _offbeat(voicing: tuple[int, ...], chord: Chord, plan: MusicPlan) -> list[Note]:
    """The chord lightly after each beat."""
    count = int(chord.beats)
    return [Note("chords", p, chord.start_beat + i + 0.5, 0.5, 0.4) for i in range(count) for p in voicing]


def _broken(voicing: tuple[int, ...], chord: Chord, step: float, held: bool) -> list[Note]:
    wave = (*voicing, *voicing[-2:0:-1])
    end = chord.start_beat + chord.beats
    starts = [chord.start_beat + step * i for i in range(int(chord.beats / step))]
    pitches = [wave[i % len(wave)] for i in range(len(starts))]
    lengths = [_until_again(pitches, i, starts, end) if held else step for i in range(len(starts))]
    return [
        Note("chords", p, start, length, 0.5 if start == chord.start_beat else 0.35)
        for p, start, length in zip(pitches, starts, lengths, strict=True)
    ]


def _until_again(pitches: Sequence[int], index: int, starts: Sequence[float], end: float) -> float:
    """How long a tone may ring before it is struck again."""
    again = (starts[i] for i in range(index + 1, len(starts)) if pitches[i] == pitches[index])
    return next(again, end) - starts[index]


TEXTURES: tuple[tuple[float, tuple[Texture, ...]], ...] = (  # up to this density: the textures sections choose from
    (0.18, (_pad,)),
    (0.34, (_pad, _lullaby, _rolled)),
    (0.52, (_rolled, _lullaby, _block)),
    (0.70, (_arpeggio, _block)),
    (1.01, (_arpeggio, _offbeat)),
)


def texture_for(plan: MusicPlan) -> Texture:
    """The section's texture at this density: the same for a section each time it comes. Phrases end on a held chord."""
    if plan.cadence and plan.density < TEXTURES[3][0]:
        return _pad
    choices = next(row for limit, row in TEXTURES if plan.density < limit)
    return choices[crc32(f"{plan.section} {plan.tonic}".encode()) % len(choices)]
