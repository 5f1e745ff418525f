"""Bars to role tokens and back: nothing that lies on the grid is lost, but accents, which the performance gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.music.harmony import pitch_classes
from models.music.plan import ROLES, Chord, Note
from models.music.tokens.vocabulary import (
    CANONICAL,
    DRUM_PITCHES,
    FARTHEST_UP,
    FOLLOWERS,
    GRID,
    HIGHEST,
    LONGEST,
    LOWEST,
    PITCHED_ROLES,
    VOCABULARY,
)

Tokens = NDArray[np.uint16]
STROKE = 3  # steps: the one length of a drum stroke
ORDER = {role: place for place, role in enumerate(("drums", *PITCHED_ROLES))}
END = VOCABULARY.ids["special", "end"]


class TokenError(ValueError):
    """A bar that has no tokens, or tokens that are no bar."""


@dataclass(frozen=True)
class WrittenBar:
    """A bar as written: length in grid steps, tonic (pitch class), chords and notes in beats from the bar line."""

    steps: int
    tonic: int
    chords: tuple[Chord, ...]
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        if not (3 <= self.steps <= LONGEST and self.steps % 3 == 0):
            raise TokenError(f"a bar of {self.steps} steps; expected a multiple of 3 from 3 to {LONGEST}")
        if not 0 <= self.tonic <= 11:
            raise TokenError(f"tonic {self.tonic}; expected a pitch class from 0 to 11")


def shift(tonic: int) -> int:
    """Semitones from the key of C to this one by the shorter way, -5 to 6."""
    return tonic if tonic <= FARTHEST_UP else tonic - 12


def _steps(beats: float) -> int:
    return round(beats * GRID)


def _snapped(note: Note, steps: int) -> tuple[int, int, int, int]:
    """(place, order of role, length, pitch): the order in which notes are written."""
    if note.role not in ROLES:
        raise TokenError(f"no role {note.role!r}; there are: {', '.join(ROLES)}")
    place = min(max(_steps(note.start_beat), 0), steps - 1)
    if note.role == "drums":
        if note.pitch not in DRUM_PITCHES:
            raise TokenError(f"drum pitch {note.pitch}; expected {DRUM_PITCHES[0]} to {DRUM_PITCHES[-1]}")
        return place, ORDER["drums"], STROKE, note.pitch
    pitch = note.pitch
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    return place, ORDER[note.role], min(max(_steps(note.beats), 1), LONGEST), pitch


def canonical(numeral: str) -> str:
    tones = pitch_classes(numeral, 0)
    if tones not in CANONICAL:
        raise TokenError(f"chord {numeral!r} has no token; there are: {', '.join(CANONICAL.values())}")
    return CANONICAL[tones]


def _chord_places(bar: WrittenBar) -> dict[int, str]:
    """Numeral by place; of two at one place the later stands."""
    ordered = sorted(bar.chords, key=lambda chord: chord.start_beat)
    return {min(_steps(chord.start_beat), bar.steps - 1): canonical(chord.numeral) for chord in ordered}


def _chords(places: dict[int, str], steps: int, tonic: int) -> tuple[Chord, ...]:
    return tuple(
        Chord(places[at], pitch_classes(places[at], tonic), at / GRID, (after - at) / GRID)
        for at, after in pairwise([*sorted(places), steps])
    )


def _note(row: tuple[int, int, int, int]) -> Note:
    place, order, length, pitch = row
    return Note(("drums", *PITCHED_ROLES)[order], pitch, place / GRID, length / GRID)


def on_grid(bar: WrittenBar) -> WrittenBar:
    """The bar that the tokens hold: snapped to the grid, in written order, doubles gone, octaves folded into A0-C8."""
    rows = sorted({_snapped(note, bar.steps) for note in bar.notes})
    chords = _chords(_chord_places(bar), bar.steps, bar.tonic)
    return WrittenBar(bar.steps, bar.tonic, chords, tuple(_note(row) for row in rows))


def encode(bars: Sequence[WrittenBar], relative: bool = True, end: bool = False) -> Tokens:
    """Tokens of the bars, (n,) uint16. `relative` writes pitches as if the tonic were C, by the bar's own tonic."""
    tokens = [token for bar in bars for token in _encoded(bar, shift(bar.tonic) if relative else 0)]
    return np.array([*tokens, END] if end else tokens, dtype=np.uint16)


def _encoded(bar: WrittenBar, down: int) -> Iterator[int]:
    ids = VOCABULARY.ids
    yield ids["bar", bar.steps]
    rows = sorted({_snapped(note, bar.steps) for note in bar.notes})
    chords = _chord_places(bar)
    by_place: dict[int, list[tuple[int, int, int, int]]] = {place: [] for place in chords}
    for row in rows:
        by_place.setdefault(row[0], []).append(row)
    for place in sorted(by_place):
        if place:
            yield ids["place", place]
        if place in chords:
            yield ids["chord", chords[place]]
        yield from _sounding(by_place[place], down)


def _sounding(rows: list[tuple[int, int, int, int]], down: int) -> Iterator[int]:
    """The notes of one place; a length is written where the next note's differs."""
    ids = VOCABULARY.ids
    for row, after in pairwise([*rows, (0, 0, 0, 0)]):
        _, order, length, pitch = row
        if order == ORDER["drums"]:
            yield ids["drums", pitch]
            continue
        yield ids[PITCHED_ROLES[order - 1], pitch - down]
        if after[2] != length:
            yield ids["length", length]


def decode(tokens: Sequence[int] | Tokens, tonics: Sequence[int], relative: bool = True) -> list[WrittenBar]:
    """The bars of the tokens, one tonic a bar. Raises TokenError at the first token out of place."""
    bars: list[list[int]] = []
    before = "special"
    for index, token in enumerate(int(token) for token in tokens):
        kind = _kind(token, index)
        if kind not in FOLLOWERS[before]:
            raise TokenError(
                f"token {index} is of kind {kind} after {before}; expected {', '.join(sorted(FOLLOWERS[before]))}"
            )
        if kind == "bar":
            bars.append([])
        if kind != "special":
            bars[-1].append(token)
        before = kind
    if before in PITCHED_ROLES:
        raise TokenError(f"the tokens end with a pitch of {before} that has no length")
    if len(bars) != len(tonics):
        raise TokenError(f"{len(bars)} bars but {len(tonics)} tonics; expected one tonic a bar")
    pairs = zip(bars, tonics, strict=True)
    return [_decoded(bar, tonic, shift(tonic) if relative else 0) for bar, tonic in pairs]


def _kind(token: int, index: int) -> str:
    if not 0 <= token < len(VOCABULARY):
        raise TokenError(f"token {index} is {token}; expected 0 to {len(VOCABULARY) - 1}")
    return VOCABULARY.meanings[token][0]


def _decoded(tokens: list[int], tonic: int, up: int) -> WrittenBar:
    steps, place = int(VOCABULARY.meanings[tokens[0]][1]), 0
    chords: dict[int, str] = {}
    rows: list[tuple[int, int, int, int]] = []
    waiting: list[tuple[int, int]] = []  # (order, pitch) that sound for the next length
    for token in tokens[1:]:
        kind, value = VOCABULARY.meanings[token]
        match kind:
            case "place":
                if not place < int(value) < steps:
                    raise TokenError(
                        f"place {value} after {place} in a bar of {steps} steps; expected a later one in it"
                    )
                place = int(value)
            case "chord":
                chords[place] = str(value)
            case "drums":
                rows.append((place, ORDER["drums"], STROKE, int(value)))
            case "length":
                rows += [(place, order, int(value), pitch) for order, pitch in waiting]
                waiting = []
            case _:
                waiting.append((ORDER[kind], int(value) + up))
    return WrittenBar(steps, tonic, _chords(chords, steps, tonic), tuple(_note(row) for row in sorted(set(rows))))
