"""The growing end of a session's log: read once per session and process, shared by however many viewers."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError, TimeoutError

from therapy_app.records import tables
from therapy_app.records.log import StoredEvent, read_events
from therapy_app.records.sessions import OPEN

POLL_S = 0.1
KEPT = 512
"""Lines kept in memory per session; a viewer further behind reads the database instead, so none is ever lost."""
PATIENCE_S = 1.0
STREAMS_PER_USER = 4
SEAT_WAIT_S = 3.0
"""A flaky link comes back sooner than its last stream is missed, which takes up to a second."""
log = logging.getLogger(__name__)


def line_of(event: StoredEvent) -> str:
    """One event as one line of JSON; the body passes through as the text it was stored as."""
    follows = ",".join(map(str, event.follows))
    return (
        f'{{"seq":{event.seq},"at_s":{event.at_s},"wall":"{event.wall:%Y-%m-%dT%H:%M:%S.%fZ}",'
        f'"kind":"{event.kind}","body":{event.body},"follows":[{follows}]}}'
    )


@dataclass(frozen=True)
class Frame:
    """One event as a viewer's browser receives it; encoded once for all viewers."""

    seq: int
    kind: str
    text: bytes


def frame_of(event: StoredEvent) -> Frame:
    text = f"id: {event.seq}\nevent: {event.kind}\ndata: {line_of(event)}\n\n"
    return Frame(event.seq, event.kind, text.encode())


class Tail:
    """The newest lines of one session, and whoever waits for the next one."""

    def __init__(self, database: Engine, session_id: int) -> None:
        self._database = database
        self.session_id = session_id
        self._grown = threading.Condition()
        self._frames: tuple[Frame, ...] = ()
        self.last, self._over = self._where_it_stands()
        self.viewers = 0

    def _where_it_stands(self) -> tuple[int, bool]:
        event, session = tables.Event, tables.Session
        newest = select(event.seq, event.kind).where(event.session_id == self.session_id)
        status = select(session.status).where(session.id == self.session_id)
        with self._database.connect() as connection:
            is_open = connection.scalar(status) in OPEN
            row = connection.execute(newest.order_by(event.seq.desc()).limit(1)).first()
        return (row.seq, row.kind == "ended" or not is_open) if row else (0, not is_open)

    def follow(self) -> None:
        """Polls the log until it ends or nobody watches."""
        while self.viewers and not self._over:
            time.sleep(POLL_S if self._read() else PATIENCE_S)

    def _read(self) -> bool:
        try:
            frames = [frame_of(event) for event in read_events(self._database, self.session_id, self.last)]
        except (OperationalError, TimeoutError):
            log.warning("the log of session %d can't be read just now; trying again", self.session_id)
            return False
        if frames:
            with self._grown:
                self._frames = (*self._frames, *frames)[-KEPT:]
                self.last, self._over = frames[-1].seq, frames[-1].kind == "ended"
                self._grown.notify_all()
        return True

    def over(self, seen: int) -> bool:
        """Whether who has seen `seen` has seen everything there will ever be."""
        return self._over and seen >= self.last

    def after(self, seen: int, wait_s: float) -> Sequence[Frame]:
        """The frames after `seen`: at once when there are any, else those that come within `wait_s`."""
        with self._grown:
            if self.last <= seen:
                self._grown.wait(wait_s)
            kept, last = self._frames, self.last
        if last <= seen:
            return ()
        if kept and kept[0].seq <= seen + 1:
            return kept[bisect_right(kept, seen, key=attrgetter("seq")) :]
        return [frame_of(event) for event in read_events(self._database, self.session_id, seen)]


class Tails:
    """At most one Tail per session."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._tails: dict[int, Tail] = {}

    def __len__(self) -> int:
        return len(self._tails)

    def viewers(self, session_id: int) -> int:
        """How many watch a session."""
        tail = self._tails.get(session_id)
        return tail.viewers if tail else 0

    @contextmanager
    def watching(self, session_id: int) -> Iterator[Tail]:
        """The session's tail, followed for as long as anyone is inside."""
        tail = self._enter(session_id)
        try:
            yield tail
        finally:
            with self._lock:
                tail.viewers -= 1
                if not tail.viewers:
                    del self._tails[session_id]

    def _enter(self, session_id: int) -> Tail:
        with self._lock:
            tail = self._tails.get(session_id)
            if tail is None:
                tail = self._tails[session_id] = Tail(self._database, session_id)
            tail.viewers += 1
            if tail.viewers == 1:
                threading.Thread(target=tail.follow, name=f"tail of {session_id}", daemon=True).start()
            return tail


class Seats:
    """How many streams each account has open: one page is one stream, and a few pages are enough."""

    def __init__(self, each: int = STREAMS_PER_USER) -> None:
        self.each = each
        self._changed = threading.Condition()
        self._taken: Counter[int] = Counter()

    def take(self, user_id: int) -> bool:
        """False when no seat comes free while a page that has just gone away is noticed."""
        with self._changed:
            free = self._changed.wait_for(lambda: self._taken[user_id] < self.each, SEAT_WAIT_S)
            self._taken[user_id] += free
            return free

    def leave(self, user_id: int) -> None:
        with self._changed:
            self._taken[user_id] -= 1
            if not self._taken[user_id]:
                del self._taken[user_id]
            self._changed.notify_all()

    def __len__(self) -> int:
        return self._taken.total()
