"""Keeps the rows about a session true to its log: its status, and the rest that was measured in it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from therapy_app.engine.recorder import Recorder
from therapy_app.records import learned, sessions
from therapy_app.records.log import TickRecord, last_line
from therapy_app.records.sessions import Order
from therapy_app.session.acts import RECORDS
from therapy_app.session.events import BaselineTaken, Ended, Entry
from therapy_app.session.tick import Notice

LEFT_BEHIND = "the engine stopped in the middle of the session; everything up to here is recorded"


def keep_row_true(recorder: Recorder, order: Order, record: TickRecord) -> None:
    for entry in record.entries:
        match entry.event:
            case BaselineTaken(source="measured" | "short", baseline=baseline) if baseline is not None:
                recorder.change(partial(sessions.keep_baseline, client_id=order.client_id, baseline=baseline))
            case Ended(how=how):
                recorder.change(partial(sessions.end, session_id=order.session_id, status=how, at=record.wall))
                recorder.change(partial(learned.keep, session_id=order.session_id, at=record.wall))


def close_left_behind(database: Engine, recorder: Recorder, wall: datetime) -> int:
    """Ends every session that an engine left running. Music never begins again without a person."""
    left = sessions.orders(database, status="running")
    for order in left:
        interrupt(database, recorder, order, LEFT_BEHIND, wall)
    return len(left)


def write_behind(database: Engine, recorder: Recorder, wall: datetime) -> None:
    """Writes what people said after a session's end behind it: how it was, and marks. Anything else came too late."""
    for session_id in [] if recorder.behind else sessions.said_afterwards(database):
        with database.connect() as connection:
            last = last_line(connection, session_id)
            said = sessions.commands_waiting(connection, session_id)
        kept = [RECORDS[command.name](command) for command in said if command.name in sessions.AFTERWARDS]
        entries = [Entry(last.seq + n, last.tick, last.at_s, event, ()) for n, event in enumerate(kept, start=1)]
        recorder.add(session_id, TickRecord(last.tick, wall, entries, ()))
        recorder.change(partial(sessions.take, commands=said))


def interrupt(database: Engine, recorder: Recorder, order: Order, why: str, wall: datetime) -> list[Notice]:
    """Writes the end of a session from outside of it, behind all that waits to be written."""
    notices = recorder.commit()
    with database.connect() as connection:
        last = last_line(connection, order.session_id)
    entry = Entry(last.seq + 1, last.tick, last.at_s, Ended("interrupted", why), ())
    record = TickRecord(last.tick, wall, (entry,), ())
    recorder.add(order.session_id, record)
    keep_row_true(recorder, order, record)
    return [*notices, *recorder.commit()]
