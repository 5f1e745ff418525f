"""Bars as rolls: sixteen slots of time by the tones of each role as seen from the tonic. What the GAN reads and writes.

Onsets stand apart from held slots, so that a repeated note is not a long one. Melody, counter and bass sound one tone
at a time: one state a slot (a tone begins, it is held, rest). Chords are two rolls, begun and held; drums are strokes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.music.plan import ROLES, Chord, Note
from models.music.writing.drums import DRUM_NOTES

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SLOTS = 16
ROWS = 36  # semitones that each role's window holds; what lies beyond is folded in by octaves
LINES = ("melody", "counter", "bass")
LOWEST: Mapping[str, int] = {"melody": 55, "counter": 48, "chords": 43, "bass": 28}
"""MIDI pitch of each role's first row in the key of C; the window moves with the tonic by the shorter way."""
HOLD, REST = ROWS, ROWS + 1
STATES = ROWS + 2

_WIDTHS = {**dict.fromkeys(LINES, STATES), "chords": 2 * ROWS, "drums": len(DRUM_NOTES)}
_ENDS = np.cumsum(list(_WIDTHS.values())).tolist()
SPANS: Mapping[str, slice] = {
    role: slice(end - width, end) for (role, width), end in zip(_WIDTHS.items(), _ENDS, strict=True)
}
"""Where each role stands among the channels of a slot."""
CHANNELS = _ENDS[-1]
HARMONY = 24  # tones of the chord (12) and its root (12), above the tonic
PLACES = 5  # whether the slot is in the bar, on the beat, on its half; whether slots are eighths; how far in the bar

SOFT_KIT: Mapping[int, int] = {
    36: 36, 35: 35, 38: 40, 40: 40, 37: 38, 42: 42, 44: 42, 51: 70, 53: 70, 59: 70, 46: 54, 49: 54, 57: 54, 54: 54,
    43: 35, 41: 35, 45: 75, 47: 75, 48: 76, 50: 76,
}  # fmt: skip
"""The drum kit of the recordings on this house's quiet percussion; a stroke that is not listed is left out."""


def slot_beats(beats: float) -> float:
    """Length of a slot: a sixteenth, or as coarse as the bar needs."""
    return next(length for length in (0.25, 0.5, 1.0, 2.0) if beats <= length * SLOTS)


def places(beats: Sequence[float]) -> Floats:
    """Where the slots of bars of these lengths stand, (n, SLOTS, PLACES)."""
    whole = np.asarray(beats, dtype=np.float32)[:, None]
    slot = np.array([slot_beats(length) for length in beats], dtype=np.float32)[:, None]
    beat = slot * np.arange(SLOTS, dtype=np.float32)
    inside = beat < whole - 1e-6
    rows = [inside, beat % 1 == 0, beat % 1 == 0.5, np.broadcast_to(slot > 0.25, beat.shape), beat / whole]
    return np.stack(rows, axis=-1).astype(np.float32) * inside[:, :, None]


def folded(pitch: Ints, role: str, up: Ints | int) -> Ints:
    """The row of MIDI pitches in a role's window when the tonic lies `up` semitones from C, octaves folded in."""
    row = pitch - up - LOWEST[role]
    low = np.where(row < 0, row % 12, row)
    return np.where(low >= ROWS, ROWS - 12 + low % 12, low)


def rendered(count: int, owner: Ints, role: Ints, slot: Ints, length: Ints, row: Ints, inside: Floats) -> Floats:
    """Rolls (count, SLOTS, CHANNELS) of notes given as arrays: whose bar, index in `ROLES`, slot, slots, row.

    `row` is a tone of the role's window, or the place in `DRUM_NOTES`; `inside` (count, SLOTS) is 1 within the bar.
    """
    rolls = np.zeros((count, SLOTS, CHANNELS), dtype=np.float32)
    for name, span in SPANS.items():
        own = np.flatnonzero(role == ROLES.index(name))
        bar, start, tone = owner[own], slot[own], row[own]
        lasting = np.minimum(length[own], SLOTS - start)
        note = np.repeat(np.arange(len(own)), lasting)
        held = start[note] + np.arange(len(note)) - np.repeat(np.cumsum(lasting) - lasting, lasting)
        if name == "drums":
            rolls[bar, start, span.start + tone] = 1
        elif name == "chords":
            rolls[bar[note], held, span.start + ROWS + tone[note]] = 1
            rolls[bar, start, span.start + tone] = 1
            rolls[bar, start, span.start + ROWS + tone] = 0
        else:
            state = np.full((count, SLOTS), REST)
            state[bar[note], held] = HOLD
            state[bar, start] = tone
            rolls[:, :, span] = np.eye(STATES, dtype=np.float32)[state]
    rolls *= inside[:, :, None]
    return rolls


def roll_of(notes: Sequence[Note], beats: float, up: int) -> Floats:
    """The roll of one bar, (SLOTS, CHANNELS), seen from a tonic `up` semitones from C."""
    slot = slot_beats(beats)
    rows = [
        (ROLES.index(note.role), round(note.start_beat / slot), max(1, round(note.beats / slot)), row)
        for note in notes
        if note.start_beat < beats and (row := _row(note, up)) is not None
    ]
    role, start, length, tone = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    inside = places([beats])[:, :, 0]
    start = np.minimum(start, int(inside.sum()) - 1)
    roll: Floats = rendered(1, np.zeros_like(role), role, start, length, tone, inside)[0]
    return roll


def _row(note: Note, up: int) -> int | None:
    if note.role != "drums":
        return int(folded(np.array(note.pitch), note.role, up))
    stroke = note.pitch if note.pitch in DRUM_NOTES else SOFT_KIT.get(note.pitch)
    return None if stroke is None else DRUM_NOTES.index(stroke)


def harmony_of(chords: Sequence[Chord], tonic: int, beats: float) -> Floats:
    """The chords over a bar's slots, (SLOTS, HARMONY), above the tonic (a pitch class)."""
    found = np.zeros((SLOTS, HARMONY), dtype=np.float32)
    slot = slot_beats(beats)
    for chord in chords:
        first, last = round(chord.start_beat / slot), round(min(beats, chord.start_beat + chord.beats) / slot)
        tones = [(tone - tonic) % 12 for tone in chord.pitch_classes]
        found[first:last] = 0
        found[first:last, tones] = 1
        found[first:last, 12 + tones[0]] = 1
    return found
