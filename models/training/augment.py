"""Pure changes to bars that make more music of the same: transposition, stretching, looser rhythm, fewer roles.

Tokens are relative to the tonic, so a model learns every key from one; `transposed` then only moves the register by
whole octaves or the sounding key for an absolute encoding. All chance comes from the generator handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.music.harmony import pitch_classes
from models.music.plan import ROLES, Chord, Note
from models.music.tokens import GRID, WrittenBar, on_grid
from models.music.tokens.vocabulary import HIGHEST, LONGEST, LOWEST

Bars = tuple[WrittenBar, ...]


def transposed(bars: Sequence[WrittenBar], semitones: int) -> Bars:
    """All pitched roles and tonics moved; drums stay. Raises ValueError where a note would leave A0 to C8."""
    pitches = [note.pitch for bar in bars for note in bar.notes if note.role != "drums"]
    if pitches and (min(pitches) + semitones < LOWEST or max(pitches) + semitones > HIGHEST):
        reach = f"{LOWEST - min(pitches)} to {HIGHEST - max(pitches)}"
        raise ValueError(f"transposed by {semitones} semitones; these bars allow {reach}")
    return tuple(_moved(bar, semitones) for bar in bars)


def _moved(bar: WrittenBar, semitones: int) -> WrittenBar:
    tonic = (bar.tonic + semitones) % 12
    chords = tuple(replace(chord, pitch_classes=pitch_classes(chord.numeral, tonic)) for chord in bar.chords)
    notes = (note if note.role == "drums" else replace(note, pitch=note.pitch + semitones) for note in bar.notes)
    return on_grid(WrittenBar(bar.steps, tonic, chords, tuple(notes)))


def stretched(bars: Sequence[WrittenBar], factor: float) -> Bars:
    """Every length times 2, or times ½: two bars then become one, and an odd last bar stands alone.

    Raises ValueError for another factor, or where a bar would pass the longest there is.
    """
    if factor not in (0.5, 2.0):
        raise ValueError(f"factor {factor}; expected 0.5 or 2")
    if factor == 2.0:
        return tuple(half for bar in bars for half in _doubled(bar))
    pairs = [bars[index : index + 2] for index in range(0, len(bars), 2)]
    return tuple(_halved(pair) for pair in pairs)


def _scaled(bar: WrittenBar, factor: float, later: float = 0.0) -> tuple[list[Chord], list[Note]]:
    chords = [replace(c, start_beat=c.start_beat * factor + later, beats=c.beats * factor) for c in bar.chords]
    notes = [replace(n, start_beat=n.start_beat * factor + later, beats=n.beats * factor) for n in bar.notes]
    return chords, notes


def _doubled(bar: WrittenBar) -> Bars:
    """Two bars of the same metre, the first half and the second half of the bar at half the pace."""
    chords, notes = _scaled(bar, 2.0)
    middle = bar.steps / GRID
    sounding = [chord for chord in chords if chord.start_beat < middle]
    carried = [replace(sounding[-1], start_beat=middle)] if sounding else []
    second = [*carried, *(chord for chord in chords if chord.start_beat >= middle)]
    halves = []
    for start, own in ((0.0, sounding), (middle, second)):
        inside = (n for n in notes if start <= n.start_beat < start + middle)
        moved = tuple(replace(note, start_beat=note.start_beat - start) for note in inside)
        placed = tuple(replace(chord, start_beat=chord.start_beat - start) for chord in own)
        halves.append(on_grid(WrittenBar(bar.steps, bar.tonic, placed, moved)))
    return tuple(halves)


def _halved(pair: Sequence[WrittenBar]) -> WrittenBar:
    """One bar of two at twice the pace; its length is rounded up to whole sixteenths, its key the first's."""
    chords, notes, later = [], [], 0.0
    for bar in pair:
        own_chords, own_notes = _scaled(bar, 0.5, later)
        chords += own_chords
        notes += own_notes
        later += bar.steps / GRID / 2
    steps = min(LONGEST, max(3, -(-round(later * GRID) // 3) * 3))
    same_key = tuple(chord for bar, part in _by_bar(pair, chords) for chord in part if bar.tonic == pair[0].tonic)
    return on_grid(WrittenBar(steps, pair[0].tonic, same_key, tuple(notes)))


def _by_bar(pair: Sequence[WrittenBar], chords: list[Chord]) -> list[tuple[WrittenBar, list[Chord]]]:
    first = len(pair[0].chords)
    return list(zip(pair, (chords[:first], chords[first:]), strict=False))


def loosened(
    bars: Sequence[WrittenBar], amount: float, rng: np.random.Generator, roles: Sequence[str] = ("chords", "counter")
) -> Bars:
    """A share `amount` of the notes of these roles off the beat moved by a sixteenth or a triplet to a free place."""
    if not 0 <= amount <= 1:
        raise ValueError(f"amount {amount}; expected 0 to 1")
    return tuple(_loose(bar, amount, rng, roles) for bar in bars)


def _loose(bar: WrittenBar, amount: float, rng: np.random.Generator, roles: Sequence[str]) -> WrittenBar:
    taken = {(note.role, round(note.start_beat * GRID)) for note in bar.notes}
    changes: dict[tuple[str, int], int] = {}
    for role, place in sorted(taken):
        if role in roles and place % GRID and rng.random() < amount:
            to = place + int(rng.choice((-3, 3)))
            if 0 <= to < bar.steps and (role, to) not in taken | {(r, changes[r, p]) for r, p in changes}:
                changes[role, place] = to
    moved = (
        replace(note, start_beat=changes.get((note.role, place), place) / GRID)
        for note in bar.notes
        for place in [round(note.start_beat * GRID)]
    )
    return on_grid(WrittenBar(bar.steps, bar.tonic, bar.chords, tuple(moved)))


def thinned(bars: Sequence[WrittenBar], dropped: Sequence[str]) -> Bars:
    """Without these roles. Raises ValueError naming a role that there is not."""
    if unknown := [role for role in dropped if role not in ROLES]:
        raise ValueError(f"no role {', '.join(unknown)}; there are: {', '.join(ROLES)}")
    return tuple(replace(bar, notes=tuple(n for n in bar.notes if n.role not in dropped)) for bar in bars)


def roles_to_drop(present: Sequence[str], rng: np.random.Generator, share: float = 0.2) -> tuple[str, ...]:
    """Each of the roles present with chance `share`, but never all of them."""
    chosen = [role for role in present if rng.random() < share]
    return tuple(chosen[:-1] if len(chosen) == len(present) else chosen)
