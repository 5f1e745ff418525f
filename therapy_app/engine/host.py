"""The engine as a process: one loop on the machine's clocks, alone on its database."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event
from typing import TextIO

from therapy_app import catalog
from therapy_app.engine.conductor import Conductor
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.engine.standing import close_left_behind
from therapy_app.records.database import open_database
from therapy_app.settings import Settings, read_settings

TURN_S = 0.05
"""How often people's commands are looked for; five turns to a tick."""


class EngineError(OSError):
    """Why an engine can't run here."""


@contextmanager
def alone(settings: Settings) -> Iterator[TextIO]:
    """Holds the one place of the engine on this database; a crash gives it back. Raises EngineError when taken.

    Yields the lock file, which is empty until the engine writes into it that it is ready.
    """
    settings.var.mkdir(parents=True, exist_ok=True)
    with settings.engine_lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EngineError(f"another engine already runs on {settings.var}; stop it first") from error
        lock.truncate(0)
        yield lock


def tidy(settings: Settings) -> None:
    """Closes what a stopped engine left behind; where one is running there is nothing to tidy."""
    with suppress(EngineError), alone(settings):
        database = open_database(settings.database_url)
        close_left_behind(database, Recorder(database, Reserve(settings.var / "reserve")), wall_clock())


def wall_clock() -> datetime:
    return datetime.now(UTC)


def run_engine(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with alone(settings) as lock:
        database = open_database(settings.database_url)
        recorder = Recorder(database, Reserve(settings.var / "reserve"))
        close_left_behind(database, recorder, wall_clock())
        conductor = Conductor(database, recorder, time.monotonic, wall_clock)
        catalog.load_all(("sensor", "estimator", "tradition"))
        conductor.begin()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        while not stop.wait(TURN_S):
            conductor.turn()
        conductor.close()
        close_left_behind(database, recorder, wall_clock())


if __name__ == "__main__":
    try:
        run_engine(read_settings(os.environ))
    except EngineError as error:
        sys.exit(str(error))
