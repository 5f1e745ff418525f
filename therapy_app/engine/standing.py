"""Keeps the rows about a session true to its log: its status, and the rest that was measured in it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from therapy_app.engine.recorder import Recorder
from therapy_app.records import sessions
from therapy_app.records.log import TickRecord, last_line
from therapy_app.records.sessions import Order
from therapy_app.session.events import BaselineTaken, Ended, Entry

LEFT_BEHIND = "the engine stopped in the middle of the session; everything up to here is recorded"


def keep_row_true(recorder: Recorder, order: Order, record: TickRecord) -> None:
    for entry in record.entries:
        match entry.event:
            case BaselineTaken(source="measured" | "short", baseline=baseline) if baseline is not None:
                recorder.change(partial(sessions.keep_baseline, client_id=order.client_id, baseline=baseline))
            case Ended(how=how):
                recorder.change(partial(sessions.end, session_id=order.session_id, status=how, at=record.wall))


def close_left_behind(database: Engine, recorder: Recorder, wall: datetime) -> int:
    """Ends every session that an engine left running. Music never begins again without a person."""
    left = sessions.orders(database, status="running")
    for order in left:
        with database.connect() as connection:
            last = last_line(connection, order.session_id)
        interrupt(
            recorder, order, Entry(last.seq + 1, last.tick, last.at_s, Ended("interrupted", LEFT_BEHIND), ()), wall
        )
    recorder.commit()
    return len(left)


def interrupt(recorder: Recorder, order: Order, entry: Entry, wall: datetime) -> None:
    """Writes the end of a session from outside of it."""
    record = TickRecord(entry.tick, wall, (entry,), ())
    recorder.add(order.session_id, record)
    keep_row_true(recorder, order, record)
