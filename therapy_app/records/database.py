"""Opens the database."""

from __future__ import annotations

from sqlite3 import Connection

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

# FULL, not NORMAL: with NORMAL a power cut lost acknowledged commits (tests/therapy_app/test_power_cut.py).
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")


def open_database(url: str) -> Engine:
    """An engine on the database; SQLite runs in WAL mode and syncs every commit to disk."""
    # Values stay out of error messages, which may be logged or shown.
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Connection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
