"""Fits a theme's bar to its chords and to the density asked for, so that it stays the theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.music.harmony import inflected
from models.music.plan import Chord, ThemeNote
from models.music.themes import Motif

SHORTEST_SPLIT = 1.0
FEWEST, MOST = 1, 8


def chord_at(chords: Sequence[Chord], beat: float) -> Chord:
    """The chord that sounds at `beat`."""
    return next((chord for chord in reversed(chords) if chord.start_beat <= beat + 1e-9), chords[0])


def chord_degrees(chord: Chord, scale: tuple[int, ...]) -> list[int]:
    """Scale degrees 0..len(scale)-1 of the chord's triad, bent ones included.

    Colour tones are left out: a theme keeps its notes whatever colour valence gives its chords.
    """
    triad = chord.pitch_classes[:3]
    return [i for i, tone in enumerate(scale) if inflected(tone, triad, scale) in triad]


def nearest_degree(degree: int, choices: Sequence[int], size: int) -> int:
    """The degree closest to `degree` that equals one of `choices` modulo the scale's size; the lower of two."""
    if not choices:
        return degree
    return min(
        (degree + offset for offset in range(-size, size + 1) if (degree + offset) % size in choices),
        key=lambda candidate: (abs(candidate - degree), candidate),
    )


def onsets_for(density: float) -> int:
    """Melody notes in a bar of four: 2 at density 0, 7 at density 1."""
    return round(1.5 + 5.5 * density)


def thinned(motif: Motif, target: int) -> Motif:
    """Drop the metrically weakest notes until `target` are left; the note before takes the time."""
    notes = list(motif)
    while len(notes) > max(FEWEST, target):
        weakest = max(range(1, len(notes)), key=lambda i: (_weakness(notes[i].start_beat), -notes[i].beats, i))
        before, gone = notes[weakest - 1], notes.pop(weakest)
        if before.start_beat + before.beats >= gone.start_beat - 1e-9:
            notes[weakest - 1] = replace(before, beats=gone.start_beat + gone.beats - before.start_beat)
    return tuple(notes)


def _weakness(beat: float) -> int:
    """0 on the downbeat, 1 on beat 3, 2 on other beats, 3 between them."""
    if beat % 1:
        return 3
    return (0, 2, 1, 2)[int(beat) % 4]


def ornamented(motif: Motif, target: int, following: int | None = None) -> Motif:
    """Fill the longest notes with passing and neighbour notes until `target` sound; every old note keeps its place."""
    notes = list(motif)
    while len(notes) < min(MOST, target):
        longest = max(range(len(notes)), key=lambda i: (notes[i].beats, -i))
        note = notes[longest]
        if note.beats < SHORTEST_SPLIT:
            break
        after = notes[longest + 1].degree if longest + 1 < len(notes) else following
        half = round(2 * note.beats) / 4 if note.beats <= 2 else note.beats - 1
        passing = ThemeNote(_between(note.degree, after), note.start_beat + half, note.beats - half)
        notes[longest : longest + 1] = [replace(note, beats=half), passing]
    return tuple(notes)


def _between(degree: int, after: int | None) -> int:
    """A step towards the next note; a neighbour where there is no way to go."""
    if after is None or after == degree:
        return degree + 1
    step = 1 if after > degree else -1
    return degree + step if abs(after - degree) > 1 else degree - step


def syncopated(motif: Motif, chance: float) -> Motif:
    """Pull notes on beats 2 and 4 half a beat forward when `chance` is under their turn (0.5 and 0.8)."""
    notes = list(motif)
    for index in range(1, len(notes)):
        note, before = notes[index], notes[index - 1]
        turn = 0.5 if note.start_beat == 2 else 0.8
        if note.start_beat in (2, 3) and chance > turn and before.beats >= 1:
            notes[index - 1] = replace(before, beats=note.start_beat - 0.5 - before.start_beat)
            notes[index] = replace(note, start_beat=note.start_beat - 0.5, beats=note.beats + 0.5)
    return tuple(notes)


def fitted(motif: Motif, chords: Sequence[Chord], scale: tuple[int, ...]) -> Motif:
    """Move strong and long notes to the nearest tone of their chord; short ones between keep to a step from it."""
    notes: list[ThemeNote] = []
    for index, note in enumerate(motif):
        chord = chord_at(chords, note.start_beat)
        degree = note.degree
        if note.beats >= 1.5 or note.start_beat == chord.start_beat:
            degree = nearest_degree(degree, chord_degrees(chord, scale), len(scale))
        elif index:  # keep the theme's own interval from a note that was moved
            degree = notes[-1].degree + note.degree - motif[index - 1].degree
        notes.append(replace(note, degree=degree))
    return tuple(notes)


def closed(motif: Motif, chord: Chord, scale: tuple[int, ...], beats: int, to_root: bool) -> Motif:
    """The end of a phrase: the last note rests on a chord tone (the root when `to_root`) and leaves a beat of air."""
    kept = [note for note in motif if note.start_beat <= beats - 2] or list(motif[:1])
    last = kept[-1]
    degrees = chord_degrees(chord, scale)
    roots = [i for i in degrees if scale[i] == chord.pitch_classes[0]]
    degree = nearest_degree(last.degree, roots if to_root and roots else degrees, len(scale))
    length = min(max(last.beats, 1.0), beats - 1 - last.start_beat)
    return (*kept[:-1], replace(last, degree=degree, beats=length))
