"""Plays a written bar as the aim wants it, also when the aim changes while it sounds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan

import numpy as np

from models.music.chance import chance
from models.music.expression import clamp
from models.music.groove import Groove
from models.music.instruments import palette_for, programs
from models.music.nuance import Hand
from models.music.plan import Bar, MusicPlan, Note, PerformedBar, PlayedNote, Turn
from models.music.tempo import Passage

QUIETEST_DB = -60.0
LOWEST_DRUM_AROUSAL = 0.0


@dataclass(frozen=True)
class Take:
    """How a bar is played from `from_beat` on: for the aim, tempo and roles of `plan`, at `loudness_db`."""

    plan: MusicPlan
    loudness_db: float
    from_beat: int = 0


def perform(
    bar: Bar,
    plan: MusicPlan,
    start_s: float,
    revision: int,
    loudness_db: float,
    seed: int,
    groove: Groove | None = None,
    entry_bpm: float | None = None,
) -> PerformedBar:
    """The bar as it sounds from `start_s`, exactly `plan.length_s` long.

    `loudness_db` above 0 plays at 0, below -60 at -60. Notes may ring past the bar's end by at most a bar. Without
    `groove` percussion is played as it is written. `entry_bpm` is the tempo of the bar before, to lead on from.
    Raises ValueError when `loudness_db` or `start_s` is not a number, or `bar` is not the planned one.
    """
    return perform_takes(bar, (Take(plan, loudness_db),), start_s, revision, seed, groove, entry_bpm)


def perform_takes(
    bar: Bar,
    takes: Sequence[Take],
    start_s: float,
    revision: int,
    seed: int,
    groove: Groove | None = None,
    entry_bpm: float | None = None,
) -> PerformedBar:
    """The bar when its aim changed while it sounded: `takes` in order of their beats, the first from beat 0.

    What stands before a take's beat comes out as it did without that take: the same notes at the same times.
    """
    _check(bar, takes, start_s)
    passages, ensemble = _passages(takes, entry_bpm), _ensemble(takes[0].plan)
    hands = [Hand(take.plan, passage, ensemble, groove) for take, passage in zip(takes, passages, strict=True)]
    chances = chance(seed, bar.bar, "performance").normal(0.0, 1.0, size=(len(bar.notes), 2))
    played = []
    for note, (time, force) in zip(bar.notes, chances, strict=True):
        hand = hands[sum(take.from_beat <= note.start_beat for take in takes) - 1]
        if _audible(note, hand.plan):
            played.append(hand.play(note, bar.notes, float(time), float(force)))
    first, last = takes[0].plan, takes[-1].plan
    return PerformedBar(
        bar=bar.bar,
        revision=revision,
        start_s=round(start_s, 4),
        length_s=first.length_s if len(takes) == 1 else round(passages[-1].start_s + passages[-1].length_s, 4),
        tempo_bpm=last.tempo_bpm,
        beats=first.beats,
        gain_db=_gain(takes[0]),
        programs=ensemble,
        notes=_cleared(played),
        tuning=first.idiom.tuning if first.idiom else (),
        turns=tuple(
            Turn(take.from_beat, round(passage.start_s, 4), _gain(take))
            for take, passage in list(zip(takes, passages, strict=True))[1:]
        ),
    )


def beat_times(takes: Sequence[Take], entry_bpm: float | None = None) -> tuple[float, ...]:
    """Seconds from the bar line of each beat, as `perform_takes` plays them."""
    passages = _passages(takes, entry_bpm)
    firsts = [take.from_beat for take in takes]
    return tuple(passages[sum(first <= beat for first in firsts) - 1].at(beat) for beat in range(takes[0].plan.beats))


def length_of(takes: Sequence[Take], entry_bpm: float | None = None) -> float:
    """Seconds that the bar lasts in these takes."""
    if len(takes) == 1:
        return takes[0].plan.length_s
    last = _passages(takes, entry_bpm)[-1]
    return round(last.start_s + last.length_s, 4)


def _check(bar: Bar, takes: Sequence[Take], start_s: float) -> None:
    for take in takes:
        if not isfinite(start_s) or isnan(take.loudness_db):
            raise ValueError(f"start {start_s} s, loudness {take.loudness_db} dB; expected numbers")
        if bar.bar != take.plan.bar:
            raise ValueError(f"bar {bar.bar} for the plan of bar {take.plan.bar}; expected the same")
    beats = [take.from_beat for take in takes]
    if beats[:1] != [0] or beats != sorted(set(beats)) or beats[-1] >= takes[0].plan.beats:
        raise ValueError(f"takes from beats {beats}; expected 0 first, then rising within {takes[0].plan.beats}")


def _passages(takes: Sequence[Take], entry_bpm: float | None) -> list[Passage]:
    """One to each take, from its beat to the bar's end; each enters in the tempo that the one before has just then."""
    beats = takes[0].plan.beats
    passages: list[Passage] = []
    for take in takes:
        beat_s, start_s = 60 / take.plan.tempo_bpm, 0.0
        entry_s = 60 / entry_bpm if entry_bpm else beat_s
        if passages:
            start_s, entry_s = passages[-1].at(take.from_beat), passages[-1].beat_s_at(take.from_beat)
        passages.append(Passage(take.from_beat, beats, start_s, beat_s, entry_s))
    return passages


def _gain(take: Take) -> float:
    return clamp(take.loudness_db, QUIETEST_DB, 0.0)


def _ensemble(plan: MusicPlan) -> dict[str, int]:
    """The tradition's instruments, else the palette's."""
    if plan.idiom:
        return {role: plan.idiom.programs[role] for role in plan.roles}
    return programs(plan.palette or palette_for(plan.aim), plan.section, plan.roles)


def _audible(note: Note, plan: MusicPlan) -> bool:
    """Only the planned roles; percussion falls silent at once when arousal is to be low."""
    calm = note.role == "drums" and plan.aim.arousal < LOWEST_DRUM_AROUSAL
    return note.role in plan.roles and not calm


def _cleared(notes: Sequence[PlayedNote]) -> tuple[PlayedNote, ...]:
    """Sorted by onset; a tone ends where the same tone of the same role is struck again."""
    ordered = sorted(notes, key=lambda n: (n.start_s, n.role, n.pitch, n.length_s))
    cleared = []
    for index, note in enumerate(ordered):
        again = next((o.start_s for o in ordered[index + 1 :] if (o.role, o.pitch) == (note.role, note.pitch)), np.inf)
        length = round(min(note.length_s, max(again - note.start_s, 0.01)), 4)
        cleared.append(PlayedNote(note.role, note.pitch, note.velocity, note.start_s, length))
    return tuple(cleared)
