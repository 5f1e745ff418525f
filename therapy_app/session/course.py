"""Where the music is to go: guidance, then authority, then people, then safety, which has the last word."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

from models.affect import Affect
from models.music.guidance import Progress, guide, match
from models.music.plan import Aim
from therapy_app.session import safety
from therapy_app.session.phases import Phase
from therapy_app.session.prescription import Prescription

BASE_DB = -6.0
INTRO_DB = -4.0
FADE_DB = -24.0
SUGGEST_FROM = 0.1
"""A suggestion is made when guidance wants to go at least this far from what plays."""
PATH_POINTS = 8
NOTICEABLE = 0.1
"""A bar that sounds is turned by itself when its arousal would now be this far from what it was planned for."""
ADAPTING = ("match", "guide", "hold", "distress")
"""The rules under which the music follows what is felt."""


def _unit(value: float) -> float:
    return min(max(value, -1.0), 1.0)


@dataclass(frozen=True)
class Heading:
    """The next aim, where guidance wanted it, how loud, and which rule decided ('guide', 'held', 'stale', …)."""

    wanted: Aim
    aim: Aim
    loudness_db: float
    rule: str


@dataclass(frozen=True)
class Standing:
    """Where the course stood before a bar: what was allowed last, and whether a person had just steered."""

    steering: safety.Steering = field(default_factory=safety.Steering)
    by_person: bool = False


class Course:
    """Everything that decides the aim of the next bar."""

    def __init__(self, prescription: Prescription) -> None:
        self._prescription, self._limits = prescription, prescription.limits
        self._steering = safety.Steering()
        self._met: Aim | None = None
        self._first_met: Aim | None = None
        self._felt: Affect | None = None
        self._felt_at_s: float | None = None
        self._first_arousal: float | None = None
        self._accepted: Aim | None = None
        self._frozen: Aim | None = None
        self._nudge = (0.0, 0.0)
        self._offset_db = 0.0
        self._by_person = False
        self.held = False
        self.resting = False
        self.recorded = True
        self.watch = safety.Watch()
        self.suggestion: Aim | None = None

    def feel(self, affect: Affect, at_s: float, phase: Phase) -> None:
        """Takes in an estimate: for guidance, and for the rule that watches for rising distress."""
        known = affect.state == "known"
        if known and affect.arousal is not None:
            self._felt, self._felt_at_s = affect, at_s
            if self._first_arousal is None:
                self._first_arousal = affect.arousal.value
        if phase.name == "match" and known:
            self._met = match(affect, self._first_met)
            self._first_met = self._first_met or self._met
        self.watch = safety.watch(self.watch, at_s, self._distressed(affect))

    def _distressed(self, affect: Affect) -> bool | None:
        if affect.arousal is None:
            return None
        return affect.arousal.value > safety.distress_above(self._prescription.target, self._first_arousal)

    def stale_for(self, at_s: float) -> float:
        """Seconds since the newest known estimate; infinite when there was none."""
        return float("inf") if self._felt_at_s is None else at_s - self._felt_at_s

    def freshness(self, at_s: float) -> str:
        return safety.freshness(self.stale_for(at_s))

    def wanted(self, at_s: float, phase: Phase) -> Aim:
        """What guidance alone would do: with feedback while the estimate is fresh, the planned path otherwise."""
        if phase.name == "baseline":
            return safety.NEUTRAL
        felt = self._felt if self.freshness(at_s) != "path" else None
        strategy = "fixed" if self._prescription.authority == "observe" else self._prescription.strategy
        return guide(strategy, phase.progress(at_s), self._prescription.target, self._met or safety.NEUTRAL, felt)

    def next(self, at_s: float, phase: Phase) -> Heading:
        """Decides the next bar's aim and moves the steering there."""
        wanted = self.wanted(at_s, phase)
        aim, rule = self._ruled(wanted, at_s, phase)
        valence, arousal = aim.valence + self._nudge[0], aim.arousal + self._nudge[1]
        if self.watch.level != "calm" and self._steering.aim is not None:
            arousal, rule = min(arousal, self._steering.aim.arousal, self._prescription.target.arousal), "distress"
        self._steering = safety.steer(self._steering, valence, arousal, at_s, self._limits, self._by_person)
        self._by_person = False
        assert self._steering.aim is not None
        return Heading(wanted, self._steering.aim, self._loudness(at_s, phase), rule)

    @property
    def standing(self) -> Standing:
        return Standing(self._steering, self._by_person)

    def go_back(self, standing: Standing) -> None:
        """To where the course stood before a bar that is planned anew. A person's act since then still counts."""
        self._steering = standing.steering
        self._by_person = self._by_person or standing.by_person

    def turn(self, at_s: float, phase: Phase, before: Standing, sounding: Aim) -> Heading:
        """Decides anew for a bar that has begun: one step on at most from the bar before it and from itself."""
        self.go_back(before)
        heading = self.next(at_s, phase)
        aim = safety.one_step(heading.aim, sounding, self._limits)
        self._steering = replace(self._steering, aim=aim)
        return replace(heading, aim=aim)

    def strays(self, at_s: float, phase: Phase, before: Standing, sounding: Aim) -> bool:
        """Whether a bar that sounds would now be given a noticeably other arousal, by itself and on a clear signal."""
        heading = copy(self).turn(at_s, phase, before, sounding)
        far = abs(heading.aim.arousal - sounding.arousal)
        return far >= NOTICEABLE and heading.rule in ADAPTING

    def _ruled(self, wanted: Aim, at_s: float, phase: Phase) -> tuple[Aim, str]:
        """The aim before nudges, and the rule that gave it."""
        freshness = "adapt" if phase.name == "baseline" else self.freshness(at_s)
        rule = self._freezing(freshness)
        if self._steering.aim is not None and rule:
            self._frozen = self._frozen or self._without_nudge(self._steering.aim)
            return self._frozen, rule
        self._frozen = None
        if phase.name == "baseline":
            return wanted, "baseline"
        if self._prescription.authority == "suggest":
            return self._suggested(wanted), "suggest"
        return wanted, "path" if freshness == "path" else phase.name

    def _freezing(self, freshness: str) -> str:
        """The first rule under which the aim stays where it is, or ''."""
        stands = {
            "held": self.held,
            "rest": self.resting,
            "stale": freshness == "hold",
            "unrecorded": not self.recorded,
        }
        return next((rule for rule, holds in stands.items() if holds), "")

    def _suggested(self, wanted: Aim) -> Aim:
        current = self._accepted = self._accepted or wanted
        far = max(abs(wanted.valence - current.valence), abs(wanted.arousal - current.arousal))
        self.suggestion = wanted if far >= SUGGEST_FROM else None
        return current

    def _without_nudge(self, aim: Aim) -> Aim:
        return Aim(_unit(aim.valence - self._nudge[0]), _unit(aim.arousal - self._nudge[1]))

    def _loudness(self, at_s: float, phase: Phase) -> float:
        loudness = BASE_DB + self._offset_db
        if self.watch.level != "calm":
            loudness += safety.SOFTEN_DB
        if phase.name == "baseline":
            loudness += INTRO_DB
        if phase.name == "fade":
            loudness += FADE_DB * phase.progress(at_s).share
        return loudness

    def nudge(self, valence: float, arousal: float) -> None:
        self._nudge = (_unit(self._nudge[0] + valence), _unit(self._nudge[1] + arousal))
        self._by_person = True

    def turn_loudness(self, change_db: float) -> None:
        self._offset_db = min(max(self._offset_db + change_db, -30.0), -BASE_DB)

    def accept(self) -> None:
        """Takes the standing suggestion."""
        if self.suggestion is not None:
            self._accepted, self.suggestion, self._by_person = self.suggestion, None, True

    def feel_worse(self, at_s: float) -> None:
        self.watch = safety.worse(self.watch, at_s)

    def calm_down(self) -> None:
        """A person resumed after a silence: watch afresh."""
        self.watch = safety.Watch()

    def path(self, phases: tuple[Phase, ...], at_s: float) -> tuple[Aim, ...]:
        """The planned aims from now to the end, without feedback."""
        end_s = phases[-1].end_s
        moments = [at_s + (end_s - at_s) * step / PATH_POINTS for step in range(1, PATH_POINTS + 1)]
        met = self._met or safety.NEUTRAL
        return tuple(self._planned(phases, moment, met) for moment in moments)

    def _planned(self, phases: tuple[Phase, ...], at_s: float, met: Aim) -> Aim:
        phase = next((phase for phase in phases if at_s < phase.end_s), phases[-1])
        if phase.name == "baseline":
            return safety.NEUTRAL
        progress: Progress = phase.progress(at_s)
        return guide(self._prescription.strategy, progress, self._prescription.target, met, None)
