"""A score reduced to the five roles, bar by bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.music.plan import Chord, Note
from models.music.tokens import GRID, WrittenBar, on_grid
from models.music.tokens.vocabulary import DRUM_PITCHES, LONGEST
from models.training.corpus.chords import chords_of_bars
from models.training.corpus.keys import keys_of_bars
from models.training.corpus.melody import Mask, melody
from models.training.corpus.score import Score, Steps

MELODY, COUNTER, CHORDS, BASS, DRUMS = range(5)
NAMES = ("melody", "counter", "chords", "bass", "drums")
HIGHEST_BASS = 62  # D4: what lies above is texture, not bass
MOST_TONES = 4  # of the texture at one onset; doublings of other roles go first
SOLO_SHARE = 0.9  # of a counter's onsets that have one note
SMALL_STEP = 4.5  # mean interval in semitones up to which a part sings rather than breaks chords
KIT = {  # Roland TD-11 and General MIDI strokes to the plain kit (Gillick et al. 2019, table 1)
    22: 42, 26: 46, 35: 36, 37: 38, 40: 38, 39: 38, 41: 43, 45: 47, 44: 42, 50: 50, 48: 50, 52: 49, 55: 49, 57: 49,
    53: 51, 59: 51, 58: 43,
}  # fmt: skip

Roles = NDArray[np.int8]


def written_bars(score: Score, lines: Steps) -> tuple[list[WrittenBar], list[int]]:
    """The piece as bars on the grid and where each begins; `lines` from `metre.bar_lines`.

    Silent bars at either end are left out.
    """
    pitched, drums = _kinds(score)
    keys = keys_of_bars(pitched, lines)
    chords = chords_of_bars(pitched, lines, keys)
    kept = _trimmed(pitched, assign(pitched, score, lines))
    rows = [*kept, *((onset, 3, KIT.get(pitch, pitch), DRUMS) for onset, _, pitch, *_ in drums.tolist())]
    bars = [_bar(*piece) for piece in _pieces(rows, lines, [key.tonic for key in keys], chords)]
    full = [index for index, bar in enumerate(bars) if bar.notes]
    sounding = slice(full[0], full[-1] + 1) if full else slice(0, 0)
    return bars[sounding], lines[:-1][sounding].tolist()


def _kinds(score: Score) -> tuple[Steps, Steps]:
    kit = np.array([track.drums for track in score.tracks])
    drums = kit[score.notes[:, 3]] & np.isin(score.notes[:, 2], [*DRUM_PITCHES, *KIT])
    return score.notes[~kit[score.notes[:, 3]]], score.notes[drums]


def assign(notes: Steps, score: Score, lines: Steps) -> Roles:
    """The role of each note, (n,), -1 for doublings that are left out."""
    roles = np.full(len(notes), CHORDS, dtype=np.int8)
    if not len(notes):
        return roles
    top = melody(notes, score.tracks)
    roles[top] = MELODY
    roles[_bass(notes, ~top)] = BASS
    bar = np.clip(np.searchsorted(lines, notes[:, 0], side="right") - 1, 0, len(lines) - 2)
    _counters(notes, roles, bar)
    _doublings(notes, roles)
    return roles


def _bass(notes: Steps, free: Mask) -> Mask:
    """The lowest free note of each onset, unless one beneath it still sounds or it lies too high."""
    chosen = np.zeros(len(notes), dtype=bool)
    until, pitch, onset = 0, 0, -1
    for index in np.flatnonzero(free).tolist():
        at, length, own = notes[index, :3].tolist()
        first_of_onset, onset = at != onset, at
        if not first_of_onset or own > HIGHEST_BASS or (until > at and pitch < own):
            continue
        chosen[index] = True
        until, pitch = at + length, own
    return chosen


def _counters(notes: Steps, roles: Roles, bar: NDArray[np.intp]) -> None:
    """In each bar the highest part that moves alone and by small steps, if there is one, becomes the counter."""
    edges = np.flatnonzero(np.r_[True, bar[1:] != bar[:-1]]).tolist()
    last = -1  # the track that had the counter before keeps it while it can
    for first, after in pairwise([*edges, len(notes)]):
        inside = np.arange(first, after)
        free = inside[roles[first:after] == CHORDS]
        parts = [own for track in np.unique(notes[free, 3]) if _sings(notes, own := free[notes[free, 3] == track])]
        if parts:
            best = max(parts, key=lambda own: (notes[own[0], 3] == last, notes[own, 2].mean()))
            roles[best] = COUNTER
            last = int(notes[best[0], 3])


def _sings(notes: Steps, own: NDArray[np.intp]) -> bool:
    if len(own) < 2:
        return False
    onsets, pitches = notes[own, 0], notes[own, 2]
    alone = len(np.unique(onsets)) / len(onsets)
    moves = np.abs(np.diff(pitches))
    return bool(alone >= SOLO_SHARE and moves.any() and moves.mean() <= SMALL_STEP)


def _doublings(notes: Steps, roles: Roles) -> None:
    """Of the texture at one onset at most `MOST_TONES` remain: first those whose pitch class no one else has."""
    edges = np.flatnonzero(np.r_[True, notes[1:, 0] != notes[:-1, 0]]).tolist()
    for first, after in pairwise([*edges, len(notes)]):
        if after - first == 1:
            continue
        seen = {int(notes[i, 2]) for i in range(first, after) if roles[i] not in (CHORDS, -1)}
        classes = {pitch % 12 for pitch in seen}
        kept = 0
        texture = [i for i in range(after - 1, first - 1, -1) if roles[i] == CHORDS]
        new = [i for i in texture if notes[i, 2] % 12 not in classes]
        for i in sorted(texture, key=lambda i: i not in new):
            pitch = int(notes[i, 2])
            if pitch in seen or kept == MOST_TONES or (len(texture) > MOST_TONES and pitch % 12 in classes):
                roles[i] = -1
            else:
                kept += 1
                seen.add(pitch)
                classes.add(pitch % 12)


Row = tuple[int, int, int, int]  # onset, length, pitch, role


def _trimmed(notes: Steps, roles: Roles) -> Iterator[Row]:
    """Rows of all kept notes; a melody or counter note ends where the next of its line begins."""
    for role in (MELODY, COUNTER, CHORDS, BASS):
        own = notes[roles == role]
        length = np.minimum(own[:, 1], LONGEST)
        if role in (MELODY, COUNTER) and len(own) > 1:
            gap = np.append(np.diff(own[:, 0]), LONGEST)
            length = np.where(gap > 0, np.minimum(length, gap), length)
        for onset, steps, pitch in zip(own[:, 0].tolist(), length.tolist(), own[:, 2].tolist(), strict=True):
            yield onset, steps, pitch, role


def _pieces(
    rows: Sequence[Row], lines: Steps, tonics: Sequence[int], chords: Sequence[tuple[Chord, ...]]
) -> Iterator[tuple[int, int, int, tuple[Chord, ...], list[Row]]]:
    at = np.clip(np.searchsorted(lines, [row[0] for row in rows], side="right") - 1, 0, len(lines) - 2)
    by_bar: list[list[Row]] = [[] for _ in range(len(lines) - 1)]
    for index, row in zip(at.tolist(), rows, strict=True):
        by_bar[index].append(row)
    pairs = pairwise(lines.tolist())
    for (start, after), tonic, own_chords, own in zip(pairs, tonics, chords, by_bar, strict=True):
        yield start, after - start, tonic, own_chords, own


def _bar(start: int, steps: int, tonic: int, chords: tuple[Chord, ...], rows: Sequence[Row]) -> WrittenBar:
    notes = tuple(
        Note(NAMES[role], pitch, (onset - start) / GRID, length / GRID) for onset, length, pitch, role in rows
    )
    return on_grid(WrittenBar(steps, tonic, chords, notes))
