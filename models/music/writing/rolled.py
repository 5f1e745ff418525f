"""From a network's numbers for a bar to notes within the plan: what may begin, sound on or rest at each slot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.music.harmony import inflected
from models.music.plan import Chord, MusicPlan, Note
from models.music.rolls import LOWEST, ROWS, slot_beats
from models.music.tokens.codec import shift
from models.music.writing import bass, chords, counterpoint, melody
from models.music.writing.drums import DRUM_NOTES
from models.music.writing.melody import lowest_tonic

Floats = NDArray[np.float32]
Tones = frozenset[int]
NONE: Tones = frozenset()

EIGHTH_BEATS = 0.5
PASSING_BEATS = 1.0  # how long a tone outside its chord may sound
MOST_TOGETHER, LEAST_TOGETHER = 4, 3  # tones of a chord
MELODY_ABOVE_TONIC = 8.0  # semitones from the register's tonic to the middle of a free melody
SEMITONES = (1, 11)
BEGIN, HELD, RESTS = range(3)
NEARNESS = 0.1
"""Log odds that a line gives up for each semitone of a leap. Chosen on the held-out works together with `gan.DOUBT`,
which lets tones differ from slot to slot: divergence of leaps from people's .11 bits without, .035 with."""


@dataclass(frozen=True)
class Moment:
    """What a role may do at a slot: pitch classes that may begin, those that may sound on past a passing tone's
    length, and whether one must begin. Where `still` is set nothing sounds on."""

    begins: Tones
    lasts: Tones
    must: bool = False
    still: bool = False


def moments(role: str, plan: MusicPlan, rhythm: frozenset[int] | None, above: Sequence[Note] = ()) -> list[Moment]:
    """The slots of a bar for one role: chord tones where a chord begins, the scale as the chord bends it elsewhere.

    `rhythm` holds the only eighths with an onset, None for any; `above` is a melody that a counter may not rub against.
    """
    slot = slot_beats(plan.beats)
    found = []
    for number in range(round(plan.beats / slot)):
        beat = number * slot
        chord = next(c for c in reversed(plan.chords) if c.start_beat <= beat + 1e-6 or c is plan.chords[0])
        moment = _moment(role, plan, chord, beat)
        if role == "counter":
            moment = replace(moment, begins=moment.begins - set(_rubbing(above, beat)))
        if not _in_rhythm(beat, rhythm):
            moment = replace(moment, begins=NONE, must=False)
        found.append(moment)
    return found


def _in_rhythm(beat: float, rhythm: frozenset[int] | None) -> bool:
    return rhythm is None or (beat % EIGHTH_BEATS == 0 and beat / EIGHTH_BEATS in rhythm)


def _moment(role: str, plan: MusicPlan, chord: Chord, beat: float) -> Moment:
    triad = frozenset(chord.pitch_classes[:3])
    tones = frozenset(chord.pitch_classes)
    starts = abs(beat - chord.start_beat) < 1e-6
    if plan.cadence and (closing := _closing(role, plan, chord, beat, starts)) is not None:
        return closing
    if role == "chords":
        return Moment(tones, tones, must=starts)
    if starts:
        return Moment(triad if role == "melody" else tones, tones, must=role == "bass")
    bent = frozenset(inflected(tone, chord.pitch_classes, plan.scale) for tone in plan.scale)
    return Moment(bent | tones, tones)


def _closing(role: str, plan: MusicPlan, chord: Chord, beat: float, starts: bool) -> Moment | None:
    """How a phrase ends: roots held in the bass, the others at rest on the last chord, a beat of air above them."""
    tones, root = frozenset(chord.pitch_classes[:3]), frozenset(chord.pitch_classes[:1])
    if role == "bass":
        return Moment(root if starts else NONE, root, must=starts)
    if chord is not plan.chords[-1]:
        return None
    if role == "chords":
        return Moment(tones if starts else NONE, tones, must=starts)
    arrival = chord.start_beat or float(plan.beats // 2)
    if beat < arrival:
        return None
    if beat > arrival:
        return Moment(NONE, tones, still=beat >= plan.beats - 1)
    home = plan.cadence.endswith(("-I", "-i"))
    return Moment(root if home and role == "melody" else tones, tones, must=role == "melody")


def _rubbing(above: Sequence[Note], beat: float) -> Iterator[int]:
    for note in above:
        if note.start_beat <= beat < note.start_beat + note.beats:
            yield from ((note.pitch + step) % 12 for step in SEMITONES)


# --- lines ------------------------------------------------------------------------------------------------------


def line(role: str, logits: Floats, at: Sequence[Moment], plan: MusicPlan) -> list[Note]:
    """One voice from its logits, (SLOTS, ROWS + 3): at each slot the likeliest kind and tone that are allowed."""
    slot, low = slot_beats(plan.beats), LOWEST[role] + shift(plan.scale[0])
    notes: list[Note] = []
    sounding = False
    for number, moment in enumerate(at):
        tones, kinds = logits[number, :ROWS], logits[number, ROWS:]
        allowed = [row for row in range(ROWS) if (low + row) % 12 in moment.begins]
        options = [(float(kinds[BEGIN]), BEGIN)] if allowed else []
        if sounding and not moment.must and not moment.still and _may_last(notes[-1], moment, slot):
            options.append((float(kinds[HELD]), HELD))
        if not moment.must:
            options.append((float(kinds[RESTS]), RESTS))
        kind = max(options, default=(0.0, RESTS))[1]
        if kind == HELD:
            notes[-1] = replace(notes[-1], beats=notes[-1].beats + slot)
        elif kind == BEGIN:
            before = notes[-1].pitch - low if notes else None
            notes.append(Note(role, low + _drawn(tones, allowed, before), number * slot, slot))
        sounding = kind != RESTS
    return notes


def _drawn(tones: Floats, allowed: Sequence[int], before: int | None) -> int:
    """The likeliest row, near the one before."""
    pull = [0.0 if before is None else NEARNESS * abs(row - before) for row in allowed]
    return max(zip(allowed, pull, strict=True), key=lambda option: float(tones[option[0]]) - option[1])[0]


def _may_last(note: Note, moment: Moment, slot: float) -> bool:
    return note.pitch % 12 in moment.lasts or note.beats + slot <= PASSING_BEATS


def texture(logits: Floats, at: Sequence[Moment], plan: MusicPlan) -> list[Note]:
    """The chords from their logits, (SLOTS, 1 + 2 * ROWS): four at once at most, three where one begins.

    A chord that begins is filled where the network asks for too little of it, and sounds until the next stroke.
    """
    slot, low = slot_beats(plan.beats), LOWEST["chords"] + shift(plan.scale[0])
    pitches = low + np.arange(ROWS)
    notes: list[Note] = []
    sounding: dict[int, int] = {}  # row: its note
    opening: set[int] = set()
    for number, moment in enumerate(at):
        begins, lasts = (np.isin(pitches % 12, list(tones)) for tones in (moment.begins, moment.lasts))
        strikes, begun, held = logits[number, 0] > 0, logits[number, 1 : 1 + ROWS], logits[number, 1 + ROWS :]
        asked = _struck(begun, begins) if strikes and begins.any() else []
        chosen = asked[:MOST_TOGETHER]
        if moment.must:
            chosen = _filled(chosen, begun, begins, pitches)
        opening = set(chosen) if moment.must else set() if chosen else opening
        on = [row for row in sounding if lasts[row] and not moment.must and (row in opening or held[row] > 0)]
        on = [row for row in on if row not in chosen][: MOST_TOGETHER - len(chosen)]
        sounding = {row: sounding[row] for row in on} | {row: len(notes) + i for i, row in enumerate(sorted(chosen))}
        for index in (sounding[row] for row in on):
            notes[index] = replace(notes[index], beats=notes[index].beats + slot)
        notes += [Note("chords", int(pitches[row]), number * slot, slot) for row in sorted(chosen)]
    return notes


def _struck(begun: Floats, allowed: NDArray[np.bool_]) -> list[int]:
    """The tones that begin, the likeliest first; one at least."""
    ordered = [int(row) for row in np.argsort(-begun, kind="stable") if allowed[row]]
    return [row for row in ordered if begun[row] > 0] or ordered[:1]


def _filled(chosen: list[int], wish: Floats, allowed: NDArray[np.bool_], pitches: NDArray[np.int64]) -> list[int]:
    """A chord that begins: the tones asked for, then the likeliest still missing, and doublings where there is room."""
    found: list[int] = []
    for row in (*chosen, *(int(row) for row in np.argsort(-wish, kind="stable") if allowed[row])):
        missing = pitches[row] % 12 not in {pitches[other] % 12 for other in found}
        if missing and (row in chosen or len(found) < LEAST_TOGETHER):
            found.append(row)
    return [*found, *(row for row in chosen if row not in found)][:MOST_TOGETHER]


def strokes(logits: Floats, plan: MusicPlan, rhythm: frozenset[int] | None) -> list[Note]:
    """The percussion from the logits of its strokes, (SLOTS, len(DRUM_NOTES)); at a cadence it stops half-way."""
    slot = slot_beats(plan.beats)
    end = plan.beats / 2 if plan.cadence else plan.beats
    return [
        Note("drums", DRUM_NOTES[stroke], float(number) * slot, min(0.25, slot))
        for number, stroke in zip(*np.nonzero(logits > 0), strict=True)
        if number * slot < end and _in_rhythm(float(number) * slot, rhythm)
    ]


# --- registers --------------------------------------------------------------------------------------------------


def sung(notes: Sequence[Note], plan: MusicPlan) -> list[Note]:
    """A free melody in the plan's register: whole octaves, so that its contour stays."""
    return _moved(notes, lowest_tonic(plan) + MELODY_ABOVE_TONIC, melody.LOW, melody.HIGH)


def beneath(notes: Sequence[Note], top: Sequence[Note], plan: MusicPlan) -> list[Note]:
    """A counter-melody in its register, and under the melody."""
    ceiling = min((note.pitch for note in top), default=counterpoint.HIGH + 3) - 3
    high = max(counterpoint.LOW + 11, min(counterpoint.HIGH, ceiling))
    return _moved(notes, 62 + 6 * plan.register, counterpoint.LOW, high)


def _moved(notes: Sequence[Note], centre: float, low: int, high: int) -> list[Note]:
    if not notes:
        return []
    octaves = round((centre - float(np.mean([note.pitch for note in notes]))) / 12)
    return [replace(note, pitch=_within(note.pitch + 12 * octaves, low, high)) for note in notes]


def _within(pitch: int, low: int, high: int) -> int:
    """The pitch, or its nearest octave in the range, which holds an octave at least."""
    while pitch > high:
        pitch -= 12
    while pitch < low:
        pitch += 12
    return pitch


def voiced(notes: Sequence[Note], top: Sequence[Note], plan: MusicPlan) -> list[Note]:
    """Chords in their register and under the melody's lowest tone; no tone twice at once."""
    low = chords.LOW + round(chords.REGISTER_SPAN * plan.register)
    ceiling = min((note.pitch - 2 for note in top), default=127)
    high = max(low + 12, min(low + chords.HIGH - chords.LOW, ceiling))
    return _single([replace(note, pitch=_within(note.pitch, low, high)) for note in notes])


def grounded(notes: Sequence[Note]) -> list[Note]:
    """The bass in its register."""
    return [replace(note, pitch=_within(note.pitch, bass.LOW, bass.HIGH)) for note in notes]


def _single(notes: Sequence[Note]) -> list[Note]:
    """Of one pitch's notes the earlier ends where the later begins; of two that begin together the longer stays."""
    found: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.pitch, n.start_beat, -n.beats)):
        if found and found[-1].pitch == note.pitch:
            before = found[-1]
            if before.start_beat == note.start_beat:
                continue
            found[-1] = replace(before, beats=min(before.beats, note.start_beat - before.start_beat))
        found.append(note)
    return found


def accented(note: Note) -> Note:
    """The downbeat leads, what lies between the beats gives way; the performance does the rest."""
    weight = {"melody": 0.0, "drums": -0.15}.get(note.role, -0.05)
    if note.start_beat == 0:
        return replace(note, accent=0.65 + weight)
    return replace(note, accent=(0.35 if note.start_beat % 1 else 0.5) + weight)
