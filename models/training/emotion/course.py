"""The whole training of the linear estimator: choice, fit, calibration. Evaluation runs it without one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.calibration import Calibration
from models.linear_weights import Term, Weights
from models.training.emotion.calibrate import calibrated, left_out, terms_of
from models.training.emotion.distances import Distances
from models.training.emotion.fit import BODY, BRAIN, FOLDS, Choice, Design, chosen
from models.usual import scaled

DESIGNS = (BODY, BRAIN)
OF_THE_SITE = ("eda_tonic_us", "scr_per_min")
"""What these are at rest belongs to the electrode and its place: it makes no one unlike the training people."""
ROOM = 0.25
"""Rests may lie outside those of the training people by this share of their range before they are called unlike."""


@dataclass(frozen=True)
class Learned:
    weights: Weights
    choices: Mapping[str, Choice]


def learned(people: Mapping[str, Sequence[Distances]], designs: Sequence[Design] = DESIGNS) -> Learned:
    """From people by corpus. Deterministic: no chance is involved. Raises ValueError for fewer than six of one."""
    terms: list[Term] = []
    choices: dict[str, Choice] = {}
    rests: dict[str, tuple[float, float]] = {}
    calibrations: dict[str, Calibration] = {}
    for design in designs:
        own = enough(people[design.corpus], design)
        choice = chosen(own, design)
        terms += terms_of(own, choice, design)
        calibrations |= calibrated(left_out(own, choice, design), choice.names, design.window_s)
        rests |= rests_of(own, choice.names)
        choices[design.corpus] = choice
    return Learned(Weights(tuple(terms), calibrations, rests), choices)


def enough(people: Sequence[Distances], design: Design) -> Sequence[Distances]:
    """The same people. Raises ValueError for fewer than six."""
    if len(people) < FOLDS:
        raise ValueError(f"{len(people)} people of {design.corpus}; expected at least {FOLDS} to learn from")
    return people


def rests_of(people: Sequence[Distances], names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Lowest and highest scaled rest of each reading, with a little room."""
    found = {}
    for name in names:
        if name in OF_THE_SITE:
            continue
        rests = [scaled(name, one.rests[name]) for one in people if name in one.rests]
        if len(rests) > 1:
            room = ROOM * (max(rests) - min(rests))
            found[name] = (min(rests) - room, max(rests) + room)
    return found
