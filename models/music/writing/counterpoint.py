"""The counter-melody: a guide tone held under the melody, an answer where it rests, thirds and sixths in company."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.music.fitting import chord_at
from models.music.harmony import inflected
from models.music.plan import Bar, Chord, MusicPlan, Note
from models.music.writing.idiomatic import JOINING
from models.music.writing.melody import gaps
from models.music.writing.voices import Range, at, last_pitch, parallel

LOW, HIGH = 48, 79
CONSONANT = (3, 4, 8, 9)  # thirds and sixths, semitones modulo 12
HELD_UNTIL, ANSWERS_UNTIL = 0.38, 0.62  # of the plan's polyphony


def write_counter(
    plan: MusicPlan, previous: Sequence[Bar], melody: Sequence[Note], rng: np.random.Generator
) -> list[Note]:
    """The bar's counter-melody, always under the melody."""
    if plan.idiom:
        return JOINING[plan.idiom.counter](plan, previous, melody)
    top = min((note.pitch for note in melody), default=HIGH + 3)
    span = Range(LOW, max(LOW + 7, min(HIGH, top - 3)), 62 + 6 * plan.register)
    before = last_pitch(previous, "counter")
    if plan.polyphony < HELD_UNTIL:
        return _held(plan, span, melody, before)
    if plan.polyphony < ANSWERS_UNTIL:
        return (
            _held(plan, span, melody, before) if plan.phrase_bar % 2 == 0 else _answer(plan, span, melody, before, rng)
        )
    return _company(plan, span, melody, before) or _answer(plan, span, melody, before, rng)


def _held(plan: MusicPlan, span: Range, melody: Sequence[Note], before: int | None) -> list[Note]:
    """One long tone per chord, a third or sixth under the melody where that can be had."""
    notes = []
    for chord in plan.chords:
        above = at(melody, chord.start_beat, None)
        pitch = _best(chord.pitch_classes, span, above, before)
        notes.append(Note("counter", pitch, chord.start_beat, chord.beats - (0.5 if plan.cadence else 0.0), 0.4))
        before = pitch
    return notes


def _best(tones: Sequence[int], span: Range, above: int | None, before: int | None) -> int:
    """The tone with the least movement that is consonant with the melody above."""

    def cost(pitch: int) -> float:
        move = abs(pitch - (span.centre if before is None else before))
        clash = 0.0 if above is None or (above - pitch) % 12 in CONSONANT else 4.0
        crossing = 30.0 if above is not None and pitch >= above - 2 else 0.0
        return move + clash + crossing + 0.2 * abs(pitch - span.centre)

    choices = [p for p in range(span.low, span.high + 1) if p % 12 in tones]
    return min(choices, key=lambda p: (cost(p), p))


def _answer(
    plan: MusicPlan, span: Range, melody: Sequence[Note], before: int | None, rng: np.random.Generator
) -> list[Note]:
    """Two to four stepwise notes in the melody's longest gap, ending on a chord tone."""
    spaces = gaps(melody, plan.beats)
    if not spaces:
        return _held(plan, span, melody, before)
    start, end = max(spaces, key=lambda space: (space[1] - space[0], -space[0]))
    length = 0.5 if plan.density > 0.5 else 1.0
    count = max(1, min(4, int((end - start) / length)))
    chord = chord_at(plan.chords, end - length)
    goal = _best(chord.pitch_classes, span, at(melody, end - length, None), before)
    way = int(rng.choice((-1, 1)))
    line = [_stepped(goal, way * (count - 1 - i), plan, chord, span) for i in range(count)]
    line[-1] = goal
    return [Note("counter", p, start + i * length, length, 0.45) for i, p in enumerate(line)]


def _stepped(goal: int, steps: int, plan: MusicPlan, chord: Chord, span: Range) -> int:
    """The scale tone `steps` away from `goal`, turned back at the edge of the range."""
    tones = {inflected(tone, chord.pitch_classes, plan.scale) for tone in plan.scale}
    ladder = [p for p in range(span.low, span.high + 1) if p % 12 in tones or p == goal]
    place = ladder.index(goal) + steps
    if not 0 <= place < len(ladder):
        place = ladder.index(goal) - steps
    return ladder[max(0, min(len(ladder) - 1, place))]


def _company(plan: MusicPlan, span: Range, melody: Sequence[Note], before: int | None) -> list[Note]:
    """Walks with the melody's notes on the beats, a third or sixth below."""
    notes: list[Note] = []
    above_before = None
    for above in (note for note in melody if note.start_beat % 1 == 0):
        chord = chord_at(plan.chords, above.start_beat)
        tones = {inflected(tone, chord.pitch_classes, plan.scale) for tone in plan.scale}
        choices = [
            above.pitch - gap
            for gap in (3, 4, 8, 9)
            if (above.pitch - gap) % 12 in tones and span.low <= above.pitch - gap
        ]
        if choices:
            near = notes[-1].pitch if notes else before
            pitch = min(choices, key=lambda p: (_company_cost(p, near, above_before, above.pitch, chord), p))
            notes.append(Note("counter", pitch, above.start_beat, max(above.beats, 1.0), 0.4))
            above_before = above.pitch
    return _untangled(notes, plan.beats)


def _company_cost(pitch: int, near: int | None, above_before: int | None, above: int, chord: Chord) -> float:
    outside = 0.0 if pitch % 12 in chord.pitch_classes else 2.0
    if near is None:
        return outside
    runs = above_before is not None and parallel((above_before, above), (near, pitch))
    return outside + 0.5 * abs(pitch - near) + 10 * runs


def _untangled(notes: list[Note], beats: int) -> list[Note]:
    """Each note ends where the next begins, the last at the bar line at the latest."""
    ends = [*(note.start_beat for note in notes[1:]), float(beats)][: len(notes)]
    return [
        Note(n.role, n.pitch, n.start_beat, min(n.beats, end - n.start_beat), n.accent)
        for n, end in zip(notes, ends, strict=True)
    ]
