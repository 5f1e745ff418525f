"""Ticks all sessions at 4 Hz: the only loop where time passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from sensors.blocks import Clock
from therapy_app.engine.composer import Commission, Composer
from therapy_app.engine.live import Live
from therapy_app.engine.opening import OPENING_ERRORS, open_sensors
from therapy_app.engine.recorder import Recorder
from therapy_app.engine.standing import interrupt, keep_row_true
from therapy_app.records import sessions
from therapy_app.records.sessions import Order
from therapy_app.session.commands import Command
from therapy_app.session.events import Ended, Entry
from therapy_app.session.tick import TICK_S

CATCH_UP_TICKS = 8
"""Up to this far behind, ticks are run one after another; further behind, the engine was asleep and they are missed."""


class Conductor:
    """All live sessions of this engine. `clock` is monotonic, `wall` tells the time of day for the record."""

    def __init__(self, database: Engine, recorder: Recorder, clock: Clock, wall: Callable[[], datetime]) -> None:
        self._database, self._recorder = database, recorder
        self._clock, self._wall = clock, wall
        self._composer = Composer()
        self._live: dict[int, tuple[Live, float]] = {}

    @property
    def sessions(self) -> tuple[int, ...]:
        return tuple(self._live)

    def turn(self) -> None:
        """One turn of the loop: begin what was asked for, obey people, run the ticks that are due, commit."""
        for order in sessions.orders(self._database):
            self._begin(order)
        commissions: list[Commission] = []
        for live, start_s in list(self._live.values()):
            commissions += self._run(live, start_s)
        self._commit()
        for session_id, bar in self._composer.compose(commissions):
            if session_id in self._live:
                self._live[session_id][0].answers.append(bar)

    def _commit(self) -> None:
        notices = self._recorder.commit()
        for live, _ in self._live.values():
            live.notices += [notice for notice in notices if notice not in live.notices]

    def _begin(self, order: Order) -> None:
        start_s = self._clock()
        try:
            sensors = open_sensors(order, lambda: self._clock() - start_s)
        except OPENING_ERRORS as error:
            self._refuse(order, str(error))
            return
        self._live[order.session_id] = (Live(order, sensors), start_s)
        self._recorder.change(partial(sessions.begin, session_id=order.session_id, at=self._wall()))
        # At once, not with the first events: the order must not be found again.
        self._commit()

    def _refuse(self, order: Order, why: str) -> None:
        interrupt(self._recorder, order, Entry(1, 0, 0.0, Ended("interrupted", why), ()), self._wall())
        self._commit()

    def _run(self, live: Live, start_s: float) -> list[Commission]:
        """Runs the ticks of one session that are due; a STOP does not wait for the next one."""
        commands = self._commands(live)
        due = int((self._clock() - start_s) / TICK_S) - live.next_tick + 1
        if any(command.name == "stop" for command in commands):
            due = max(due, 1)
        if due > CATCH_UP_TICKS:
            live.miss(due - 1)
            due = 1
        wanted: list[Commission] = []
        for _ in range(due):
            record, commission = live.tick(self._wall(), commands)
            wanted += [commission] if commission else []
            commands = []
            self._recorder.add(live.order.session_id, record)
            keep_row_true(self._recorder, live.order, record)
            if live.session.ended:
                live.close()
                del self._live[live.order.session_id]
                break
        return wanted

    def _commands(self, live: Live) -> list[Command]:
        with self._database.connect() as connection:
            return sessions.commands_after(connection, live.order.session_id, live.last_command)

    def close(self) -> None:
        """Lets go of all sensors; the sessions stay open in the record until an engine closes them."""
        for live, _ in self._live.values():
            live.close()
