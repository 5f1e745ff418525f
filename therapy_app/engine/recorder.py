"""Commits what happened; nothing counts as having happened, and nothing sounds, before it is committed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from therapy_app.records.log import TickRecord, append
from therapy_app.session.events import Alarm, AlarmCleared
from therapy_app.session.tick import Notice

RESERVE_BYTES = 32 * 1024 * 1024
FULL = Alarm("disk", "urgent", "The disk is full. The music goes on; please make room, then recording catches up.")
LOCKED = Alarm("disk", "warning", "Another program holds the record. The music goes on; recording catches up after it.")
TROUBLES = {"disk is full": FULL, "disk I/O error": FULL, "database is locked": LOCKED}
"""What SQLite says when a commit can be tried again later, and the alarm that stands meanwhile."""


class Reserve:
    """Space kept back on the disk, so that a full disk still leaves room for what must be recorded."""

    def __init__(self, file: Path, size: int = RESERVE_BYTES) -> None:
        self._file, self._size = file, size

    def keep(self) -> bool:
        """Takes the space; False when there is not enough."""
        if self._file.exists() and self._file.stat().st_size == self._size:
            return True
        try:
            with self._file.open("wb") as out:
                for _ in range(0, self._size, 1 << 20):
                    out.write(b"\0" * min(1 << 20, self._size))
        except OSError:
            self.give()
            return False
        return True

    def give(self) -> bool:
        """Gives the space back to the disk; False when it was already given."""
        had = self._file.exists()
        self._file.unlink(missing_ok=True)
        return had


class Recorder:
    """Keeps what could not be written yet, in order, and tries again. At most a few MB an hour: memory holds it."""

    def __init__(self, database: Engine, reserve: Reserve) -> None:
        self._database, self._reserve = database, reserve
        self._waiting: list[tuple[int, TickRecord]] = []
        self._changes: list[Callable[[Connection], None]] = []
        self._behind = False
        self._reserve.keep()

    def add(self, session_id: int, record: TickRecord) -> None:
        self._waiting.append((session_id, record))

    def change(self, change: Callable[[Connection], None]) -> None:
        """Something else to write in the same transaction as the events that go with it."""
        self._changes.append(change)

    @property
    def behind(self) -> bool:
        """Whether something waits that could not be written."""
        return bool(self._waiting or self._changes)

    def commit(self) -> list[Notice]:
        """Writes all that waits in one transaction. Returns what sessions should know about the disk."""
        if not self._waiting and not self._changes:
            return []
        try:
            with self._database.begin() as connection:
                for session_id, record in self._waiting:
                    append(connection, session_id, [record])
                for change in self._changes:
                    change(connection)
        except OperationalError as error:
            alarm = _trouble(error)
            if alarm is None:
                raise
            self._behind = True
            if alarm == FULL:
                self._reserve.give()
            return [alarm]
        self._waiting, self._changes = [], []
        return self._recovered()

    def _recovered(self) -> list[Notice]:
        """After a success: all is well again once the reserve could be taken back."""
        if not self._behind or not self._reserve.keep():
            return []
        self._behind = False
        return [AlarmCleared(FULL.code)]


def _trouble(error: OperationalError) -> Alarm | None:
    text = str(error.orig)
    return next((alarm for words, alarm in TROUBLES.items() if words in text), None)
