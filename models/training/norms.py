"""`python -m models.training.norms`: composes music all over the plane and writes what is usual in it.

Remade when planner, rules or performance change what music usually measures; `docs/explanation.md` says what for.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
from numpy.typing import NDArray

from models.music import traditions
from models.music.compose import Waypoint, compose
from models.music.explanation import contributions, neighbours
from models.music.generators.rules import Generator
from models.music.measures import Measures, measure, rule_scores
from models.music.norms import ANY, FILE, Norms
from models.music.plan import Aim

STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
SEEDS, OTHER_SEEDS, BARS = (1, 2, 3, 4), (11, 12), 16
NAMES = [field.name for field in fields(Measures)]

Passage = tuple[Aim, Measures]


def passages(tradition: str, seeds: Sequence[int] = SEEDS, bars: int = BARS) -> list[Passage]:
    """Every bar with its neighbours as measured, and the aim it was composed for: a piece for each point and seed."""
    data = import_module(f"{traditions.__name__}.{tradition}").TRADITION
    found: list[Passage] = []
    for valence, arousal, seed in product(STEPS, STEPS, seeds):
        aim = Aim(valence, arousal)
        piece = compose((Waypoint(0, aim),), bars, seed, Generator(), data)
        performed = [bar for *_, bar in piece]
        heard = [neighbours(performed, index) for index in range(bars)]
        found += [(aim, measure(some)) for some in heard if any(n.role != "drums" for bar in some for n in bar.notes)]
    return found


def norms_over(measured: Sequence[Passage]) -> Norms:
    """The norms of these passages: their rule scores spread as widely as the aims they were composed for."""
    table = np.array([[asdict(measures)[name] for name in NAMES] for _, measures in measured])
    valence, arousal = rule_scores([measures for _, measures in measured])
    return Norms(
        Measures(*map(float, table.mean(axis=0))),
        Measures(*map(float, table.std(axis=0))),
        _scale([aim.valence for aim, _ in measured], valence),
        _scale([aim.arousal for aim, _ in measured], arousal),
    )


def agreement(measured: Sequence[Passage], norms: Norms) -> tuple[float, float]:
    """Correlation of aimed and measured valence, and arousal, bar by bar."""
    parts = [contributions(measures, norms) for _, measures in measured]
    valence = np.corrcoef([aim.valence for aim, _ in measured], [sum(p.valence for p in own) for own in parts])
    arousal = np.corrcoef([aim.arousal for aim, _ in measured], [sum(p.arousal for p in own) for own in parts])
    return float(valence[0, 1]), float(arousal[0, 1])


def _scale(aims: Sequence[float], scores: NDArray[np.float64]) -> float:
    return float(np.std(aims) / (scores.std() or 1.0))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.norms",
        description="Composes music over the whole valence-arousal plane and writes what is usual in it.",
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the file to write; the shipped one by default")
    out: Path = parser.parse_args(arguments).out
    by_name = {name: passages(name) for name in sorted(module.name for module in iter_modules(traditions.__path__))}
    by_name[ANY] = [passage for own in by_name.values() for passage in own]
    norms = {name: norms_over(own) for name, own in by_name.items()}
    rows = {name: _rounded(asdict(own)) for name, own in norms.items()}
    out.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{out.name}: {len(by_name[ANY])} passages, {len(rows) - 1} traditions\n")
    for name in sorted(by_name.keys() - {ANY}):
        valence, arousal = agreement(passages(name, OTHER_SEEDS), norms[name])
        sys.stdout.write(f"{name}: aimed and measured on other seeds r {valence:.2f} valence, {arousal:.2f} arousal\n")
    return 0


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return round(value, 6) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
