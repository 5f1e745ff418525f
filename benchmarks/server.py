"""The served product: start, memory, first bar and STOP, with the machine idle and with both cores busy."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from benchmarks.figure import Figure
from therapy_app.records.database import open_database
from therapy_app.records.demo import simulated_client
from therapy_app.records.log import all_events
from therapy_app.records.sessions import request_session, send, status_of
from therapy_app.settings import read_settings

STOPS = 5
PORT = 8931


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (server, database, started_s):
        figures = [Figure("'therapy serve' to a page", round(started_s, 2), "s", 30)]
        first_s, stop_s = _bars_and_stops(database)
        figures += [
            Figure("Start to the first bar, at the server", round(max(first_s), 3), "s", 2),
            Figure("STOP to the end, at the server", round(max(stop_s) * 1000), "ms", 500),
        ]
        with busy():
            first_s, stop_s = _bars_and_stops(database)
        figures += [
            Figure("Start to the first bar, machine busy", round(max(first_s), 3), "s", 2),
            Figure("STOP to the end, machine busy", round(max(stop_s) * 1000), "ms", 500),
        ]
        return [*figures, *_memory(server)]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Engine, float]]:
    environ = {"THERAPY_VAR": str(folder), "THERAPY_PORT": str(PORT)}
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "therapy_app.cli", "serve"], env=os.environ | environ, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    server.stdout.readline()
    try:
        yield server, open_database(read_settings(environ).database_url), time.perf_counter() - begun
    finally:
        server.terminate()
        server.wait()


def _bars_and_stops(database: Engine) -> tuple[list[float], list[float]]:
    """Seconds from asking for a session to its first bar, and from STOP to its end, both as the log tells."""
    first_s, stop_s = [], []
    for _ in range(STOPS):
        session = request_session(
            database,
            client_id=simulated_client(database),
            user_id=None,
            protocol="settle",
            sensors=["virtual"],
            consent_by="benchmark",
        )
        first_s.append(_until(partial(_has_bar, database, session)))
        time.sleep(1.0)
        begun = time.perf_counter()
        send(database, session, key=uuid4().hex, actor="0", name="stop", fields={})
        _until(partial(_is_stopped, database, session))
        stop_s.append(time.perf_counter() - begun)
    return first_s, stop_s


def _has_bar(database: Engine, session: int) -> bool:
    return any(event.kind == "bar" for event in all_events(database, session))


def _is_stopped(database: Engine, session: int) -> bool:
    return status_of(database, session) == "stopped"


def _until(reached: Callable[[], bool]) -> float:
    begun = time.perf_counter()
    while not reached():
        assert time.perf_counter() - begun < 20, "waited in vain"
        time.sleep(0.005)
    return time.perf_counter() - begun


@contextmanager
def busy() -> Iterator[None]:
    """As many processes as there are cores, all counting."""
    loads = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for load in loads:
            load.kill()
            load.wait()


def _memory(server: subprocess.Popen[bytes]) -> list[Figure]:
    """Resident memory of each process after sessions were played; of the web's two the larger."""
    resident = {"web.server": 0.0, "engine.host": 0.0}
    for process in _family(server.pid):
        for name in resident:
            if any(word.endswith(name) for word in _command(process)):
                resident[name] = max(resident[name], resident_mb(process))
    return [
        Figure("web process", round(resident["web.server"]), "MB", 120),
        Figure("engine process", round(resident["engine.host"]), "MB", 500),
    ]


def _family(process: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(member for child in children for member in _family(int(child)))]


def _command(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_text().split("\0")


def resident_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024
