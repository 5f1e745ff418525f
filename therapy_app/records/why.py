"""One bar of a stored session: how it was planned and performed, what sounds around it, and what led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError
from sqlalchemy import Engine, or_, select

from models.music.explanation import AROUND, Explanation, explain, neighbours
from models.music.plan import PerformedBar
from therapy_app.records import tables
from therapy_app.records.log import StoredEvent
from therapy_app.records.sessions import SessionError, status_of
from therapy_app.session.events import BarPerformed, BarPlanned, event_from

MOST_CAUSES = 12
Read = TypeVar("Read", BarPlanned, BarPerformed)


class NoSuchBar(SessionError):
    """The session has no such bar, or it has not been composed yet."""


class BarUnreadable(SessionError):
    """The log's lines about a bar are not what was written there."""


@dataclass(frozen=True)
class StoredBar:
    """A bar in its newest revision. `seq` is its line in the log, `planned_seq` its plan's; `heard` it and its
    neighbours as they sound."""

    seq: int
    planned_seq: int
    planned: BarPlanned
    performed: BarPerformed
    heard: tuple[PerformedBar, ...]

    def explanation(self, nearest: str | None = None) -> Explanation:
        return explain(self.heard, self.planned.plan, self.planned.reason, self.performed.generator, nearest)


def bar_of(database: Engine, session_id: int, number: int) -> StoredBar:
    """Raises NoSuchSession and NoSuchBar."""
    status_of(database, session_id)
    near = _performed(database, session_id, number)
    if number not in near:
        raise NoSuchBar(f"session {session_id} has no bar {number}{_bars_there_are(database, session_id)}")
    seq, planned_seq, performed = near[number]
    # What was composed after this bar was ordered anew, but for its older self, is void.
    standing = [bar for n, (own, _, bar) in sorted(near.items()) if n <= number or own > seq]
    bars = [performed.bar for performed in standing]
    heard = neighbours(bars, [bar.bar for bar in bars].index(number))
    return StoredBar(seq, planned_seq, _plan(database, session_id, planned_seq), performed, tuple(heard))


def causes(database: Engine, session_id: int, seq: int, most: int = MOST_CAUSES) -> list[StoredEvent]:
    """The events that led to `seq`, newest first, without itself; nearer ones before farther ones when many did."""
    found: dict[int, StoredEvent] = {}
    ahead = [seq]
    while ahead and len(found) <= most:
        layer = _events(database, session_id, set(ahead) - set(found))
        found |= {event.seq: event for event in layer}
        ahead = [cause for event in layer for cause in event.follows if cause not in found]
    nearest = [event for event in found.values() if event.seq != seq][:most]
    return sorted(nearest, key=lambda event: -event.seq)


Near = tuple[int, int, BarPerformed]


def _performed(database: Engine, session_id: int, number: int) -> dict[int, Near]:
    """(seq, seq of the plan, event) of the bar and its neighbours, each as last performed."""
    event = tables.Event
    wanted = range(max(0, number - AROUND), number + AROUND + 1)
    # The body is canonical JSON with sorted keys, so a performed bar begins with its number.
    like = or_(*(event.body.startswith(f'{{"bar":{{"bar":{n},', autoescape=True) for n in wanted))
    query = select(event.seq, event.body, event.follows).where(
        event.session_id == session_id, event.kind == "bar", like
    )
    with database.connect() as connection:
        rows = connection.execute(query.order_by(event.seq)).all()
    near: dict[int, Near] = {}
    for seq, body, follows in rows:
        performed = _read(BarPerformed, "bar", seq, body)
        near[performed.bar.bar] = (seq, max(follows, default=0), performed)
    return near


def _plan(database: Engine, session_id: int, seq: int) -> BarPlanned:
    stored = _events(database, session_id, {seq})
    if not stored:
        raise BarUnreadable(f"event {seq}, the plan of the bar, is missing from the log")
    return _read(BarPlanned, stored[0].kind, seq, stored[0].body)


def _read(expected: type[Read], kind: str, seq: int, body: str) -> Read:
    """The event as it was written. Raises BarUnreadable when it was not."""
    try:
        event = event_from(kind, body)
    except (ValidationError, ValueError, LookupError) as error:
        raise BarUnreadable(f"event {seq} can't be read: {str(error).splitlines()[0]}") from error
    if not isinstance(event, expected):
        raise BarUnreadable(f"event {seq} is of kind {kind}; the log does not fit together")
    return event


def _events(database: Engine, session_id: int, seqs: set[int]) -> list[StoredEvent]:
    event = tables.Event
    query = select(event.seq, event.tick, event.at_s, event.wall, event.kind, event.body, event.follows, event.chain)
    query = query.where(event.session_id == session_id, event.seq.in_(seqs)).order_by(event.seq.desc())
    with database.connect() as connection:
        return [StoredEvent(*row[:6], follows=tuple(row[6]), chain=row[7]) for row in connection.execute(query)]


def _bars_there_are(database: Engine, session_id: int) -> str:
    """'; there are 0 to 212', as the newest bar tells."""
    event = tables.Event
    query = select(event.seq, event.body).where(event.session_id == session_id, event.kind == "bar")
    with database.connect() as connection:
        row = connection.execute(query.order_by(event.seq.desc()).limit(1)).first()
    if row is None:
        return "; none has been composed"
    return f"; there are 0 to {_read(BarPerformed, 'bar', *row).bar.bar}"
