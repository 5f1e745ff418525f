"""Plays a written bar: loudness, touch and timing from the aim, instruments from the palette. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan

import numpy as np

from models.music.chance import chance
from models.music.expression import clamp
from models.music.instruments import RINGING, palette_for, programs, touch_of
from models.music.plan import Bar, MusicPlan, Note, PerformedBar, PlayedNote

SOFTEST_VELOCITY, LOUDEST_VELOCITY = 40, 92  # of a melody note at arousal -1 and +1, before accent
ROLE_BALANCE = {"melody": 6, "counter": -6, "chords": -12, "bass": -4, "drums": -14}
ACCENT_SPAN = 22  # velocity between accent 0 and 1
PHRASE_SPAN = 8  # velocity between the edge and the middle of a phrase
LEGATO, DETACHED = 1.02, 0.62  # sounding share of a note's length at arousal -1 and +1
STEADY_ROLES = frozenset({"chords", "bass"})
QUIETEST_DB = -60.0
JITTER_S = 0.006
ROLL_S = 0.045  # between the tones of a chord, at rest
CLOSE_STRETCH = 0.03  # of the bar: how far the last beats of a phrase come late
LOWEST_DRUM_AROUSAL = 0.0


def perform(bar: Bar, plan: MusicPlan, start_s: float, revision: int, loudness_db: float, seed: int) -> PerformedBar:
    """The bar as it sounds from `start_s`, exactly `plan.length_s` long.

    `loudness_db` above 0 plays at 0, below -60 at -60. Notes may ring past the bar's end by at most a bar.
    Raises ValueError when `loudness_db` or `start_s` is not a number, or `bar` is not the planned one.
    """
    if not isfinite(start_s) or isnan(loudness_db):
        raise ValueError(f"start {start_s} s, loudness {loudness_db} dB; expected numbers")
    if bar.bar != plan.bar:
        raise ValueError(f"bar {bar.bar} for the plan of bar {plan.bar}; expected the same")
    ensemble = _ensemble(plan)
    audible = [note for note in bar.notes if _audible(note, plan)]
    rng = chance(seed, plan.bar, "performance")
    hands = rng.normal(0.0, 1.0, size=(len(audible), 2))
    played = [
        _played(note, audible, plan, ensemble[note.role], (float(time), float(force)))
        for note, (time, force) in zip(audible, hands, strict=True)
    ]
    return PerformedBar(
        bar=bar.bar,
        revision=revision,
        start_s=round(start_s, 4),
        length_s=plan.length_s,
        tempo_bpm=plan.tempo_bpm,
        beats=plan.beats,
        gain_db=clamp(loudness_db, QUIETEST_DB, 0.0),
        programs=ensemble,
        notes=_cleared(played),
        tuning=plan.idiom.tuning if plan.idiom else (),
    )


def _ensemble(plan: MusicPlan) -> dict[str, int]:
    """The tradition's instruments, else the palette's."""
    if plan.idiom:
        return {role: plan.idiom.programs[role] for role in plan.roles}
    return programs(plan.palette or palette_for(plan.aim), plan.section, plan.roles)


def _audible(note: Note, plan: MusicPlan) -> bool:
    """Only the planned roles; percussion falls silent at the next bar when arousal is to be low."""
    calm = note.role == "drums" and plan.aim.arousal < LOWEST_DRUM_AROUSAL
    return note.role in plan.roles and not calm


def _played(note: Note, bar: Sequence[Note], plan: MusicPlan, program: int, hand: tuple[float, float]) -> PlayedNote:
    start = _start_s(note, bar, plan, program, hand[0])
    touch = 1.0 if note.role == "drums" else touch_of(program)
    velocity = round(clamp(_velocity(note, plan, hand[1]) * touch, 1, 127))
    return PlayedNote(note.role, note.pitch, velocity, start, _length_s(note, plan, program))


# --- loudness ---------------------------------------------------------------------------------------------------


def _velocity(note: Note, plan: MusicPlan, hand: float) -> float:
    """Arousal sets the level; accent, phrase arch, role and hand move it."""
    level = SOFTEST_VELOCITY + (LOUDEST_VELOCITY - SOFTEST_VELOCITY) * (plan.aim.arousal + 1) / 2
    accent = ACCENT_SPAN * (note.accent - 0.5)
    place = (plan.phrase_bar + note.start_beat / plan.beats) / plan.phrase_bars
    arch = PHRASE_SPAN * (1 - (2 * place - 1) ** 2) - PHRASE_SPAN / 2
    return level + ROLE_BALANCE[note.role] + accent + arch + 1.8 * hand


# --- touch ------------------------------------------------------------------------------------------------------


def _length_s(note: Note, plan: MusicPlan, program: int) -> float:
    """Legato at rest, detached when lively; plucked and struck tones ring on at rest."""
    beat_s = 60 / plan.tempo_bpm
    lively = (plan.aim.arousal + 1) / 2
    detached = DETACHED + (0.2 if note.role in STEADY_ROLES else 0.0)
    share = LEGATO + (detached - LEGATO) * lively
    ring_s = 0.5 * (1 - lively) * beat_s if program in RINGING and note.role != "drums" else 0.0
    longest = plan.length_s - note.start_beat * beat_s + plan.length_s / 2
    return round(min(max(note.beats * beat_s * share + ring_s, 0.05), longest), 4)


# --- timing -----------------------------------------------------------------------------------------------------


def _start_s(note: Note, bar: Sequence[Note], plan: MusicPlan, program: int, hand: float) -> float:
    """The written place, stretched at a phrase's end, with chords rolled from below and a little hand."""
    place = note.start_beat / plan.beats
    stretch = CLOSE_STRETCH * place * place * (1 - place) * 4 if plan.cadence else 0.0
    restful = (1 - plan.aim.arousal) / 2
    roll = _roll_s(note, bar) * restful if program in RINGING and note.role == "chords" else 0.0
    jitter = 0.0 if note.role == "drums" else JITTER_S * (0.4 + 0.6 * restful) * hand
    start = (place + stretch) * plan.length_s + roll + jitter
    return round(clamp(start, 0.0, plan.length_s - 0.002), 4)


def _roll_s(note: Note, bar: Sequence[Note]) -> float:
    """Later for each tone of the same chord below this one."""
    below = sum(
        other.role == note.role and other.start_beat == note.start_beat and other.pitch < note.pitch for other in bar
    )
    return ROLL_S * below


def _cleared(notes: Sequence[PlayedNote]) -> tuple[PlayedNote, ...]:
    """Sorted by onset; a tone ends where the same tone of the same role is struck again."""
    ordered = sorted(notes, key=lambda n: (n.start_s, n.role, n.pitch, n.length_s))
    cleared = []
    for index, note in enumerate(ordered):
        again = next((o.start_s for o in ordered[index + 1 :] if (o.role, o.pitch) == (note.role, note.pitch)), np.inf)
        length = round(min(note.length_s, max(again - note.start_s, 0.01)), 4)
        cleared.append(PlayedNote(note.role, note.pitch, note.velocity, note.start_s, length))
    return tuple(cleared)
