"""Whether a stored session is what the same inputs give again, event by event, and whether its log was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from pydantic import ValidationError
from sqlalchemy import Engine

from models.music.plan import Bar, BarRequest
from therapy_app.engine.composer import Composer
from therapy_app.engine.live import session_of
from therapy_app.records.log import StoredEvent, all_events, link, read_blocks
from therapy_app.records.sessions import status_of
from therapy_app.session.events import KINDS, Entry, body_of, event_from
from therapy_app.session.replay import computed_part, replay, started_of


@dataclass(frozen=True)
class Verdict:
    """`differs_at` is the seq of the first event that is not as it should be, 0 when all are; `why` in words."""

    events: int
    differs_at: int = 0
    why: str = ""


class Unreadable(Exception):
    """An event in the log that is no event; `seq` is its number."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq = seq


def verify(database: Engine, session_id: int) -> Verdict:
    """Recomputes the session and compares. Raises NoSuchSession, or ValueError when it never began."""
    status_of(database, session_id)
    stored = list(all_events(database, session_id))
    try:
        entries = [_entry(event) for event in stored]
    except Unreadable as error:
        return Verdict(len(stored), error.seq, f"event {error.seq} can't be read: {error}")
    broken = next(_broken_links(stored), 0)
    if broken:
        return Verdict(len(stored), broken, f"event {broken} was changed after it was written")
    for kept, again in zip_longest(computed_part(entries), rerun(database, session_id, entries)):
        if kept is None or again is None or _line(kept) != _line(again):
            seq = (kept or again or entries[-1]).seq
            return Verdict(len(stored), seq, f"event {seq} comes out differently when the session is run again")
    return Verdict(len(stored))


def rerun(database: Engine, session_id: int, entries: list[Entry]) -> Iterator[Entry]:
    """The session's events, computed again from its raw blocks and commands."""
    started, consent = started_of(entries)
    composer = Composer()

    def compose(name: str, request: BarRequest) -> Bar:
        return composer.generator(name).compose([request])[0]

    yield from replay(session_of(started, consent), computed_part(entries), read_blocks(database, session_id), compose)


def _entry(event: StoredEvent) -> Entry:
    if event.kind not in KINDS:
        raise Unreadable(event.seq, f"no event of kind {event.kind!r}")
    try:
        return Entry(event.seq, event.tick, event.at_s, event_from(event.kind, event.body), event.follows)
    except (ValidationError, ValueError) as error:
        raise Unreadable(event.seq, str(error).splitlines()[0]) from error


def _broken_links(stored: list[StoredEvent]) -> Iterator[int]:
    before = ""
    for number, event in enumerate(stored, start=1):
        before = link(before, event.seq, event.kind, event.body, event.follows)
        if event.seq != number or before != event.chain:
            yield number
            return


def _line(entry: Entry) -> tuple[object, ...]:
    return entry.seq, entry.tick, entry.at_s, entry.kind, body_of(entry.event), entry.follows
