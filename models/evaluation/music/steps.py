"""How soon the music answers: bars until 63 % of a step of the target, in what is played and in what is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from models.evaluation.music.composing import composed, notes_alone, sound
from models.evaluation.music.control import by_rule
from models.evaluation.music.hearing import features, passage
from models.evaluation.music.raters import SCALES, Judge
from models.music.compose import Job, Waypoint
from models.music.plan import Aim, Generator, PerformedBar
from models.music.tradition import Tradition

Array = NDArray[np.float64]
LOW, HIGH = -0.6, 0.6
STEP_BARS = (8, 10)
"""The first is where a phrase begins, the second within one."""
SETTLED = 4
"""Bars after the step from which the new level is taken."""
BARS = 24


@dataclass(frozen=True)
class Step:
    """A stepped piece: which scale (0 valence, 1 arousal), up (1) or down (-1), and the bar from which it holds."""

    scale: int
    way: int
    bar: int
    seed: int

    def job(self, tradition: Tradition) -> Job:
        ends = (LOW, HIGH)[:: self.way]
        aims = [Aim(end, 0.0) if self.scale == 0 else Aim(0.0, end) for end in ends]
        return Job((Waypoint(self.bar - 1, aims[0]), Waypoint(self.bar, aims[1])), BARS, self.seed, tradition)


def steps(seeds: int) -> list[Step]:
    return [Step(s, way, bar, seed) for s in (0, 1) for bar in STEP_BARS for way in (1, -1) for seed in range(seeds)]


def reactions(
    generator: Generator, tradition: Tradition, judges: Sequence[Judge], seeds: int
) -> dict[tuple[str, str, str, int], float]:
    """Bars by (scale, 'whole' or 'notes alone' or 'performance', ear, step's bar); NaN where no step is heard."""
    asked = steps(seeds)
    pieces = composed([step.job(tradition) for step in asked], generator)
    whole, notes = [sound(piece) for piece in pieces], [notes_alone(piece) for piece in pieces]
    curves: dict[tuple[str, str], Array] = {
        (way, ear): said
        for way, heard in (("whole", whole), ("notes alone", notes))
        for ear, said in _bar_by_bar(heard, judges).items()
    }
    curves["performance", "tempo and loudness"] = np.stack([_performed(whole)] * 2, axis=-1)
    found = {}
    for (way, ear), said in curves.items():
        for scale, name in enumerate(SCALES):
            if way == "performance" and name == "valence":
                continue
            for bar in STEP_BARS:
                rows = [i for i, step in enumerate(asked) if (step.scale, step.bar) == (scale, bar)]
                ways = np.array([asked[i].way for i in rows])
                found[name, way, ear, bar] = until(rising(said[rows, :, scale], ways), bar)
    return found


def _bar_by_bar(heard: Sequence[Sequence[PerformedBar]], judges: Sequence[Judge]) -> Mapping[str, Array]:
    """(pieces, bars, 2) by ear."""
    shape = (len(heard), BARS, 2)
    single = [[bar] for bars in heard for bar in bars]
    rows = np.array([features(passage(bar)) for bar in single])
    said = {judge.kind: judge.scores(rows).reshape(shape) for judge in judges}
    return {"rule": by_rule(single).reshape(shape), **said}


def _performed(heard: Sequence[Sequence[PerformedBar]]) -> Array:
    """Tempo and mean velocity of each bar, z-scored and added, (pieces, bars)."""
    tempo = np.array([[bar.tempo_bpm for bar in bars] for bars in heard])
    loud = np.array([[_loudness(bar) for bar in bars] for bars in heard])
    loud = np.where(np.isnan(loud), np.nanmean(loud), loud)
    total: Array = sum(((each - each.mean()) / (each.std() or 1.0) for each in (tempo, loud)), np.zeros_like(tempo))
    return total


def _loudness(bar: PerformedBar) -> float:
    return fmean(note.velocity for note in bar.notes) if bar.notes else float("nan")


def rising(curves: Array, ways: NDArray[np.int_]) -> Array:
    """Mean of rising curves less that of falling ones, (bars,): what the form does to both cancels out."""
    up, down = np.nanmean(curves[ways > 0], axis=0), np.nanmean(curves[ways < 0], axis=0)
    half: Array = (up - down) / 2
    return half


def until(curve: Array, step: int) -> float:
    """Bars from the step until 63 % of the way is first reached, 1 for the bar of the step itself.

    NaN when the way is no longer than the curve wanders without a step.
    """
    before, after = curve[1:step], curve[step + SETTLED :]
    way = after.mean() - before.mean()
    wander = np.sqrt((before.var() + after.var()) / 2)
    if not way > wander:
        return float("nan")
    there = np.flatnonzero((curve[step:] - before.mean()) / way >= 0.63)
    return float(there[0] + 1) if len(there) else float("nan")
