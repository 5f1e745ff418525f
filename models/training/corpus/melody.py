"""Which note is the melody: the skyline, held to a line that moves by small steps and stays with its instrument."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import GRID
from models.training.corpus.score import Steps, Track

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

CANDIDATES = 4  # highest notes of an onset that may be melody; the fifth choice is that the melody rests or holds
# Costs: random search on 27 songs and 4 quartets whose instruments were hidden; `separation_check` hears the others.
BELOW_TOP = 0.3  # a rank under the highest
LEAP = 0.02  # a semitone from the last melody note; beyond an octave no more
OTHER_TRACK = 0.5  # to leave the instrument
REST = 0.45  # an onset without melody
COVERED = 0.6  # to move while a higher note, or the singer, still sounds
SHORT = 0.9  # a note shorter than a sixteenth
LOW_REGISTER, LOW_COST = 55, 0.2  # a semitone under G3
SINGER = 3.0  # what a voice's name is worth

LEADING: Sequence[tuple[str, float]] = (  # names of tracks that carry the melody, and their worth
    (r"piano|pno|klavier|cembalo|harp|guitar|organ|\brh\b|\blh\b|left|lower", 0.0),
    (r"^(voice|sing|gesang|canto|chant|cantus|sopran|mezzo|melody|mel)", SINGER),
    (r"^(alto|tenor|bariton)", 1.0),
    (r"(violin|violine|violino|violon|vln)\W*(1|i)\b", 0.3),
    (r"^(flute|flauto|flöte|oboe)", 0.1),
)


def worth(track: Track) -> float:
    """How much a track's printed name speaks for its being the melody."""
    name = track.name.lower()
    return next((value for pattern, value in LEADING if re.search(pattern, name)), 0.0)


def skyline(notes: Steps) -> Mask:
    """The plain skyline: the highest note of each onset, unless a higher one is still sounding; (n,)."""
    chosen = np.zeros(len(notes), dtype=bool)
    sounding_until, sounding_pitch = 0, 0
    for first, last in _onsets(notes):
        onset, top = notes[first, 0], last - 1  # rows are sorted by pitch within an onset
        if sounding_until > onset and sounding_pitch > notes[top, 2]:
            continue
        chosen[top] = True
        sounding_until, sounding_pitch = onset + notes[top, 1], notes[top, 2]
    return chosen


def _onsets(notes: Steps) -> list[tuple[int, int]]:
    starts = np.flatnonzero(np.r_[True, notes[1:, 0] != notes[:-1, 0]])
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(notes)], strict=True))


def melody(notes: Steps, tracks: Sequence[Track]) -> Mask:
    """Which notes are the melody, (n,); `notes` sorted by onset and pitch, drums left out.

    The cheapest path through the candidates of all onsets (Viterbi): high, near to the note before, on its instrument.
    """
    if not len(notes):
        return np.zeros(0, dtype=bool)
    favour = np.array([worth(track) for track in tracks])[notes[:, 3]]
    rows = _candidates(notes, favour)  # (onsets, CANDIDATES), -1 for none
    pitch = np.where(rows >= 0, notes[rows, 2], 0)
    track = np.where(rows >= 0, notes[rows, 3], -1)
    path = _cheapest(_own_cost(notes, rows, favour), pitch, track)
    chosen = np.zeros(len(notes), dtype=bool)
    picked = [rows[index, choice] for index, choice in enumerate(path) if choice < CANDIDATES]
    chosen[picked] = True
    return chosen


def _candidates(notes: Steps, favour: Array) -> NDArray[np.intp]:
    """Rows of the candidates of each onset, the leading instrument's first, then by pitch; (onsets, CANDIDATES)."""
    onsets = _onsets(notes)
    order = np.lexsort((-notes[:, 2], -favour, notes[:, 0]))
    rows = np.full((len(onsets), CANDIDATES), -1)
    for index, (first, last) in enumerate(onsets):
        top = order[first : min(last, first + CANDIDATES)]
        rows[index, : len(top)] = top
    return rows


def _own_cost(notes: Steps, rows: NDArray[np.intp], favour: Array) -> Array:
    """Cost of each candidate by itself, (onsets, CANDIDATES + 1); the last column is a rest."""
    length, pitch = notes[rows, 1], notes[rows, 2]
    cost = BELOW_TOP * np.arange(CANDIDATES) + SHORT * (length < GRID // 4)
    cost = cost + LOW_COST * np.maximum(0, LOW_REGISTER - pitch) + COVERED * (_cover(notes, rows, favour) > pitch)
    cost = np.where(rows >= 0, cost - favour[rows], np.inf)
    return np.concatenate([cost, np.full((len(rows), 1), REST)], axis=1)


def _cover(notes: Steps, rows: NDArray[np.intp], favour: Array) -> NDArray[np.int32]:
    """The highest pitch that began before each onset and still sounds, above all for a singer; (onsets, 1)."""
    cover = np.zeros((len(rows), 1), dtype=np.int32)
    held: list[tuple[int, int]] = []  # (until, pitch) of earlier tops
    for index, row in enumerate(rows[:, 0]):
        onset = notes[row, 0]
        held = [(until, pitch) for until, pitch in held if until > onset]
        cover[index, 0] = max((pitch for _, pitch in held), default=0)
        held.append((onset + notes[row, 1], 128 if favour[row] >= SINGER else notes[row, 2]))
    return cover


def _cheapest(own: Array, pitch: NDArray[np.int32], track: NDArray[np.int32]) -> list[int]:
    """Choices (0 to CANDIDATES) of the cheapest path. A rest carries the last melody note on for the leap's cost."""
    states = CANDIDATES + 1
    total = own[0].copy()
    last_pitch, last_track = np.append(pitch[0], pitch[0, 0]), np.append(track[0], -1)
    came = np.zeros((len(own), states), dtype=np.int8)
    columns = np.arange(CANDIDATES)
    for index in range(1, len(own)):
        leap = np.minimum(np.abs(last_pitch[:, None] - pitch[index][None, :]), 12) * LEAP
        change = OTHER_TRACK * ((last_track[:, None] != track[index][None, :]) & (last_track[:, None] >= 0))
        reach = total[:, None] + leap + change  # (states, CANDIDATES)
        best = reach.argmin(axis=0)
        rest = int(total.argmin())
        came[index] = [*best, rest]
        last_pitch = np.append(pitch[index], last_pitch[rest])
        last_track = np.append(track[index], last_track[rest])
        total = np.append(reach[best, columns], total[rest]) + own[index]
    path = [int(total.argmin())]
    for index in range(len(own) - 1, 0, -1):
        path.append(int(came[index, path[-1]]))
    return path[::-1]
