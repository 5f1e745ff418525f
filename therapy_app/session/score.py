"""The bars ahead: planned two beyond the one that sounds, planned anew when a person steers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.music.form import Form
from models.music.memory import remember
from models.music.performance import perform
from models.music.plan import Aim, Bar, BarRequest, MusicPlan, PerformedBar
from models.music.planner import begin, next_bar
from models.music.tradition import Tradition
from therapy_app.playback.ceiling import under_ceiling
from therapy_app.session.prescription import Prescription
from therapy_app.session.safety import limit_loudness, limit_tempo

AHEAD = 3
"""Bars that have not begun. Three ordered keeps two composed: one may be on its way."""
LEAD_S = 1.0
"""From the decision to the first sound: enough to compose, commit and reach the page."""
PASS_S = 0.8
"""A bar that begins sooner than this is not planned anew: it may already be with the player."""
REMEMBERED = 8


@dataclass(frozen=True)
class Ordered:
    """A bar that was asked of the generator. `form` is what the planner knew before it."""

    plan: MusicPlan
    revision: int
    start_s: float
    loudness_db: float
    form: Form
    seq: int = 0

    @property
    def end_s(self) -> float:
        return self.start_s + self.plan.length_s


class Score:
    """The music of one session as plans and bars; one bar is on its way to the generator at a time."""

    def __init__(self, prescription: Prescription, tradition: Tradition, seed: int) -> None:
        self._limits = prescription.limits
        self._roles, self._tradition = prescription.roles, tradition
        self._seed, self._skips = seed, 0
        self._form = self._begin()
        self._ordered: list[Ordered] = []
        self._composed: dict[int, Bar] = {}
        self._waiting: Ordered | None = None
        self._revisions: dict[int, int] = {}
        self.silent = False

    def _begin(self) -> Form:
        seed = int(np.random.SeedSequence([self._seed, self._skips]).generate_state(1)[0])
        return begin(seed, self._tradition, self._roles)

    @property
    def end_s(self) -> float:
        """When the planned music ends; 0 before there is any."""
        return self._ordered[-1].end_s if self._ordered else 0.0

    @property
    def last(self) -> Ordered | None:
        return self._ordered[-1] if self._ordered else None

    def wants_bar(self, at_s: float) -> bool:
        ahead = sum(ordered.start_s > at_s for ordered in self._ordered)
        return not self.silent and self._waiting is None and ahead < AHEAD

    def next_start_s(self, at_s: float) -> float:
        """When the next bar would begin: at the end of the planned music, or soon."""
        return self.end_s if self.end_s > at_s else at_s + LEAD_S

    def order(self, at_s: float, aim: Aim, loudness_db: float) -> Ordered:
        """Plans the next bar within the limits. The caller sends it on with `sent`."""
        before = self.last if self.last and self.last.end_s > at_s else None
        form, plan = next_bar(self._form, aim)
        tempo = limit_tempo(plan.tempo_bpm, before.plan.tempo_bpm if before else None, self._limits)
        plan = replace(plan, tempo_bpm=tempo)
        gain = limit_loudness(loudness_db, before.loudness_db if before else None, self._limits)
        ordered = Ordered(plan, self._revisions.get(plan.bar, 0), self.next_start_s(at_s), gain, self._form)
        self._form = form
        return ordered

    def sent(self, ordered: Ordered) -> BarRequest:
        """Notes that a bar is on its way and gives the request for it."""
        self._waiting = ordered
        self._ordered = [*self._ordered[-REMEMBERED:], ordered]
        previous = [self._composed[bar] for bar in sorted(self._composed) if bar < ordered.plan.bar]
        return BarRequest(ordered.plan, tuple(previous[-REMEMBERED:]), self._seed_of(ordered.plan.bar))

    def perform(self, bar: Bar) -> tuple[Ordered, PerformedBar] | None:
        """The answer as it will sound, or None when the bar is no longer wanted."""
        ordered, self._waiting = self._waiting, None
        if ordered is None or ordered not in self._ordered:
            return None
        self._composed[bar.bar] = bar
        self._form = remember(self._form, ordered.plan, bar)
        for old in [number for number in self._composed if number < bar.bar - REMEMBERED]:
            del self._composed[old]
        seed = self._seed_of(bar.bar)
        performed = perform(bar, ordered.plan, ordered.start_s, ordered.revision, ordered.loudness_db, seed)
        return ordered, under_ceiling(performed, self._limits)

    def plan_anew(self, at_s: float) -> None:
        """Forgets the bars that can still be changed; they will be ordered again under a new revision."""
        self._forget_after(at_s + PASS_S)

    def _forget_after(self, at_s: float) -> None:
        dropped = [ordered for ordered in self._ordered if ordered.start_s > at_s]
        if dropped:
            self._form = dropped[0].form
        for ordered in dropped:
            self._revisions[ordered.plan.bar] = ordered.revision + 1
        self._ordered = [ordered for ordered in self._ordered if ordered not in dropped]

    def skip(self, at_s: float) -> None:
        """Other themes in another key, from the next bar line that can still be changed."""
        self.plan_anew(at_s)
        self._skips += 1
        self._form = replace(self._begin(), bar=self._form.bar)

    def silence(self, at_s: float) -> None:
        """Nothing more is ordered until `resume`; bars that have not begun are dropped."""
        self._forget_after(at_s)
        self.silent = True

    def resume(self) -> None:
        self.silent = False

    def _seed_of(self, bar: int) -> int:
        # Without the revision: a bar planned anew only for loudness keeps its notes.
        return int(np.random.SeedSequence([self._seed, self._skips, bar]).generate_state(1)[0])
