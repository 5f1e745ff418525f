"""Control: the grid, the floors, one wish at a time, and how soon a step is there."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.stats import spearmanr

from models.evaluation.music import steps, wishes
from models.evaluation.music.control import Control, Ears, control, ears, floors, heard_ways
from models.evaluation.music.excerpts import human
from models.evaluation.music.raters import JUDGE, SCALES, Judge
from models.evaluation.music.study import Study
from models.evaluation.music.tables import Figure, Section, Table, bare, told
from models.training.corpus.archives import ArchiveMissing
from models.training.corpus.score import Refused
from models.training.labels import played

FLOOR_BY = "rules"
ASKED = {  # figure: (valence, arousal, at least)
    "R² of cell means": (0.80, 0.90, True),
    "Spearman of cell means": (0.85, 0.95, True),
    "cross-talk": (0.15, 0.15, False),
}
HEADS = ("generator", "what sounds", "measured by", "R² V", "R² A", "ρ cells V", "ρ cells A", "ρ pieces V",
         "ρ pieces A", "cross-talk V", "cross-talk A")  # fmt: skip


def section(study: Study) -> Section:
    judges, lacking = _judges(study)
    measures = ears(judges)
    rows: list[tuple[str, ...]] = []
    figures: list[Figure] = []
    for name in study.generators:
        for way, heard in heard_ways(study.grid(name)).items():
            for ear, hears in measures.items():
                found = control(study.amount.grid.targets, hears(heard), study.amount.grid.seeds)
                rows.append((name, way, ear, *_cells(found)))
                if way == "whole" and ear == JUDGE:
                    figures += _figures(name, found)
    tables = [
        *_judge_tables(judges),
        Table(HEADS, (*rows, *_floor_rows(study, measures), *_human_rows(study, judges)), _grid_words(study)),
        _wish_table(study),
    ]
    step_table, step_figures = _steps(study, judges)
    words = (
        "R² is of a straight line from what the cells' means measure to the target. Cross-talk of valence is how far "
        "measured valence moves per unit of asked arousal, as a share of how far it moves per unit of asked valence; "
        "of arousal the other way round. 'Notes alone' is the same pieces under one tempo, loudness and touch: what "
        "plan and generator put into the notes. All generators share the planner, so what a network adds is its "
        f"difference from `{FLOOR_BY}` there. No generator with prefix tokens was trained, so that floor is not here."
    )
    return Section("Control", f"{words} {lacking}".strip(), (*tables, step_table), (*figures, *step_figures))


def _judges(study: Study) -> tuple[list[Judge], str]:
    try:
        return study.judges, ""
    except (ArchiveMissing, Refused) as reason:
        return [], f"The independent judge is missing: {bare(str(reason))}; only the rule measures here."


def _judge_tables(judges: list[Judge]) -> Iterator[Table]:
    if judges:
        words = (
            "The judge is fitted on VGMIDI's raters inside this evaluation only, on 18 features of eight bars that are "
            "computed apart from the rule's. Its r with raters of pieces it was not fitted on (tenfold, whole pieces "
            "held out) is the ceiling of what it can say. The figures above take the word of the ridge, since cues add "
            "up and it goes on beyond the range of the piano pieces it was fitted on; trees know those better and "
            "hear less control in ours. Both are shown:"
        )
        rows = [
            (judge.kind, *(told(r) for pair in (judge.r_windows, judge.r_pieces) for r in pair)) for judge in judges
        ]
        yield Table(("judge", "eight bars V", "eight bars A", "pieces V", "pieces A"), tuple(rows), words)


def _cells(found: Control) -> tuple[str, ...]:
    pairs = (found.r2, found.spearman_cells, found.spearman_pieces, found.crosstalk)
    return tuple("> 9" if value > 9 else told(value) for pair in pairs for value in pair)


def _figures(name: str, found: Control) -> Iterator[Figure]:
    values = {
        "R² of cell means": found.r2,
        "Spearman of cell means": found.spearman_cells,
        "cross-talk": found.crosstalk,
    }
    for figure, (valence, arousal, at_least) in ASKED.items():
        for scale, value, bound in zip(SCALES, values[figure], (valence, arousal), strict=True):
            yield Figure(name, f"{scale}: {figure}", value, bound, at_least)


def _grid_words(study: Study) -> str:
    grid = study.amount.grid
    return (
        f"{grid.side} × {grid.side} targets from -0.8 to 0.8, {grid.seeds} pieces of {grid.bars} bars each. "
        f"Equal targets are ties: the highest ρ there can be is {_highest(grid.side):.3f} over cells. "
        f"Floors, by `{FLOOR_BY}`: pieces that were asked nothing, and the same notes only played as asked. People's "
        "works were asked nothing; their row is how far the corpus's labels (ranks within a style, tempo known) and "
        "the judge (the same scores at one tempo and loudness) agree."
    )


def _highest(side: int) -> float:
    """Spearman of targets with `side` equal ones each against perfectly ordered measures."""
    targets = np.repeat(np.arange(side), side)
    return float(spearmanr(targets, np.arange(side * side)).statistic)


def _floor_rows(study: Study, measures: dict[str, Ears]) -> Iterator[tuple[str, ...]]:
    name = FLOOR_BY if FLOOR_BY in study.generators else next(iter(study.generators))
    for floor, heard in floors(study.amount.grid, study.generators[name], study.western).items():
        for ear, hears in measures.items():
            found = control(study.amount.grid.targets, hears(heard), study.amount.grid.seeds)
            yield (f"floor: {floor}", "–", ear, *_cells(found))


def _human_rows(study: Study, judges: list[Judge]) -> Iterator[tuple[str, ...]]:
    """People's works have no targets: how far rule and judge agree about them."""
    excerpts = [one for one in human(study.held_out) if not math.isnan(sum(one.mood))]
    if len(excerpts) > 2:
        moods = np.array([one.mood for one in excerpts])
        for judge in judges:
            said = judge.of_pieces([played(one.bars, [np.nan] * len(one.bars)) for one in excerpts])
            ranks = [told(float(spearmanr(moods[:, scale], said[:, scale]).statistic)) for scale in range(2)]
            yield ("human: the corpus's labels", "scores", judge.kind, "–", "–", "–", "–", *ranks, "–", "–")


def _wish_table(study: Study) -> Table:
    amount = study.amount
    heads = ("generator", "asked", *(f"measured {name}" for name in wishes.WISHES))
    rows: list[tuple[str, ...]] = []
    for name, generator in study.generators.items():
        found = wishes.obeyed(generator, study.western, amount.wish_levels, amount.wish_seeds)
        rows += [(name, wish, *(told(value) for value in row)) for wish, row in zip(wishes.WISHES, found, strict=True)]
    words = (
        f"One wish at a time, beyond the plan and with all else at rest: Spearman of {amount.wish_levels} levels, "
        f"{amount.wish_seeds} pieces of {wishes.BARS} bars each, with what is measured in the notes (tension as "
        "roughness, mode as majorness). The diagonal should be high and the rest near 0."
    )
    return Table(heads, tuple(rows), words)


def _steps(study: Study, judges: list[Judge]) -> tuple[Table, list[Figure]]:
    heads = ("generator", "scale", "what sounds", "measured by", *(f"step at bar {bar}" for bar in steps.STEP_BARS))
    rows: list[tuple[str, ...]] = []
    figures: list[Figure] = []
    for name, generator in study.generators.items():
        found = steps.reactions(generator, study.western, judges, study.amount.step_seeds)
        for scale, way, ear in dict.fromkeys(key[:3] for key in found):
            waited = [found[scale, way, ear, bar] for bar in steps.STEP_BARS]
            rows.append((name, scale, way, ear, *(told(bars, 0) for bars in waited)))
            if way == "performance":
                figures.append(Figure(name, "bars until a step is played", max(waited), 1, at_least=False))
            elif way == "notes alone" and ear == JUDGE:
                figures.append(Figure(name, f"{scale}: bars until a step is in the notes", max(waited), 2, False))
    words = (
        f"Bars until 63 % of a step from {steps.LOW} to {steps.HIGH} or back, the other target at 0: 1 is the bar of "
        "the step itself. Single bars, the mean of rising less falling pieces; bar 8 begins a phrase, bar 10 stands "
        "within one. A dash: no step that is larger than the curve's own wandering."
    )
    return Table(heads, tuple(rows), words), figures
