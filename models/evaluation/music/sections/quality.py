"""Quality: what the notes are like beside held-out works of people, and whether a classifier tells them apart."""

from __future__ import annotations

import numpy as np

from models.evaluation.music.apart import KINDS, Array, auc, auc_alone, auc_of_halves
from models.evaluation.music.excerpts import BARS, Excerpt, generated, human
from models.evaluation.music.quality import NAMES, USUAL, measures
from models.evaluation.music.study import Study
from models.evaluation.music.tables import Figure, Section, Table, spread, told

MOST = 0.75
SETS = {"usual": len(USUAL), "all": len(NAMES)}


def section(study: Study) -> Section:
    composed = {name: _composed(study, name) for name in study.generators}
    people = human(study.held_out)
    sides = {**({"human": people} if people else {}), **composed}
    table = {name: np.array([measures(one.bars) for one in own]) for name, own in sides.items()}
    rows = tuple(
        (measure, *(spread(table[name][:, column].tolist()) for name in sides)) for column, measure in enumerate(NAMES)
    )
    words = (
        f"Excerpts of {BARS} bars of 4/4 on the same grid of twelve steps a beat and in the same four pitched roles; "
        "percussion, loudness and tempo are left out on both sides. Human: the test split, at most four excerpts of a "
        "work. Mean ± standard deviation over excerpts. The first seven measures are the usual ones: entropy of pitch "
        "classes (bits, four bars), onsets in common between neighbouring bars, likeness to an earlier bar at least "
        "four back, notes at once, share of the time inside the best scale (four bars), bars without a note, onsets a "
        "beat."
    )
    heads = ("measure", *(f"{name} ({len(own)})" for name, own in sides.items()))
    if not people:
        missing = "The human side is missing: no corpus with works of sixteen bars of 4/4 in its test split."
        return Section("Quality", f"{words} {missing}", (Table(heads, rows),))
    apart, figures = _apart(table, sides, list(composed))
    return Section("Quality", words, (Table(heads, rows), apart, _alone(table, list(composed))), tuple(figures))


def _alone(table: dict[str, Array], composed: list[str]) -> Table:
    """Which of the usual measures it is that tells."""
    rows = tuple(
        (measure, *(told(auc_alone(table["human"][:, column], table[name][:, column])) for name in composed))
        for column, measure in enumerate(USUAL)
    )
    words = (
        "By one measure alone. The in-scale rate tells by design: a mask holds it at 1, and people leave the scale now "
        "and then."
    )
    return Table(("measure", *composed), rows, words)


def _composed(study: Study, name: str) -> list[Excerpt]:
    grid, long = study.grid(name), study.long(name)
    groups = [f"seed {index % study.amount.grid.seeds}" for index in range(len(grid))]
    groups += [f"long seed {index % study.amount.long_seeds}" for index in range(len(long))]
    return generated([*grid, *long], groups)


def _apart(table: dict[str, Array], sides: dict[str, list[Excerpt]], composed: list[str]) -> tuple[Table, list[Figure]]:
    """AUC of every generator against people, and of people against people, by measures and classifier."""
    groups = {name: [one.group for one in own] for name, own in sides.items()}
    rows, figures = [], []
    for name in composed:
        found = {
            (kind, size): auc(table["human"][:, :wide], table[name][:, :wide], groups["human"], groups[name], kind)
            for size, wide in SETS.items()
            for kind in KINDS
        }
        rows.append((f"human against {name}", *(told(value) for value in found.values())))
        for size in SETS:
            worst = max(found[kind, size] for kind in KINDS)
            figures.append(Figure(name, f"AUC of human against generated, {size} measures", worst, MOST, False))
    halves = [
        auc_of_halves(table["human"][:, :wide], groups["human"], kind) for wide in SETS.values() for kind in KINDS
    ]
    rows.append(("human against human", *(told(value) for value in halves)))
    heads = ("who", *(f"{kind}, {wide} measures" for wide in SETS.values() for kind in KINDS))
    words = (
        "Area under the curve of a classifier that has to tell them apart, fivefold; all excerpts of a work, and all "
        "pieces of a seed, stand on one side of a fold. The last row is what no difference looks like: two halves of "
        "the people's works, mean of five halvings."
    )
    return Table(heads, tuple(rows), words), figures
