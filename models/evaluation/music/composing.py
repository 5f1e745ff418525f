"""Pieces for the evaluation: many at once, the same notes under another performance, and bars as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.music.compose import Job, Piece, Waypoint, compose_many
from models.music.expression import tempo_for
from models.music.harmony import TONICS
from models.music.performance import perform
from models.music.plan import Aim, Generator, PerformedBar
from models.music.tokens import GRID, WrittenBar, on_grid
from models.music.tradition import Tradition

ROWS = 50
"""Pieces that are composed in lockstep at most: more would not be faster, and take more memory."""
NEUTRAL = Aim(0.0, 0.0)


def fixed(valence: float, arousal: float, bars: int, seed: int, tradition: Tradition) -> Job:
    """A piece whose aim stays where it is."""
    return Job((Waypoint(0, Aim(valence, arousal)),), bars, seed, tradition)


def composed(jobs: Sequence[Job], generator: Generator) -> list[Piece]:
    return [
        piece for at in range(0, len(jobs), ROWS) for piece in compose_many(jobs[at : at + ROWS], generator)
    ]  # fmt: skip


def sound(piece: Piece) -> list[PerformedBar]:
    """The piece as it sounds."""
    return [performed for _, _, performed in piece]


def played_at(piece: Piece, aims: Sequence[Aim], seed: int) -> list[PerformedBar]:
    """The same notes with the tempo, loudness and touch of other aims, one a bar."""
    performed, start_s = [], 0.0
    for (plan, bar, _), aim in zip(piece, aims, strict=True):
        other = replace(plan, aim=aim, tempo_bpm=tempo_for(aim))
        performed.append(perform(bar, other, start_s, revision=0, loudness_db=0.0, seed=seed))
        start_s += other.length_s
    return performed


def notes_alone(piece: Piece) -> list[PerformedBar]:
    """The notes played as if nothing were asked: what is left of the mood is in the notes."""
    return played_at(piece, [NEUTRAL] * len(piece), seed=0)


def written(piece: Piece) -> list[WrittenBar]:
    """The bars on the grid of the tokens, without chords, accents and drums."""
    return [
        on_grid(
            WrittenBar(
                plan.beats * GRID,
                TONICS.index(plan.tonic),
                (),
                tuple(note for note in bar.notes if note.role != "drums"),
            )
        )
        for plan, bar, _ in piece
    ]
