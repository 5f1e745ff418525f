"""Does the music say what it was asked to say? A grid of targets, measured by the rule and by the independent judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.evaluation.music.composing import NEUTRAL, composed, fixed, notes_alone, played_at, sound
from models.evaluation.music.raters import Judge
from models.music.compose import Job, Piece
from models.music.measures import measure
from models.music.plan import Aim, Generator, PerformedBar
from models.music.tradition import Tradition
from models.training.labels import MEASURES, scored

Array = NDArray[np.float64]
Ears = Callable[[Sequence[Sequence[PerformedBar]]], Array]
"""Passages in, (n, 2) valence and arousal out; NaN where nothing sounds."""
FARTHEST = 0.8


@dataclass(frozen=True)
class Grid:
    """`side` x `side` targets from -0.8 to 0.8, each with `seeds` pieces of `bars` bars."""

    side: int = 5
    seeds: int = 8
    bars: int = 16

    @property
    def targets(self) -> Array:
        """(side² · seeds, 2): the pieces of a target stand together."""
        steps = np.linspace(-FARTHEST, FARTHEST, self.side)
        return np.repeat(np.array(list(product(steps, steps))), self.seeds, axis=0)

    def jobs(self, tradition: Tradition) -> list[Job]:
        return [
            fixed(float(v), float(a), self.bars, index % self.seeds, tradition)
            for index, (v, a) in enumerate(self.targets)
        ]  # fmt: skip


@dataclass(frozen=True)
class Control:
    """Each as (valence, arousal). `r2` is of a straight line from what cell means measure to the target.

    `crosstalk` is how far the measure moves per unit of the other target, as a share of how far it moves per unit of
    its own (least squares over both targets): 0 is none, 1 is as far.
    """

    r2: tuple[float, float]
    spearman_cells: tuple[float, float]
    spearman_pieces: tuple[float, float]
    crosstalk: tuple[float, float]


def control(targets: Array, measured: Array, seeds: int) -> Control:
    """Figures of measured (n, 2) against targets (n, 2), `seeds` neighbouring rows a cell."""
    cells, means = targets[::seeds], np.nanmean(measured.reshape(-1, seeds, 2), axis=1)
    known = ~np.isnan(measured).any(axis=1)
    pairs = [(_r2(cells[:, d], means[:, d]), _rank(cells[:, d], means[:, d])) for d in range(2)]
    single = [_rank(targets[known, d], measured[known, d]) for d in range(2)]
    return Control(
        (pairs[0][0], pairs[1][0]),
        (pairs[0][1], pairs[1][1]),
        (single[0], single[1]),
        (_crosstalk(cells, means[:, 0], 0), _crosstalk(cells, means[:, 1], 1)),
    )


def _r2(target: Array, measured: Array) -> float:
    return float(np.corrcoef(target, measured)[0, 1] ** 2) if np.ptp(measured) > 0 else 0.0


def _rank(target: Array, measured: Array) -> float:
    return float(spearmanr(target, measured).statistic) if np.ptp(measured) > 0 else 0.0


def _crosstalk(cells: Array, means: Array, own: int) -> float:
    slopes = np.linalg.lstsq(np.column_stack([cells, np.ones(len(cells))]), means, rcond=None)[0]
    return float(abs(slopes[1 - own]) / max(abs(slopes[own]), 1e-9))


def by_rule(passages: Sequence[Sequence[PerformedBar]]) -> Array:
    """The literature's rule, features z-scored over the passages given."""
    rows = np.full((len(passages), len(MEASURES)), np.nan)
    for row, bars in zip(rows, passages, strict=True):
        if any(note.role != "drums" for bar in bars for note in bar.notes):
            row[:] = astuple(measure(bars))
    return np.stack(scored(rows), axis=1)


def ears(judges: Sequence[Judge]) -> dict[str, Ears]:
    """The rule and every judge, by name."""

    return {"rule": by_rule, **{judge.kind: judge.of_pieces for judge in judges}}


def heard_ways(pieces: Sequence[Piece]) -> dict[str, list[list[PerformedBar]]]:
    """The whole system, and its notes alone under one tempo, loudness and touch."""
    return {"whole": [sound(piece) for piece in pieces], "notes alone": [notes_alone(piece) for piece in pieces]}


def floors(grid: Grid, generator: Generator, tradition: Tradition) -> dict[str, list[list[PerformedBar]]]:
    """Pieces that were asked nothing, each of its own seed: as they are, and played (not written) as asked."""
    asked = [Aim(float(v), float(a)) for v, a in grid.targets]
    unasked = composed([fixed(0, 0, grid.bars, 100 + index, tradition) for index in range(len(asked))], generator)
    return {
        "no conditioning": [played_at(piece, [NEUTRAL] * len(piece), 0) for piece in unasked],
        "performance alone": [
            played_at(piece, [aim] * len(piece), 0) for piece, aim in zip(unasked, asked, strict=True)
        ],
    }
