"""The melody: sings the theme's share of the bar, or a stepwise line that rests on chord tones and breathes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from models.music.fitting import chord_at, closed, fitted, onsets_for, ornamented
from models.music.plan import Bar, MusicPlan, Note, ThemeNote
from models.music.themes import Motif
from models.music.writing.voices import last_pitch, pitch_in_key

LOW, HIGH = 52, 86
FREE_STEPS = (-2, -1, -1, 1, 1, 2)


def lowest_tonic(plan: MusicPlan) -> float:
    """Degree 0 stands within the octave above this MIDI pitch: F3 in the darkest register, D4 in the brightest."""
    return 53 + 9 * plan.register


def write_melody(plan: MusicPlan, previous: Sequence[Bar], rng: np.random.Generator) -> list[Note]:
    """The bar's melody; free where the plan has no motif."""
    before = last_pitch(previous, "melody")
    motif = plan.motif or improvised(plan, before, rng)
    base = _base(motif, plan, before)
    return [
        Note(
            "melody",
            _folded(pitch_in_key(note.degree, base, plan, chord_at(plan.chords, note.start_beat))),
            note.start_beat,
            note.beats,
            _accent(note.start_beat, index),
        )
        for index, note in enumerate(motif)
    ]


def _base(motif: Motif, plan: MusicPlan, before: int | None) -> int:
    """The MIDI pitch of degree 0: in the register's octave, and within a phrase near the last note.

    The register decides, not the bar's own notes, so that a theme keeps its contour across bar lines.
    """
    middle = lowest_tonic(plan) + 5.5
    first = motif[0]

    def cost(base: int) -> float:
        opening = pitch_in_key(first.degree, base, plan, chord_at(plan.chords, first.start_beat))
        join = abs(opening - before) if before is not None and plan.phrase_bar else 0.0
        return abs(base - middle) + 1.2 * join

    return min((12 * octave + plan.scale[0] for octave in range(3, 8)), key=cost)


def _folded(pitch: int) -> int:
    """An octave in or out for the rare note beyond the voice."""
    return pitch - 12 if pitch > HIGH else pitch + 12 if pitch < LOW else pitch


def _accent(beat: float, index: int) -> float:
    """The downbeat leads, notes between the beats give way."""
    if beat == 0:
        return 0.7
    return 0.35 if beat % 1 else 0.5 + 0.08 * (index == 0)


def improvised(plan: MusicPlan, before: int | None, rng: np.random.Generator) -> Motif:
    """A stepwise line from the last note to a chord tone; at a cadence it closes and leaves the last beat silent."""
    degree = _degree_near(lowest_tonic(plan) + 7 if before is None else before, plan)
    beats = float(plan.beats)
    skeleton = [ThemeNote(degree + int(rng.choice(FREE_STEPS)), 0.0, beats)]
    if plan.density > 0.15 and plan.beats > 2:
        second = skeleton[0].degree + int(rng.choice(FREE_STEPS))
        skeleton = [ThemeNote(skeleton[0].degree, 0.0, 2.0), ThemeNote(second, 2.0, beats - 2)]
    target = round(onsets_for(plan.density) * plan.beats / 4)
    line = fitted(tuple(skeleton), plan.chords, plan.scale)
    if plan.cadence:
        return closed(line, plan.chords[-1], plan.scale, plan.beats, to_root=plan.cadence.endswith(("-I", "-i")))
    return ornamented(line, target)


def _degree_near(pitch: float, plan: MusicPlan) -> int:
    """The scale degree nearest to a pitch, counted from the register's tonic."""
    middle = lowest_tonic(plan) + 5.5
    tonic = min((12 * octave + plan.scale[0] for octave in range(3, 8)), key=lambda base: abs(base - middle))
    degrees = range(-len(plan.scale), 2 * len(plan.scale))
    return min(degrees, key=lambda degree: abs(pitch_in_key(degree, tonic, plan, plan.chords[0]) - pitch))


def gaps(melody: Sequence[Note], beats: int, shortest: float = 1.0) -> list[tuple[float, float]]:
    """Where the melody rests or holds still: (start, end) in beats. A held note's first beat belongs to the melody."""
    edges = [*(note.start_beat for note in melody), float(beats)]
    open_spans = [(start + 1.0, end) for start, end in pairwise(edges)] if melody else [(0.0, float(beats))]
    return [(start, end) for start, end in open_spans if end - start >= shortest]
