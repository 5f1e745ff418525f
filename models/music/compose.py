"""Composes a whole piece for a fixed aim or a path of aims: planner, generator and performance in turn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.music.condition import NOTHING_ASKED, Condition
from models.music.groove import Groove
from models.music.memory import remember
from models.music.performance import perform
from models.music.plan import ROLES, Aim, Bar, BarRequest, Generator, MusicPlan, PerformedBar
from models.music.planner import begin, next_bar
from models.music.tempo import phrased
from models.music.tradition import Tradition

REMEMBERED_BARS = 8
"""How many bars a generator is shown."""

Piece = list[tuple[MusicPlan, Bar, PerformedBar]]


@dataclass(frozen=True)
class Waypoint:
    """The aim wanted at a bar; between waypoints the aim moves in a straight line."""

    bar: int
    aim: Aim


def parse_path(text: str) -> tuple[Waypoint, ...]:
    """Read '0:0.2,-0.5 16:0.7,0.1' (bar:valence,arousal). Raises ValueError naming the word that is wrong."""
    points = tuple(_waypoint(word) for word in text.split())
    if not points:
        raise ValueError("empty path; expected bar:valence,arousal, for example 0:0.2,-0.5 16:0.7,0.1")
    if any(b.bar <= a.bar for a, b in pairwise(points)):
        raise ValueError(f"path {text!r}; expected bars that rise")
    return points


def _waypoint(word: str) -> Waypoint:
    bar, _, rest = word.partition(":")
    valence, _, arousal = rest.partition(",")
    try:
        point = Waypoint(int(bar), Aim(float(valence), float(arousal)))
    except ValueError as error:
        raise ValueError(
            f"{word!r} in path ({error}); expected bar:valence,arousal, for example 16:0.7,-0.1"
        ) from error
    if point.bar < 0:
        raise ValueError(f"{word!r} in path; expected a bar from 0")
    return point


def aim_at(path: Sequence[Waypoint], bar: int) -> Aim:
    """The aim of one bar: on the line between its neighbours, the first or last aim outside the path."""
    after = bisect_right([point.bar for point in path], bar)
    if after == 0 or after == len(path):
        return path[max(0, after - 1)].aim
    low, high = path[after - 1], path[after]
    share = (bar - low.bar) / (high.bar - low.bar)
    return Aim(
        low.aim.valence + share * (high.aim.valence - low.aim.valence),
        low.aim.arousal + share * (high.aim.arousal - low.aim.arousal),
    )


@dataclass(frozen=True)
class Job:
    """One piece to be composed: its path of aims, how many bars, and what is asked beyond the plan in every bar.

    Raises ValueError for fewer than one bar or an empty path.
    """

    path: tuple[Waypoint, ...]
    bars: int
    seed: int
    tradition: Tradition
    roles: tuple[str, ...] = ROLES
    asked: Condition = NOTHING_ASKED

    def __post_init__(self) -> None:
        if self.bars < 1:
            raise ValueError(f"{self.bars} bars; expected 1 or more")
        if not self.path:
            raise ValueError("empty path; expected at least one waypoint")


def compose(
    path: Sequence[Waypoint],
    bars: int,
    seed: int,
    generator: Generator,
    tradition: Tradition,
    roles: Sequence[str] = ROLES,
    groove: Groove | None = None,
) -> Piece:
    """Plan, write and perform `bars` bars along `path`. The same arguments give the same piece.

    Raises ValueError for fewer than one bar, an empty path, a negative seed or an unknown role.
    """
    (piece,) = compose_many([Job(tuple(path), bars, seed, tradition, tuple(roles))], generator, groove)
    return piece


def compose_many(jobs: Sequence[Job], generator: Generator, groove: Groove | None = None) -> list[Piece]:
    """Many pieces bar by bar in lockstep: each step asks the generator for one bar of every piece that goes on.

    Without `groove` percussion is played as it is written.
    """
    forms = [begin(job.seed, job.tradition, job.roles) for job in jobs]
    pieces: list[Piece] = [[] for _ in jobs]
    starts_s = [0.0] * len(jobs)
    for number in range(max((job.bars for job in jobs), default=0)):
        going = [index for index, job in enumerate(jobs) if number < job.bars]
        requests = []
        for index in going:
            job, piece = jobs[index], pieces[index]
            forms[index], plan = next_bar(forms[index], aim_at(job.path, number))
            plan = phrased(plan)
            previous = tuple(bar for _, bar, _ in piece[-REMEMBERED_BARS:])
            requests.append(BarRequest(plan, previous, bar_seed(job.seed, number), job.asked))
        for index, request, bar in zip(going, requests, generator.compose(requests), strict=True):
            seed, plan = jobs[index].seed, request.plan
            forms[index] = remember(forms[index], plan, bar)
            entry_bpm = pieces[index][-1][2].tempo_bpm if pieces[index] else None
            performed = perform(bar, plan, starts_s[index], 0, 0.0, seed, groove, entry_bpm)
            pieces[index].append((plan, bar, performed))
            starts_s[index] += plan.length_s
    return pieces


def bar_seed(seed: int, bar: int) -> int:
    """The chance of one bar of one piece."""
    return int(np.random.SeedSequence([seed, bar]).generate_state(1)[0])
