"""Opens the database and brings it to the newest shape."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

PACKAGE = Path(__file__).parents[1]

# FULL, not NORMAL: with NORMAL a power cut lost acknowledged commits (tests/therapy_app/test_power_cut.py).
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")


def open_database(url: str) -> Engine:
    """An engine on the database; SQLite runs in WAL mode and syncs every commit to disk."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Connection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def alembic_config(url: str) -> Config:
    """A wheel carries the migrations inside therapy_app; a checkout has them beside it."""
    shipped = PACKAGE / "migrations"
    config = Config()
    config.set_main_option("script_location", str(shipped if shipped.exists() else PACKAGE.parent / "migrations"))
    # Alembic's options are %-interpolated; a URL may hold an escaped character.
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Creates or upgrades all tables."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(url), "head")


def check(url: str) -> None:
    """Raises alembic's CommandError when the tables are not what the code expects."""
    command.check(alembic_config(url))
