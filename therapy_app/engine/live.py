"""One running session: its sensors, its pure step, and the bars on their way to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.music.plan import Bar
from models.shipped import known
from sensors.blocks import Listener, SampleBlock, Sensor, Status
from therapy_app import catalog
from therapy_app.engine.apart import apart
from therapy_app.engine.composer import Commission, found_index
from therapy_app.playback.groove import found_groove
from therapy_app.records.log import TickRecord
from therapy_app.records.sessions import Order
from therapy_app.session.commands import Command
from therapy_app.session.events import (
    Alarm,
    AlarmCleared,
    BarPerformed,
    BarPlanned,
    Entry,
    Silenced,
    Started,
    TicksMissed,
)
from therapy_app.session.step import GROOVE, Session
from therapy_app.session.tick import ORIGINALITY, TICK_S, Notice, Tick


def begin_session(order: Order) -> Session:
    """The session that an order asks for, at its very beginning. Raises LookupError for a part there is not."""
    started = Started(
        order.prescription,
        order.seed,
        order.estimator,
        order.generator,
        order.baseline,
        order.personal,
        order.uneven_heart,
        judges_rest=True,
        weights=known().get(f"emotion_{order.estimator}", "")[:8],
    )
    return session_of(started, order.consent_by)


def session_of(started: Started, consent_by: str) -> Session:
    estimator = catalog.find("estimator", started.estimator).Estimator()
    tradition = catalog.find("tradition", started.prescription.tradition).TRADITION
    groove, _ = found_groove()
    return Session(started, estimator, tradition, consent_by, groove)


class Hearing:
    """Tells sensors that listen (the virtual patient) what sounds, bar by bar, as it begins to sound."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._listeners = [sensor for sensor in sensors if isinstance(sensor, Listener)]
        self._ahead: list[tuple[float, float, float]] = []
        self._aims: dict[int, tuple[float, float]] = {}

    def follow(self, entries: Sequence[Entry], at_s: float) -> None:
        for entry in entries:
            match entry.event:
                case BarPlanned(plan=plan):
                    self._aims[plan.bar] = (plan.aim.arousal, plan.aim.valence)
                case BarPerformed(bar=bar):
                    heard_s = bar.start_s + (bar.turns[-1].start_s if bar.turns else 0.0)
                    self._ahead = [row for row in self._ahead if row[0] < heard_s]
                    self._ahead.append((heard_s, *self._aims.pop(bar.bar)))
                case Silenced():
                    self._ahead = [(at_s, 0.0, 0.0)]
        while self._ahead and self._ahead[0][0] <= at_s:
            start_s, arousal, valence = self._ahead.pop(0)
            for listener in self._listeners:
                listener.hear(start_s, arousal, valence)


class Live:
    """Runs ticks one after another; each yields what to record and what to compose."""

    def __init__(self, order: Order, sensors: Sequence[Sensor]) -> None:
        self.order = order
        self.sensors = apart(sensors)
        self.session = begin_session(order)
        self.next_tick = 0
        self.answers: list[Bar] = []
        self.notices: list[Notice] = []
        if without := found_groove()[1]:
            self.notices.append(Alarm(GROOVE, "notice", without))
        if unchecked := found_index()[1]:
            self.notices.append(Alarm(ORIGINALITY, "notice", unchecked))
        self._composers: dict[str, Alarm | AlarmCleared] = {}
        self._hearing = Hearing(sensors)

    def tick(self, wall: datetime, commands: Sequence[Command] = ()) -> tuple[TickRecord, Commission | None]:
        """Runs the next tick."""
        number = self.next_tick
        self.next_tick += 1
        arrivals: list[SampleBlock | Status] = []
        for sensor in self.sensors:
            arrivals += sensor.read(number * TICK_S)
        # Statuses first, as in a replay: the log tells what came within a tick, not in which order.
        arrivals.sort(key=lambda arrival: isinstance(arrival, SampleBlock))
        tick = Tick(number, tuple(arrivals), tuple(commands), tuple(self.answers), tuple(self.notices))
        self.answers, self.notices = [], []
        outcome = self.session.step(tick)
        self._hearing.follow(outcome.entries, tick.at_s)
        blocks = [arrival for arrival in arrivals if isinstance(arrival, SampleBlock)]
        record = TickRecord(number, wall, outcome.entries, blocks)
        if outcome.request is None:
            return record, None
        due_in_s = self.session.score.end_s - outcome.request.plan.length_s - tick.at_s
        return record, Commission(self.order.session_id, self.order.generator, due_in_s, outcome.request)

    def tell(self, notice: Alarm | AlarmCleared) -> None:
        """Passes on how it stands with the composers, when that has changed."""
        if self._composers.get(notice.code, AlarmCleared(notice.code)) != notice:
            self._composers[notice.code] = notice
            self.notices.append(notice)

    def miss(self, ticks: int) -> None:
        """Leaves ticks out: the engine was asleep."""
        self.next_tick += ticks
        self.notices.append(TicksMissed(ticks))

    def close(self) -> None:
        for sensor in self.sensors:
            sensor.close()
