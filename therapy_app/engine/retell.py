"""A bar of a stored session as it was asked of its generator: the session is run again until then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from models.music.plan import Bar, BarRequest
from therapy_app.engine.composer import Composer
from therapy_app.engine.live import session_of
from therapy_app.records.log import StoredEvent, all_events, read_blocks
from therapy_app.records.why import StoredBar
from therapy_app.session.events import BarPerformed, Entry, event_from
from therapy_app.session.replay import computed_part, replay, started_of


class ToldOtherwise(Exception):
    """Run again, the session does not give the bar that was stored; the reason in words."""


@dataclass(frozen=True)
class Asked:
    """What a generator was asked for, and the bar it wrote."""

    request: BarRequest
    bar: Bar


def asked_for(database: Engine, session_id: int, stored: StoredBar, look: Callable[[float], None]) -> Asked:
    """The request and the written bar behind a stored one. `look` is told the session second that was reached.

    Raises ToldOtherwise when weights, code or log have changed since.
    """
    number = stored.planned.plan.bar
    entries = [_entry(event) for event in all_events(database, session_id) if event.seq <= stored.seq]
    started, consent = started_of(entries)
    composer = Composer()
    asked: list[Asked] = []

    def compose(name: str, request: BarRequest) -> Bar:
        (bar,) = composer.generator(name).compose([request])
        if request.plan.bar == number:
            asked.append(Asked(request, bar))
        return bar

    session = session_of(started, consent)
    for entry in replay(session, computed_part(entries), read_blocks(database, session_id), compose):
        look(entry.at_s)
        if isinstance(entry.event, BarPerformed) and entry.seq == stored.seq and entry.event == stored.performed:
            return asked[-1]
    raise ToldOtherwise(
        f"run again with what is installed now, session {session_id} does not give the same bar {number}"
    )


def _entry(event: StoredEvent) -> Entry:
    try:
        return Entry(event.seq, event.tick, event.at_s, event_from(event.kind, event.body), event.follows)
    except (LookupError, ValueError) as error:
        raise ToldOtherwise(f"event {event.seq} can't be read, so the session can't be run again") from error
