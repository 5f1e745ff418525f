"""The bars ahead: planned two beyond the one that sounds, planned anew when a person steers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.music.form import Form
from models.music.groove import Groove
from models.music.memory import remember
from models.music.performance import perform_takes
from models.music.plan import Aim, Bar, BarRequest, PerformedBar
from models.music.planner import begin, next_bar
from models.music.tempo import phrased
from models.music.tradition import Tradition
from therapy_app.playback.ceiling import under_ceiling
from therapy_app.session.course import Heading, Standing
from therapy_app.session.ordered import Ordered, Place, following, next_beat, turned
from therapy_app.session.prescription import Prescription
from therapy_app.session.safety import limit_loudness, limit_tempo

AHEAD = 3
"""Bars that have not begun. Three ordered keeps two composed: one may be on its way."""
LEAD_S = 1.0
"""From the decision to the first sound: enough to compose, commit and reach the page."""
PASS_S = 0.8
"""A bar that begins sooner than this is not planned anew: it may already be with the player."""
REMEMBERED = 8


class Score:
    """The music of one session as plans and bars; one bar is on its way to the generator at a time."""

    def __init__(
        self, prescription: Prescription, tradition: Tradition, seed: int, groove: Groove | None = None
    ) -> None:
        self._limits = prescription.limits
        self._roles, self._tradition = prescription.roles, tradition
        self._seed, self._skips, self._groove = seed, 0, groove
        self._form = self._begin()
        self._ordered: list[Ordered] = []
        self._composed: dict[int, Bar] = {}
        self._waiting: Ordered | None = None
        self._revisions: dict[int, int] = {}
        self.silent = False
        self.owes_anew = False

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
        last_bpm = before.plan.tempo_bpm if before else None
        plan = replace(plan, tempo_bpm=limit_tempo(phrased(plan).tempo_bpm, last_bpm, self._limits))
        gain = limit_loudness(loudness_db, before.loudness_db if before else None, self._limits)
        ordered = Ordered(
            plan,
            self._revisions.get(plan.bar, 0),
            self.next_start_s(at_s),
            gain,
            self._form,
            seed=self._seed_of(plan.bar),
            entry_bpm=last_bpm,
        )
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
        return ordered, self._sounding(ordered, bar)

    def _sounding(self, ordered: Ordered, bar: Bar) -> PerformedBar:
        performed = perform_takes(
            bar, ordered.takes, ordered.start_s, ordered.revision, ordered.seed, self._groove, ordered.entry_bpm
        )
        return under_ceiling(performed, self._limits)

    def next_beat(self, at_s: float) -> Place | None:
        """Where the music can be turned soonest; None where nothing is composed."""
        place = next_beat(self._ordered, at_s)
        return place if place and place.ordered.plan.bar in self._composed and not self.silent else None

    def turn(self, place: Place, heading: Heading, standing: Standing, after: Standing) -> list[Ordered]:
        """The bar of this beat and the bars after it in another tempo and loudness; what sounded stays as it was.

        `standing` is where the course stood before the bar, `after` where it stands now.
        """
        index = self._ordered.index(place.ordered)
        bars = [turned(place, heading.aim, heading.loudness_db, standing, self._limits)]
        for ordered in self._ordered[index + 1 :]:
            moved = following(ordered, bars[-1], heading.aim, heading.loudness_db, self._limits)
            bars.append(replace(moved, standing=after))
            if ordered == self._waiting:
                self._waiting = bars[-1]
        self._ordered[index:] = bars
        return bars

    def again(self, ordered: Ordered) -> tuple[Bar, PerformedBar] | None:
        """A bar that was turned, as it sounds now; None while its notes are still on their way."""
        bar = self._composed.get(ordered.plan.bar)
        return (bar, self._sounding(ordered, bar)) if bar and ordered != self._waiting else None

    def plan_anew(self, at_s: float) -> Standing | None:
        """Forgets the bars that can still be changed; they will be ordered again under a new revision.

        Not while an answer is on its way, which may last: the bars stay, and `owes_anew` until this is asked again.
        Returns where the course stood before the first of them, None when there was none.
        """
        if self._waiting is None:
            return self._forget_after(at_s + PASS_S)
        self.owes_anew = True
        return None

    def _forget_after(self, at_s: float) -> Standing | None:
        self.owes_anew = False
        dropped = [ordered for ordered in self._ordered if ordered.start_s > at_s]
        if dropped:
            self._form = dropped[0].form
        for ordered in dropped:
            self._revisions[ordered.plan.bar] = ordered.revision + 1
        self._ordered = [ordered for ordered in self._ordered if ordered not in dropped]
        return dropped[0].standing if dropped else None

    def skip(self, at_s: float) -> Standing | None:
        """Other themes in another key, from the next bar line that can still be changed."""
        standing = self._forget_after(at_s + PASS_S)
        self._skips += 1
        self._form = replace(self._begin(), bar=self._form.bar)
        return standing

    def silence(self, at_s: float) -> None:
        """Nothing more is ordered until `resume`; bars that have not begun are dropped."""
        self._forget_after(at_s)
        self.silent = True

    def resume(self) -> None:
        self.silent = False

    def _seed_of(self, bar: int) -> int:
        # Without the revision: a bar planned anew only for loudness keeps its notes.
        return int(np.random.SeedSequence([self._seed, self._skips, bar]).generate_state(1)[0])
