"""Ticks all sessions at 4 Hz: the only loop where time passes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from sensors.blocks import Clock
from therapy_app.engine.composer import Commission
from therapy_app.engine.live import Live
from therapy_app.engine.opening import OPENING_ERRORS, open_sensors, speed_of
from therapy_app.engine.recorder import Recorder
from therapy_app.engine.standing import interrupt, keep_row_true, write_behind
from therapy_app.engine.studio import Studio
from therapy_app.records import sessions
from therapy_app.records.sessions import Order
from therapy_app.session.commands import Command
from therapy_app.session.tick import TICK_S, Notice

LOG = logging.getLogger(__name__)
BROKE = "a fault in the program ended this session; everything up to here is recorded"
CATCH_UP_TICKS = 8
"""Up to this far behind, ticks are run one after another; further behind, the engine was asleep and they are missed."""
MOST_AT_ONCE = 80
"""A recording replayed at speed never misses a tick; this many a turn leave the other sessions their time."""


@dataclass
class Running:
    """A live session, when it began on the engine's clock, and how much faster than that its own clock runs."""

    live: Live
    start_s: float
    speed: float
    owed: int = 0
    heard: int = 0
    commands: list[Command] = field(default_factory=list)


class Conductor:
    """All live sessions of this engine. `clock` is monotonic, `wall` tells the time of day for the record."""

    def __init__(self, database: Engine, recorder: Recorder, clock: Clock, wall: Callable[[], datetime]) -> None:
        self._database, self._recorder = database, recorder
        self._clock, self._wall = clock, wall
        self._studio = Studio()
        self._running: dict[int, Running] = {}

    def turn(self) -> None:
        """One turn of the loop: begin what was asked for, obey people, run the ticks that are due, commit."""
        for order in sessions.orders(self._database):
            self._begin(order)
        write_behind(self._database, self._recorder, self._wall())
        for running in self._running.values():
            self._look(running)
        self._hear_studio()
        while self._tick_all():
            self._hear_studio()
        self._commit()

    def begin(self) -> None:
        """Has the composers ready before anyone waits for them."""
        self._studio.begin(self._clock())

    def _tick_all(self) -> bool:
        """One tick of every session that owes one, then the bars they ask for; False when none was due.

        A session whose clock runs fast waits for its composer: nobody listens, and nothing may be late.
        """
        commissions: list[Commission] = []
        ticked = False
        for session_id, running in list(self._running.items()):
            if running.owed and not (running.speed > 1 and self._studio.waits_for(session_id)):
                commissions += self._tick(session_id, running)
                ticked = True
        self._studio.send(commissions, self._clock())
        return ticked

    def _hear_studio(self) -> None:
        for session_id, bar in self._studio.collect(self._clock()):
            if session_id in self._running:
                self._running[session_id].live.answers.append(bar)
        for running in self._running.values():
            running.live.tell(self._studio.notice(running.live.order.generator))

    def _commit(self) -> None:
        self._tell(self._recorder.commit())

    def _tell(self, notices: Sequence[Notice]) -> None:
        for running in self._running.values():
            waiting = running.live.notices
            waiting += [notice for notice in notices if notice not in waiting]

    def _begin(self, order: Order) -> None:
        start_s = self._clock()
        try:
            speed = speed_of(order)
            live = Live(order, open_sensors(order, lambda: (self._clock() - start_s) * speed))
        except OPENING_ERRORS as error:
            self._end_from_outside(order, str(error).strip("'\""))
            return
        self._running[order.session_id] = Running(live, start_s, speed)
        self._recorder.change(partial(sessions.begin, session_id=order.session_id, at=self._wall()))
        # At once, not with the first events: the order must not be found again.
        self._commit()

    def _end_from_outside(self, order: Order, why: str) -> None:
        self._tell(interrupt(self._database, self._recorder, order, why, self._wall()))

    def _look(self, running: Running) -> None:
        """What people said, and how many ticks are owed; a STOP does not wait for the next one."""
        live = running.live
        with self._database.connect() as connection:
            waiting = sessions.commands_waiting(connection, live.order.session_id)
        # On a full disk a command that was carried out still waits in the table.
        running.commands = [command for command in waiting if command.id > running.heard]
        due = int((self._clock() - running.start_s) * running.speed / TICK_S) - live.next_tick + 1
        if any(command.name == "stop" for command in running.commands):
            due = max(due, 1)
        if due > CATCH_UP_TICKS and running.speed <= 1:
            live.miss(due - 1)
            due = 1
        running.owed = min(due, MOST_AT_ONCE)

    def _tick(self, session_id: int, running: Running) -> list[Commission]:
        live = running.live
        try:
            record, commission = live.tick(self._wall(), running.commands)
        except Exception:  # a fault of ours, or of somebody's sensor, ends this session and no other
            LOG.exception("session %d broke", session_id)
            self._let_go(session_id)
            self._end_from_outside(live.order, BROKE)
            return []
        if running.commands:
            self._recorder.change(partial(sessions.take, commands=running.commands))
            running.heard = running.commands[-1].id
        running.owed, running.commands = running.owed - 1, []
        self._recorder.add(session_id, record)
        keep_row_true(self._recorder, live.order, record)
        if live.session.ended:
            self._let_go(session_id)
        return [commission] if commission else []

    def _let_go(self, session_id: int) -> None:
        self._running.pop(session_id).live.close()

    def close(self) -> None:
        """Lets go of all sensors; the sessions stay open in the record until an engine closes them."""
        self._studio.close()
        for running in self._running.values():
            running.live.close()
