"""What a person's own reports bring: the same windows estimated after 0, 1, 2, 4 and 8 of them, in time order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.affect import Affect, Interval
from models.evaluation.emotion.measures import Scores, balanced, scores
from models.evaluation.emotion.tracks import Told
from models.evidence import ANCHOR
from models.personal import Personal
from models.personal import Told as Report

COUNTS = (0, 1, 2, 4, 8)
PER_STATE = 2
NOISE = 0.2
"""SD of a report around its anchor: no one hits a slider exactly."""

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Point:
    """Everyone's scores on the same windows, without reports and with them."""

    name: str
    before: Sequence[Scores]
    after: Sequence[Scores]

    @property
    def gains(self) -> list[float]:
        """Balanced accuracy gained by each person."""
        return [b.balanced - a.balanced for a, b in zip(self.before, self.after, strict=True)]


def curve(windows: Sequence[Told], rng: np.random.Generator) -> list[Point]:
    """Reports spread evenly over the first half of a person's windows; the second half is scored."""
    return [_point(str(count), windows, _first_half(count), _second_half, rng) for count in COUNTS]


def per_state(windows: Sequence[Told], rng: np.random.Generator) -> Point:
    """Reports at the first two windows of each state; all windows after the last report are scored."""
    return _point(f"{PER_STATE} a state", windows, _first_of_each, _after_last, rng)


def in_hindsight(windows: Sequence[Told]) -> float:
    """Balanced accuracy gained by the bias that puts each person's mean calm and stressed arousal evenly round 0."""
    gains = []
    for told in windows:
        keep = np.flatnonzero(told.known)
        y, arousal = told.y[keep], told.arousal[keep]
        if len(np.unique(y)) == 2:
            bias = -(arousal[y == 0].mean() + arousal[y == 1].mean()) / 2
            gains.append(balanced(y, 0.5 + arousal + bias) - balanced(y, 0.5 + arousal))
    return float(np.mean(gains))


Pick = Callable[[Told, Places], Places]
Keep = Callable[[Places, Places], Places]


def _point(name: str, windows: Sequence[Told], pick: Pick, keep: Keep, rng: np.random.Generator) -> Point:
    before, after = [], []
    for told in windows:
        known = np.flatnonzero(told.known)
        asked = pick(told, known)
        scored = keep(known, asked)
        before.append(scores(_moved(told, Personal(), scored)))
        after.append(scores(_moved(told, _learned(told, asked, rng), scored)))
    return Point(name, before, after)


def _first_half(count: int) -> Pick:
    def pick(_: Told, known: Places) -> Places:
        return known[np.linspace(0, max(0, len(known) // 2 - 1), count).round().astype(int)] if len(known) else known

    return pick


def _second_half(known: Places, _: Places) -> Places:
    return known[len(known) // 2 :]


def _first_of_each(told: Told, known: Places) -> Places:
    return np.sort(np.concatenate([known[told.y[known] == label][:PER_STATE] for label in (0.0, 1.0)]))


def _after_last(known: Places, asked: Places) -> Places:
    return known[known > asked.max()] if len(asked) else known


def _learned(told: Told, asked: Places, rng: np.random.Generator) -> Personal:
    said = np.clip(ANCHOR * (2 * told.y[asked] - 1) + NOISE * rng.normal(size=len(asked)), -1, 1)
    return Personal().after(Report(e, s) for e, s in zip(told.arousal[asked].tolist(), said.tolist(), strict=True))


def _moved(told: Told, personal: Personal, keep: Places) -> Told:
    """These windows, as the person's own model moves them."""
    pairs = zip(told.arousal[keep].tolist(), told.stress[keep].tolist(), strict=True)
    moved = np.array([_adapted(personal, arousal, stress) for arousal, stress in pairs]).reshape(-1, 2)
    return Told(told.person, told.y[keep], moved[:, 1], moved[:, 0], told.start_s[keep])


def _adapted(personal: Personal, arousal: float, stress: float) -> tuple[float, float]:
    plain = Affect(0.0, "known", "estimated", Interval(arousal, -1, 1), Interval(0, -1, 1), stress)
    moved = personal.adapted(plain)
    assert moved.arousal is not None
    assert moved.stress_probability is not None
    return moved.arousal.value, moved.stress_probability
