"""The body's part of a session, once a second: features, affect, baseline and what is alarming about them."""

from __future__ import annotations

from collections.abc import Iterable

from models.affect import Affect, Estimator
from models.person import Baseline
from sensors.blocks import SampleBlock, Status
from therapy_app.session.alarms import Alarms
from therapy_app.session.events import (
    AffectEstimated,
    Alarm,
    AlarmCleared,
    BaselineTaken,
    FeaturesTaken,
    SensorStatus,
    StreamFound,
)
from therapy_app.session.journal import Journal
from therapy_app.session.listening import Listening
from therapy_app.session.phases import Phase

NO_REST = Alarm(
    "rest", "warning", "No rest could be measured, so nothing can be compared with it. The music follows the plan."
)


class Body:
    def __init__(self, journal: Journal, alarms: Alarms, estimator: Estimator, baseline: Baseline | None) -> None:
        self._journal, self._alarms = journal, alarms
        self._listening = Listening(estimator, baseline)
        self._stored = baseline
        self._streams: set[str] = set()

    @property
    def listening(self) -> Listening:
        return self._listening

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
        if phase.name == "baseline":
            self._listening.rest(features)
        affect = self._listening.feel(features)
        self._journal.write(
            AffectEstimated(affect), seq, self._journal.newest("baseline"), self._journal.newest("check_in")
        )
        return affect

    def use_stored_rest(self) -> None:
        if self._stored is not None:
            self._journal.write(
                BaselineTaken("stored", self._stored, "rest of an earlier session"), self._journal.newest("started")
            )

    def take_rest(self) -> None:
        """At the end of the baseline phase."""
        baseline = self._listening.take_baseline()
        if baseline is not None:
            source = "measured" if baseline.comparable else "short"
            taken = BaselineTaken(source, baseline, f"{baseline.length_s:.0f} s of rest")
        elif self._stored is not None:
            taken = BaselineTaken("stored", self._stored, "too little could be measured; rest of an earlier session")
        else:
            taken = BaselineTaken("none", None, "too little of the signal was usable")
        seq = self._journal.write(taken, self._journal.newest("features"))
        self._alarms.stand(NO_REST, taken.baseline is None, seq)
