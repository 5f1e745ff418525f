"""The body's part of a session, once a second: features, affect, baseline and what is alarming about them."""

from __future__ import annotations

from collections.abc import Iterable

from models.affect import Affect, Estimator
from models.person import Rest, SelfReport
from models.personal import briefly
from sensors.blocks import SampleBlock, Status
from therapy_app.session.alarms import Alarms
from therapy_app.session.commands import Command
from therapy_app.session.events import (
    AffectEstimated,
    Alarm,
    AlarmCleared,
    BaselineTaken,
    FeaturesTaken,
    PersonalTaken,
    SensorStatus,
    Started,
    StreamFound,
)
from therapy_app.session.journal import Journal
from therapy_app.session.listening import Listening
from therapy_app.session.phases import Phase

REST_AGAIN_S = 180.0
"""How long rest is measured when it is asked for again: the shortest that can be compared with other days."""
NO_REST = Alarm(
    "rest", "warning", "No rest could be measured, so nothing can be compared with it. The music follows the plan."
)


def no_rest(why: str, kept: bool) -> Alarm:
    """What is said when the minutes of rest were none."""
    meanwhile = "The rest from before is used." if kept else "So there is no estimate."
    return Alarm("rest", "warning", f"That was no rest: {why}. {meanwhile} It can be measured again.")


class Body:
    def __init__(self, journal: Journal, alarms: Alarms, estimator: Estimator, started: Started) -> None:
        self._journal, self._alarms = journal, alarms
        self._listening = Listening(estimator, started)
        self._started = started
        self._streams: set[str] = set()
        self._again_until_s: float | None = None

    @property
    def listening(self) -> Listening:
        return self._listening

    @property
    def measures_again(self) -> bool:
        """Whether rest is being measured once more, outside of the baseline phase."""
        return self._again_until_s is not None

    def begin(self, seq: int) -> None:
        """Writes down which personal model holds; logs from before there was one have no such line."""
        if (personal := self._started.personal) is not None:
            whence = f"; version {personal.version}, from earlier sessions" if personal.knows else ""
            self._journal.write(PersonalTaken(personal, f"{briefly(personal)}{whence}"), seq)

    def arrive(self, arrivals: Iterable[SampleBlock | Status]) -> None:
        for arrival in arrivals:
            if isinstance(arrival, Status):
                self._hear_of(arrival)
            else:
                self._meet(arrival)
                self._listening.take([arrival])

    def _hear_of(self, status: Status) -> None:
        seq = self._journal.write(SensorStatus(status), self._journal.newest("started"))
        code = f"sensor {status.device}"
        if status.state in ("lost", "stale"):
            words = f"{status.device} is {status.state}: {status.reason or 'no signal'}. The music goes on."
            self._alarms.take(Alarm(code, "warning", words), seq)
        elif status.state in ("streaming", "stopped"):
            self._alarms.take(AlarmCleared(code), seq)

    def _meet(self, block: SampleBlock) -> None:
        info = block.info
        if info.stream not in self._streams:
            self._streams.add(info.stream)
            found = StreamFound(info.stream, info.modality, info.rate_hz, tuple(sorted(block.flags)))
            self._journal.write(found, self._journal.newest("sensor"))

    def second(self, at_s: float, phase: Phase) -> Affect:
        """Features and affect of this second."""
        features = self._listening.listen(at_s)
        sources = (self._journal.newest("stream"), self._journal.newest("sensor"))
        seq = self._journal.write(FeaturesTaken(features.readings), *sources)
        if phase.name == "baseline" or self.measures_again:
            self._listening.rest(features)
        if self._again_until_s is not None and at_s >= self._again_until_s:
            self._take_rest()
        affect = self._listening.feel(features)
        newest = self._journal.newest
        self._journal.write(AffectEstimated(affect), seq, newest("baseline"), newest("check_in"), newest("personal"))
        return affect

    def told(self, command: Command, at_s: float, seq: int) -> None:
        """A person said how they feel."""
        said = SelfReport(at_s, command.valence, command.arousal)
        personal = self._listening.report(said, command.only)
        if personal is not None:
            taken = PersonalTaken(personal, f"{briefly(personal)}; moved by what was said")
            self._journal.write(taken, seq, self._journal.newest("affect"))

    def measure_rest_again(self, at_s: float) -> None:
        """Collects quiet seconds afresh, beginning now."""
        self._listening.rest_anew()
        self._again_until_s = at_s + REST_AGAIN_S

    def use_stored_rest(self) -> None:
        stored = self._started.baseline
        if stored is not None:
            self._journal.write(
                BaselineTaken("stored", stored, "rest of an earlier session"), self._journal.newest("started")
            )

    def take_rest(self) -> None:
        """At the end of the baseline phase, unless someone asked during it to begin anew: then it takes longer."""
        if not self.measures_again:
            self._take_rest()

    def _take_rest(self) -> None:
        self._again_until_s = None
        rest = self._listening.take_baseline()
        taken = self._taken(rest)
        seq = self._journal.write(taken, self._journal.newest("features"))
        alarm = no_rest(rest.refused, taken.baseline is not None) if rest.refused else NO_REST
        self._alarms.stand(alarm, bool(rest.refused) or taken.baseline is None, seq)

    def _taken(self, rest: Rest) -> BaselineTaken:
        if rest.baseline is not None:
            source = "measured" if rest.baseline.comparable else "short"
            return BaselineTaken(source, rest.baseline, f"{rest.baseline.length_s:.0f} s of rest")
        kept = self._listening.baseline
        if kept is None:
            source = "refused" if rest.refused else "none"
            return BaselineTaken(source, None, rest.refused or "too little of the signal was usable")
        whence = "rest of an earlier session" if kept == self._started.baseline else "rest measured before"
        return BaselineTaken("stored", kept, f"{rest.refused or 'too little could be measured'}; {whence}")
