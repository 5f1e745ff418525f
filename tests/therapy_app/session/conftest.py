"""A stage for sessions: scripted feelings in, events out, with the real planner, generator and safety between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from models.affect import Affect, Interval
from models.music.generators.rules import Generator
from models.music.plan import Bar
from models.music.traditions.western import TRADITION
from models.person import Baseline, Person
from models.personal import Personal
from sensors.blocks import SampleBlock
from sensors.readings import Features
from therapy_app.session.commands import Command
from therapy_app.session.events import Entry, Started
from therapy_app.session.prescription import Prescription
from therapy_app.session.step import Session
from therapy_app.session.tick import Notice, Tick

REST = Baseline(180.0, {"hr_bpm": 70.0})
Feeling = Callable[[float], float | None]
Worn = Callable[[float], Iterable[SampleBlock]]


@dataclass
class Scripted:
    """An estimator that says what the script says: arousal at a time, None for unknown."""

    feeling: Feeling

    def estimate(self, features: Features, person: Person) -> Affect:
        arousal = self.feeling(features.at_s)
        if arousal is None:
            return Affect(features.at_s, "unknown", "nothing is worn")
        return Affect(features.at_s, "known", "as the script says", Interval(arousal, -1, 1), Interval(0.0, -0.8, 0.8))


@dataclass
class Stage:
    session: Session
    entries: list[Entry] = field(default_factory=list)
    answers: tuple[Bar, ...] = ()
    number: int = 0
    worn: Worn = field(default=lambda at_s: ())

    def play(
        self,
        until_s: float,
        commands: Iterable[Command] = (),
        notices: Iterable[Notice] = (),
        generator: bool = True,
    ) -> Stage:
        """Runs ticks up to a time; commands and notices come with the first of them."""
        waiting, told = tuple(commands), tuple(notices)
        while self.number * 0.25 < until_s and not self.session.ended:
            arrivals = tuple(self.worn(self.number * 0.25)) if self.number % 4 == 0 else ()
            outcome = self.session.step(Tick(self.number, arrivals, waiting, self.answers, told))
            self.entries += outcome.entries
            self.answers = tuple(Generator().compose([outcome.request])) if outcome.request and generator else ()
            waiting, told, self.number = (), (), self.number + 1
        return self

    def all(self, kind: str) -> list[Any]:
        return [entry.event for entry in self.entries if entry.kind == kind]

    def between(self, kind: str, start_s: float, end_s: float) -> list[Any]:
        return [entry.event for entry in self.entries if entry.kind == kind and start_s <= entry.at_s < end_s]


@pytest.fixture
def stage() -> Callable[..., Stage]:
    def build(
        feeling: Feeling = lambda at_s: 0.0,
        *,
        baseline: Baseline | None = REST,
        personal: Personal | None = None,
        judges_rest: bool = False,
        uneven_heart: bool = False,
        worn: Worn = lambda at_s: (),
        **prescription: Any,
    ) -> Stage:
        wanted = Prescription(**{"baseline_s": 0.0, "length_s": 600.0, **prescription})
        started = Started(wanted, 7, "resting", "rules", baseline, personal, uneven_heart, judges_rest)
        return Stage(Session(started, Scripted(feeling), TRADITION, consent_by="3"), worn=worn)

    return build


@pytest.fixture
def say() -> Callable[..., Command]:
    counter = iter(range(1, 1000))
    return lambda name, **fields: Command(next(counter), "3", name, **fields)
