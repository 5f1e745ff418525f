"""One client's session as a pure function of ticks: the same ticks and seed give the same events."""

from __future__ import annotations

from dataclasses import replace

from models.affect import Affect, Estimator
from models.music.groove import Groove
from models.music.plan import Aim, Bar, BarRequest, MusicPlan
from models.music.tradition import Tradition
from therapy_app.session.acts import ACTS, RECORDS
from therapy_app.session.alarms import Alarms
from therapy_app.session.body import Body
from therapy_app.session.commands import Command
from therapy_app.session.course import Course, Heading, Standing
from therapy_app.session.events import (
    Alarm,
    AlarmCleared,
    BarComposed,
    BarPerformed,
    BarPlanned,
    ConsentChecked,
    Ended,
    PhaseBegun,
    Silenced,
    Started,
    Suggested,
    TargetSet,
    TicksMissed,
)
from therapy_app.session.journal import Journal
from therapy_app.session.ordered import Ordered
from therapy_app.session.phases import Phase, phase_at, phases_of
from therapy_app.session.score import Score
from therapy_app.session.tick import TICK_S, TICKS_PER_SECOND, Notice, Outcome, Tick
from therapy_app.session.words import why

DISTRESS_FADE_S = 8.0
UNRECORDED = "disk"
"""The alarm under which nothing is changed by itself: what can't be recorded is not done."""
GROOVE = "groove"
"""The notice that the learned groove can't be used."""
HEARD = 0.01
"""Aims closer than this are the same target."""

ASK = Alarm(
    "distress", "urgent", "Estimated arousal has kept rising. The music is softer now. Please ask how the person is."
)
SILENT = Alarm("distress", "urgent", "Arousal stayed high, so the music has faded. Please see to the person.")
HOLDING = Alarm("signal", "notice", "No clear signal for some seconds. The music holds where it is.")
PLANNED = Alarm("signal", "warning", "No clear signal. The music follows the plan without feedback.")


class Session:
    """Feels the person once a second, keeps the music ahead, obeys people, and writes everything down."""

    def __init__(
        self,
        started: Started,
        estimator: Estimator,
        tradition: Tradition,
        consent_by: str = "",
        groove: Groove | None = None,
    ) -> None:
        prescription = started.prescription
        self.journal = Journal()
        self.alarms = Alarms(self.journal)
        self.body = Body(self.journal, self.alarms, estimator, started)
        self.course = Course(prescription)
        self.score = Score(prescription, tradition, started.seed, groove)
        self.prescription = prescription
        self.ended = False
        self._started, self._consent_by = started, consent_by
        self._phases = phases_of(prescription, started.baseline is not None)
        self._phase: Phase | None = None
        self._affect: Affect | None = None
        self._target: tuple[Aim, Aim] | None = None
        self._suggested: Aim | None = None
        self._asked = "calm"

    def step(self, tick: Tick) -> Outcome:
        """Takes in what reached the session and says what happened. After the end nothing happens any more."""
        self.journal.turn_to(tick.number, tick.at_s)
        request = None
        if not self.ended:
            self._begin(tick.at_s)
            self._notice(tick.notices)
            self.body.arrive(tick.arrivals)
            self._obey(tick.commands, tick.at_s)
        if not self.ended:
            self._perform(tick.answers, tick.at_s)
            if tick.number % TICKS_PER_SECOND == 0:
                self._second(tick.at_s)
        if not self.ended:
            request = self._order(tick.at_s)
        return Outcome(self.journal.take(), request)

    def _begin(self, at_s: float) -> None:
        if self.journal.newest("started"):
            return
        seq = self.journal.write(self._started)
        if self._consent_by:
            self.journal.write(ConsentChecked(self._consent_by), seq)
        self.body.begin(seq)
        self._enter(phase_at(self._phases, at_s))

    def _enter(self, phase: Phase) -> None:
        left, self._phase = self._phase, phase
        if left is None and phase.name != "baseline":
            self.body.use_stored_rest()
        if left is not None and left.name == "baseline":
            self.body.take_rest()
            if not self.journal.newest("silenced"):  # the quiet of a silent baseline; any other ends by a person
                self.score.resume()
        elif phase.name == "baseline" and not self.prescription.intro:
            self.score.silence(0.0)
        self.journal.write(PhaseBegun(phase.name, phase.end_s), self.journal.newest("started"))

    def _notice(self, notices: tuple[Notice, ...]) -> None:
        for notice in notices:
            if isinstance(notice, TicksMissed):
                self.journal.write(notice)
            else:
                self.alarms.take(notice)
                if notice.code == UNRECORDED:
                    self.course.recorded = isinstance(notice, AlarmCleared)

    def _obey(self, commands: tuple[Command, ...], at_s: float) -> None:
        for command in commands:
            if not self.ended:
                seq = self.journal.write(RECORDS[command.name](command), self.journal.newest("started"))
                ACTS[command.name](self, command, at_s, seq)

    def _second(self, at_s: float) -> None:
        phase = phase_at(self._phases, at_s)
        if phase != self._phase:
            self._enter(phase)
        self._affect = self.body.second(at_s, phase)
        self.course.resting = self.body.measures_again
        self.course.feel(self._affect, at_s, phase)
        self._watch(at_s)
        self._follow(at_s, phase)
        if phase.name != "baseline":
            self._check_signal(at_s)
        if at_s >= self.prescription.length_s and at_s >= self.score.end_s:
            self.end("finished", "the planned time is over", self.journal.newest("phase"))

    def _watch(self, at_s: float) -> None:
        """Acts when the worsening rule has gone a step further, or back."""
        level = self.course.watch.level
        if level == self._asked:
            return
        self._asked = level
        seq = self.journal.newest("affect")
        if level == "soften":
            self.turn(at_s)
        elif level == "silence":
            self.silence(at_s, DISTRESS_FADE_S, "arousal stayed high", seq)
        self.alarms.stand(SILENT if level == "silence" else ASK, level in ("ask", "silence"), seq)

    def _follow(self, at_s: float, phase: Phase) -> None:
        """Turns the music by itself when it is no longer what the person now feels asks for."""
        place = self.score.next_beat(at_s)
        if place and self.course.strays(at_s, phase, place.ordered.standing, place.ordered.plan.aim):
            self.turn(at_s)

    def _check_signal(self, at_s: float) -> None:
        freshness = self.course.freshness(at_s)
        alarm = PLANNED if freshness == "path" else HOLDING
        self.alarms.stand(alarm, freshness != "adapt", self.journal.newest("affect"))

    def _order(self, at_s: float) -> BarRequest | None:
        """Plans the next bar when one is wanted."""
        if not self.score.wants_bar(at_s) or self.score.next_start_s(at_s) >= self.prescription.length_s:
            return None
        assert self._phase is not None
        standing = self.course.standing
        heading = self.course.next(at_s, self._phase)
        before = self.score.last
        ordered = replace(self.score.order(at_s, heading.aim, heading.loudness_db), standing=standing)
        seq = self._plan(ordered, before.plan if before else None, heading, at_s)
        return self.score.sent(replace(ordered, seq=seq))

    def _plan(self, ordered: Ordered, before: MusicPlan | None, heading: Heading, at_s: float) -> int:
        reason = why(ordered.plan, before, heading, self._affect, self.prescription.goal)
        target = self._aim(heading, at_s, reason)
        planned = BarPlanned(ordered.revision, ordered.start_s, ordered.loudness_db, ordered.plan, reason)
        return self.journal.write(planned, target, self.journal.newest("override"))

    def turn(self, at_s: float) -> None:
        """Tempo and dynamics change at the next beat, notes from the next bar that can still be composed anew."""
        place = self.score.next_beat(at_s)
        if place and self._phase:
            standing = Standing(place.ordered.standing.steering, self.course.standing.by_person)
            heading = self.course.turn(at_s, self._phase, standing, place.ordered.plan.aim)
            before = place.ordered.plan
            for ordered in self.score.turn(place, heading, standing, self.course.standing):
                seq = self._plan(ordered, before, heading, at_s)
                if again := self.score.again(ordered):
                    bar, sounding = again
                    self.journal.write(BarPerformed(sounding, bar.generator, 0, late=False), seq)
                before = ordered.plan
        self.plan_anew(at_s)

    def plan_anew(self, at_s: float) -> None:
        self._go_back(self.score.plan_anew(at_s))

    def skip(self, at_s: float) -> None:
        self._go_back(self.score.skip(at_s))

    def _go_back(self, standing: Standing | None) -> None:
        if standing:
            self.course.go_back(standing)

    def _aim(self, heading: Heading, at_s: float, reason: str) -> int:
        """Writes the target down when it has moved; returns the seq of the one that holds."""
        newest = self.journal.newest
        causes = (newest("affect"), newest("phase"), newest("override"), newest("alarm"))
        if self.course.suggestion is not None and self._suggested != self.course.suggestion:
            self.journal.write(Suggested(self.course.suggestion, reason), *causes)
        self._suggested = self.course.suggestion
        if self._target is None or _far(self._target, (heading.wanted, heading.aim)):
            self._target = (heading.wanted, heading.aim)
            path = self.course.path(self._phases, at_s)
            self.journal.write(TargetSet(heading.wanted, heading.aim, path, reason), *causes)
        return newest("target")

    def _perform(self, answers: tuple[Bar, ...], at_s: float) -> None:
        for bar in answers:
            self.journal.write(BarComposed(bar.bar, bar.generator), self.journal.newest("plan"))
            if performed := self.score.perform(bar):
                ordered, sounding = performed
                late = sounding.start_s < at_s + TICK_S
                self.journal.write(BarPerformed(sounding, bar.generator, bar.tokens, late), ordered.seq)
        if answers and self.score.owes_anew:
            self.plan_anew(at_s)

    def silence(self, at_s: float, fade_s: float, reason: str, *follows: int) -> None:
        self.score.silence(at_s)
        self.journal.write(Silenced(fade_s, reason), *follows)

    def end(self, how: str, reason: str, *follows: int) -> None:
        self.ended = True
        self.journal.write(Ended(how, reason), *follows)


def _far(before: tuple[Aim, Aim], now: tuple[Aim, Aim]) -> bool:
    changes = [
        abs(old_value - new_value)
        for old, new in zip(before, now, strict=True)
        for old_value, new_value in ((old.valence, new.valence), (old.arousal, new.arousal))
    ]
    return max(changes) >= HEARD
