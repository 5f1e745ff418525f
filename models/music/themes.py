"""Themes: four bars of rhythm and contour in scale degrees, made from the seed, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.music.plan import ThemeNote

Motif = tuple[ThemeNote, ...]
Cell = tuple[tuple[float, float], ...]  # (start beat, beats)

CELLS: tuple[Cell, ...] = (
    ((0, 2), (2, 2)),
    ((0, 3), (3, 1)),
    ((0, 2), (2, 1), (3, 1)),
    ((0, 1), (1, 1), (2, 2)),
    ((0, 1.5), (1.5, 0.5), (2, 2)),
    ((0, 1), (1, 2), (3, 1)),
    ((0, 1.5), (1.5, 0.5), (2, 1), (3, 1)),
    ((0, 1), (1, 0.5), (1.5, 0.5), (2, 2)),
)
CLOSES: tuple[Cell, ...] = (((0, 3),), ((0, 2), (2, 1)), ((0, 1), (1, 2)))
ORDERS = ("aabk", "abak", "aabk", "abbk")  # k: the close
STEPS = (-2, -1, -1, -1, 1, 1, 1, 2)
LEAPS = (-4, -3, 3, 4, 5)
SEQUENCE_STEPS = (-2, -1, 1, 2)
LOWEST_DEGREE, HIGHEST_DEGREE = -3, 9
CENTRAL_DEGREE = 3
CANDIDATES = 40
THREE_FOUR = (0, 1, 2, 2.5, 3)
"""Where the beats of a 4/4 theme and its end fall in 3/4."""


@dataclass(frozen=True)
class Theme:
    """A name and four bars in 4/4; `stated` are the bars that were heard, `sung` the ones a generator made its own."""

    name: str
    bars: tuple[Motif, ...]
    stated: frozenset[int] = frozenset()
    sung: frozenset[int] = frozenset()

    @property
    def degrees(self) -> list[int]:
        return [note.degree for bar in self.bars for note in bar]


def make_theme(name: str, rng: np.random.Generator, unlike: Theme | None = None) -> Theme:
    """The most singable of a few dozen random themes; `unlike` keeps its opening rhythm away from another's."""
    taken = rhythm(unlike.bars[0]) if unlike else None
    cells = [cell for cell in CELLS if cell != taken]
    return max((_candidate(name, cells, rng) for _ in range(CANDIDATES)), key=singability)


def _candidate(name: str, cells: Sequence[Cell], rng: np.random.Generator) -> Theme:
    first, second = rng.permutation(len(cells))[:2]
    shapes = {
        "a": _motive(cells[first], rng),
        "b": _motive(cells[second], rng),
        "k": _motive(CLOSES[int(rng.integers(len(CLOSES)))], rng),
    }
    order = ORDERS[int(rng.integers(len(ORDERS)))]
    at = _one((0, 2, 4), rng)
    bars: list[Motif] = []
    for index, letter in enumerate(order):
        again = index > 0 and order[index - 1] == letter
        moved = _one(SEQUENCE_STEPS if again else (-1, 0, 1), rng)
        start = bars[-1][0].degree + moved if again else at
        bars.append(transpose(shapes[letter], start + (0 if again else moved)))
        at = bars[-1][-1].degree
    return Theme(name, tuple(bars))


def _one(choices: Sequence[int], rng: np.random.Generator) -> int:
    """One of a few numbers: `rng.choice` takes ten times as long."""
    return choices[int(rng.integers(len(choices)))]


def _motive(cell: Cell, rng: np.random.Generator) -> Motif:
    """A cell with a contour from degree 0: steps, with now and then one leap that turns back."""
    degree, leapt, notes = 0, 0, []
    for index, (start, beats) in enumerate(cell):
        if index:
            move = _one(LEAPS if rng.random() < 0.15 else STEPS, rng)
            move = (-1 if leapt > 0 else 1) if abs(leapt) > 2 else move
            degree, leapt = degree + move, move
        notes.append(ThemeNote(degree, start, beats))
    return tuple(notes)


def singability(theme: Theme) -> float:
    """Higher is easier to sing and keep: mostly steps, one peak past the middle, around a fifth to a ninth wide."""
    degrees = theme.degrees
    moves = [abs(b - a) for a, b in pairwise(degrees)]
    peak = max(degrees)
    span = peak - min(degrees)
    place = degrees.index(peak) / len(degrees)
    return (
        3.0 * sum(move in (1, 2) for move in moves) / len(moves)
        + 1.0 * any(2 < move <= 4 for move in moves)
        - 1.5 * sum(move > 4 for move in moves)
        - 1.0 * sum(move > 2 for move in moves[:2])
        - 1.0 * sum(move == 0 for move in moves) / len(moves)
        + 1.0 * (degrees.count(peak) == 1)
        + 1.0 * (0.3 < place < 0.8)
        - 0.5 * max(0, 4 - span)
        - 0.4 * max(0.0, abs(sum(degrees) / len(degrees) - CENTRAL_DEGREE) - 1)
        - 0.7 * max(0, span - 8)
        - 2.0 * (min(degrees) < LOWEST_DEGREE or peak > HIGHEST_DEGREE)
    )


def rhythm(motif: Motif) -> Cell:
    return tuple((note.start_beat, note.beats) for note in motif)


def transpose(motif: Motif, steps: int) -> Motif:
    return tuple(replace(note, degree=note.degree + steps) for note in motif)


def invert(motif: Motif) -> Motif:
    """Mirror the contour on its first note."""
    return tuple(replace(note, degree=2 * motif[0].degree - note.degree) for note in motif)


def squeeze(motif: Motif) -> Motif:
    """A 4/4 motif in 3/4: the second half passes twice as fast."""
    return placed(motif, THREE_FOUR)


def placed(motif: Motif, places: Sequence[float], pulses: int = 0) -> Motif:
    """A 4/4 motif in another metre: `places` (five, or nine for half beats) are where beats 0 to 4 fall.

    With `pulses` onsets move to the nearest pulse of the beat; a note that loses all its length is left out.
    """
    known = np.linspace(0, 4, len(places))

    def at(beat: float) -> float:
        place = float(np.interp(beat, known, places))
        return round(place * pulses) / pulses if pulses else place

    spans = [(note.degree, at(note.start_beat), at(note.start_beat + note.beats)) for note in motif]
    return tuple(ThemeNote(degree, start, end - start) for degree, start, end in spans if end > start)


def augment(bars: Sequence[Motif]) -> tuple[Motif, ...]:
    """The first half of the bars at half speed, over as many bars as before; the last bar stays as it was."""
    halves: list[Motif] = []
    for bar in bars[: (len(bars) + 1) // 2]:
        slow = [replace(note, start_beat=note.start_beat * 2, beats=note.beats * 2) for note in bar]
        for low in (0.0, 4.0):
            here = [note for note in slow if low <= note.start_beat < low + 4]
            halves.append(tuple(_within(note, low) for note in here))
    return (*halves[: len(bars) - 1], bars[-1])


def _within(note: ThemeNote, low: float) -> ThemeNote:
    start = note.start_beat - low
    return ThemeNote(note.degree, start, min(note.beats, 4 - start))


def _lifted(bars: Sequence[Motif]) -> tuple[Motif, ...]:
    return (*(transpose(bar, 2) for bar in bars[:-1]), bars[-1])


def _mirrored(bars: Sequence[Motif]) -> tuple[Motif, ...]:
    return (bars[0], *(invert(bar) for bar in bars[1:-1]), bars[-1])


VARIATIONS: tuple[Callable[[Sequence[Motif]], tuple[Motif, ...]], ...] = (_lifted, _mirrored, augment, tuple)
"""What 'vary' may do to the four bars; the last only ornaments, where the density allows."""


def develop(themes: Sequence[Theme], bars: int, rng: np.random.Generator) -> tuple[Motif, ...]:
    """Head motives in sequence, taking turns between the themes and sometimes mirrored; the close of the first."""
    fall = int(rng.choice((-1, 1)))
    laid: list[Motif] = []
    for index in range(bars - 1):
        head = themes[(index // 2) % len(themes)].bars[0]
        turned = invert(head) if rng.random() < 0.35 else head
        laid.append(transpose(turned, fall * (index % 4)))
    return (*laid, themes[0].bars[-1])


def characteristic(theme: Theme, phrases: Sequence[Sequence[int]], rng: np.random.Generator) -> tuple[Motif, ...]:
    """The theme's rhythm sung to characteristic phrases, each joined to the one that begins nearest to its end.

    Bars of equal rhythm keep equal notes, so that the theme still repeats what it repeated.
    """
    line = _chained(phrases, len(theme.degrees), rng)
    sung: dict[Cell, Motif] = {}
    for bar in theme.bars:
        if rhythm(bar) not in sung:
            tones, line = line[: len(bar)], line[len(bar) :]
            sung[rhythm(bar)] = tuple(replace(note, degree=tone) for note, tone in zip(bar, tones, strict=True))
    return tuple(sung[rhythm(bar)] for bar in theme.bars)


def _chained(phrases: Sequence[Sequence[int]], length: int, rng: np.random.Generator) -> list[int]:
    """At least `length` tones: a first phrase by chance, then always the nearest of those not sung yet."""
    left = [phrases[index] for index in rng.permutation(len(phrases))]
    line = list(left.pop(0))
    while len(line) < length:
        left = left or list(phrases)
        nearest = min(range(len(left)), key=lambda index: abs(left[index][0] - line[-1]))
        line += left.pop(nearest)
    return line
