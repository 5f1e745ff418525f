"""The frame of a bar: which notes are settled by plan and theme, and where the model may write what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.music.chance import chance
from models.music.condition import Condition
from models.music.draft import CHORD, Due, Frame, Mask
from models.music.fitting import onsets_for
from models.music.harmony import inflected
from models.music.plan import BarRequest, Chord, MusicPlan, Note
from models.music.tokens import GRID, VOCABULARY
from models.music.tokens.codec import ORDER, canonical, shift
from models.music.writing.drums import DRUM_NOTES
from models.music.writing.melody import lowest_tonic, write_melody

SIZE = len(VOCABULARY)
PITCHED = ("melody", "counter", "chords", "bass")
CLOSING_BEATS = 1
EIGHTH = GRID // 2


@dataclass(frozen=True)
class Settled:
    """The notes of the melody that the plan's theme settles, and whether the model may sing between them."""

    notes: tuple[Note, ...]
    open: bool


def steps_of(beats: float) -> int:
    return round(beats * GRID)


def settled_melody(request: BarRequest) -> Settled:
    """A theme that returns is sung as it is; a variation keeps its strong beats, a development its head."""
    plan = request.plan
    if "melody" not in plan.roles:
        return Settled((), False)
    if not plan.motif or (plan.theme_bar is not None and plan.treatment == "state"):
        return Settled((), True)
    notes = tuple(write_melody(plan, request.previous, chance(request.seed, plan.bar, "melody")))
    if plan.cadence or plan.treatment not in KEPT:
        return Settled(notes, False)
    return Settled(tuple(note for note in notes if KEPT[plan.treatment](note, plan)), True)


def _strong(note: Note, plan: MusicPlan) -> bool:
    return note.start_beat in (0, plan.beats / 2) or note.beats >= 2


def _head(note: Note, plan: MusicPlan) -> bool:
    return note.start_beat < plan.beats / 2


KEPT = {"vary": _strong, "develop": _head}


def pitched_frame(request: BarRequest, condition: Condition, melody: Settled) -> Frame:
    """The frame of the pitched roles: chords as planned, the melody as settled, the rest open in scale and range."""
    plan = request.plan
    steps = steps_of(plan.beats)
    roles = [role for role in PITCHED if role in plan.roles and (role != "melody" or melody.open)]
    asked = frozenset((plan.scale[0] + step) % 12 for step in condition.scale or range(12))
    voices = {role: tuple(_voice(role, plan, asked)) for role in roles}
    rhythm = places_of(condition)
    closing = tuple(_closing(plan, melody, rhythm)) if plan.cadence else ()
    arrived = [due.place + 1 for due in closing if due.order == ORDER["melody"]]
    ground = tuple(_ground(plan)) if "bass" in plan.roles and not closing else ()
    return Frame(
        steps=steps,
        opening=VOCABULARY.ids["bar", steps],
        due=(*_chords(plan), *_given(melody.notes, plan), *closing, *ground),
        voices=voices,
        silent_from=dict.fromkeys(("melody", "counter"), arrived[0]) if arrived else {},
        rhythm=rhythm,
        most=_most(plan, PITCHED),
        least={role: round(short + (long - short) * (1 - plan.density) ** 2) for role, (short, long) in LEAST.items()},
        passing=tuple((start, ~_tones("melody", triad, plan)) for start, triad in _triads(plan)),
    )


def drum_frame(plan: MusicPlan, condition: Condition) -> Frame:
    """The frame of the percussion, which is written by itself."""
    steps = steps_of(plan.beats)
    strokes = np.zeros(SIZE, dtype=bool)
    strokes[[VOCABULARY.ids["drums", pitch] for pitch in DRUM_NOTES]] = True
    opening = VOCABULARY.ids["bar", steps]
    return Frame(
        steps, opening, (), {"drums": ((0, strokes),)}, rhythm=places_of(condition), most=_most(plan, ("drums",))
    )


LEAST = {"melody": (3, 9), "counter": (3, 15), "chords": (3, 21), "bass": (3, 24)}
"""The shortest note of a role in steps, at the highest density and at none: a calm bar has no blips."""
BUSY = {"counter": (1, 5), "chords": (3, 9), "bass": (1, 4), "drums": (3, 6)}
"""Notes of a role in a bar of four at no density, and how many more at the highest: what a calm bar can hold."""


def _most(plan: MusicPlan, roles: Sequence[str]) -> dict[str, int]:
    """How many notes each role may write."""
    room = {role: round((few + more * plan.density) * plan.beats / 4) for role, (few, more) in BUSY.items()}
    return {role: max(1, room[role]) if role in room else most_sung(plan) for role in roles}


def most_sung(plan: MusicPlan) -> int:
    """As many melody notes as the density asks for and one more: a theme need not lose notes when it returns."""
    return round(onsets_for(plan.density) * plan.beats / 4) + 1


def places_of(condition: Condition) -> frozenset[int] | None:
    """The grid places of a rhythm that is asked for."""
    return None if condition.rhythm is None else frozenset(eighth * EIGHTH for eighth in condition.rhythm)


# --- harmony ----------------------------------------------------------------------------------------------------


def _chords(plan: MusicPlan) -> Iterator[Due]:
    for chord in plan.chords:
        yield Due(steps_of(chord.start_beat), CHORD, _only(VOCABULARY.ids["chord", canonical(chord.numeral)]))


def _triads(plan: MusicPlan) -> Iterator[tuple[int, frozenset[int]]]:
    for chord in plan.chords:
        yield steps_of(chord.start_beat), frozenset(chord.pitch_classes[:3])


def _bent(plan: MusicPlan, chord: Chord) -> frozenset[int]:
    """The scale as the chord bends it."""
    return frozenset(inflected(tone, chord.pitch_classes, plan.scale) for tone in plan.scale)


def _voice(role: str, plan: MusicPlan, asked: frozenset[int]) -> Iterator[tuple[int, Mask]]:
    """What a role may sing from each place on: chord tones where a chord begins (and always in the chords).

    Of them only what lies in the scale that is asked for, where anything does.
    """
    for chord in plan.chords:
        start = steps_of(chord.start_beat)
        tones = frozenset(chord.pitch_classes[:3] if role == "melody" else chord.pitch_classes)
        yield start, _tones(role, tones & asked or tones, plan)
        if role != "chords":
            yield start + 1, _tones(role, _bent(plan, chord) & asked or tones, plan)


def _tones(role: str, tones: frozenset[int], plan: MusicPlan) -> Mask:
    """The role's tokens for these pitch classes within its range."""
    low, high = _range(role, plan)
    down, mask = shift(plan.scale[0]), np.zeros(SIZE, dtype=bool)
    for pitch in range(low, high + 1):
        if pitch % 12 in tones:
            mask[VOCABULARY.ids[role, pitch - down]] = True
    return mask


def _range(role: str, plan: MusicPlan) -> tuple[int, int]:
    """The lowest and highest MIDI pitch of a role; registers climb with the plan's."""
    climb = plan.register
    lowest = {"melody": lowest_tonic(plan) - 2, "counter": 48 + 6 * climb, "chords": 43 + 7 * climb, "bass": 33}
    widest = {"melody": 22, "counter": 22, "chords": 22, "bass": 20 + 4 * climb}
    return round(lowest[role]), round(lowest[role] + widest[role])


# --- melody and close -------------------------------------------------------------------------------------------


def _given(notes: Sequence[Note], plan: MusicPlan) -> Iterator[Due]:
    down, steps = shift(plan.scale[0]), steps_of(plan.beats)
    for note in {steps_of(note.start_beat): note for note in notes}.values():
        place = min(steps_of(note.start_beat), steps - 1)
        length = min(max(1, steps_of(note.beats)), steps - place)
        yield Due(place, ORDER["melody"], _only(VOCABULARY.ids["melody", note.pitch - down]), length, length)


def _ground(plan: MusicPlan) -> Iterator[Due]:
    """The bass is there when the bar's harmony begins."""
    chord = plan.chords[0]
    yield Due(
        steps_of(chord.start_beat), ORDER["bass"], _tones("bass", frozenset(chord.pitch_classes[:3]), plan), EIGHTH
    )


def _closing(plan: MusicPlan, melody: Settled, rhythm: frozenset[int] | None) -> Iterator[Due]:
    """The cadence arrives: melody at rest on the chord (its root at home), chord and bass root under it."""
    last = plan.chords[-1]
    place, steps = steps_of(last.start_beat), steps_of(plan.beats)
    rest = place or steps_of(plan.beats // 2)
    rest = max((at for at in rhythm or () if at <= rest), default=rest)
    beat = CLOSING_BEATS * GRID
    if "melody" in plan.roles and melody.open:
        home = plan.cadence.endswith(("-I", "-i"))
        tones = frozenset(last.pitch_classes[: 1 if home else 3])
        yield Due(rest, ORDER["melody"], _tones("melody", tones, plan), beat, max(beat, steps - rest - beat))
    if "chords" in plan.roles:
        yield Due(place, ORDER["chords"], _tones("chords", frozenset(last.pitch_classes[:3]), plan), beat)
    if "bass" in plan.roles:
        yield Due(place, ORDER["bass"], _tones("bass", frozenset(last.pitch_classes[:1]), plan), beat)


def _only(token: int) -> Mask:
    mask = np.zeros(SIZE, dtype=bool)
    mask[token] = True
    return mask
