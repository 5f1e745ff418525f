"""A piece as read: notes of its tracks on the grid, metres and tempos; and the caps that no file may pass."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import GRID

Steps = NDArray[np.int32]

MOST_FILE_BYTES = 4 * 2**20
MOST_NOTES = 200_000
LONGEST_S = 4 * 3600.0
LONGEST_STEPS = int(LONGEST_S / 60 * 300 * GRID)  # as many beats as 4 h hold at 300 a minute
LEAST_NOTES = 8


class Refused(ValueError):
    """A file that is not read, with the reason that the manifest gives."""


@dataclass(frozen=True)
class Track:
    """A staff or instrument: its name as printed, General MIDI program, whether it is a drum kit."""

    name: str
    program: int = 0
    drums: bool = False


@dataclass(frozen=True)
class Score:
    """Notes as rows (onset, length, pitch, track, velocity), in grid steps and sorted; metres and tempos from steps on.

    `metres` are rows (step, bar length in steps), `tempos` rows (step, beats a minute); empty tempos are unknown.
    `pickup` is the length of the first bar in steps, `lines` are all bar lines, where the source states them.
    """

    notes: Steps
    tracks: tuple[Track, ...]
    metres: tuple[tuple[int, int], ...]
    tempos: tuple[tuple[int, float], ...]
    pickup: int | None = None
    lines: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        return int((self.notes[:, 0] + self.notes[:, 1]).max())


def checked(score: Score) -> Score:
    """The score, when it keeps the caps. Raises Refused."""
    if len(score.notes) < LEAST_NOTES:
        raise Refused(f"{len(score.notes)} notes; expected {LEAST_NOTES} or more")
    if len(score.notes) > MOST_NOTES:
        raise Refused(f"{len(score.notes)} notes; at most {MOST_NOTES}")
    if score.end > LONGEST_STEPS or length_s(score) > LONGEST_S:
        raise Refused(f"longer than {LONGEST_S / 3600:.0f} h")
    return score


def length_s(score: Score) -> float:
    """Duration at the tempos of the source; 120 beats a minute where it has none."""
    rows = [*(score.tempos or ((0, 120.0),)), (score.end, 0.0)]
    return sum(max(0, after - at) / GRID * 60 / bpm for (at, bpm), (after, _) in pairwise(rows))
