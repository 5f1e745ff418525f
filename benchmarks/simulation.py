"""A whole session under the fast clock, and the ticks of one live session."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure
from therapy_app.engine.composer import Composer
from therapy_app.engine.fast import run_fast
from therapy_app.engine.live import Live
from therapy_app.engine.opening import open_sensors
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.engine.verify import verify
from therapy_app.records.database import open_database
from therapy_app.records.demo import simulated_client
from therapy_app.records.migrate import upgrade
from therapy_app.records.sessions import order, request_session
from therapy_app.session.tick import TICK_S

MINUTES = 30
TICKS = 4 * 300


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        return [*_whole(Path(folder)), *_ticks(Path(folder))]


def _session(folder: Path, name: str) -> tuple[str, int]:
    url = f"sqlite:///{folder / name}"
    upgrade(url)
    session_id = request_session(
        open_database(url),
        client_id=simulated_client(open_database(url)),
        user_id=None,
        protocol="settle",
        sensors=["virtual"],
        consent_by="benchmark",
        seed=7,
        length_s=MINUTES * 60,
        status="running",
    )
    return url, session_id


def _whole(folder: Path) -> list[Figure]:
    url, session_id = _session(folder, "whole.db")
    database = open_database(url)
    begun = time.perf_counter()
    run_fast(database, Recorder(database, Reserve(folder / "reserve", 1 << 20)), session_id, datetime.now(UTC))
    simulated_s = time.perf_counter() - begun
    begun = time.perf_counter()
    assert not verify(database, session_id).why
    return [
        Figure(f"simulate {MINUTES} min", round(simulated_s, 2), "s", 20),
        Figure(f"replay and verify {MINUTES} min", round(time.perf_counter() - begun, 2), "s", 20),
    ]


def _ticks(folder: Path) -> list[Figure]:
    """Each tick as the engine runs it: read, step, record, commit, compose."""
    url, session_id = _session(folder, "ticks.db")
    database = open_database(url)
    asked, now = order(database, session_id), [0.0]
    live = Live(asked, open_sensors(asked, lambda: now[0]))
    recorder, composer = Recorder(database, Reserve(folder / "reserve", 1 << 20)), Composer()
    took_s = []
    for _ in range(TICKS):
        now[0] = live.next_tick * TICK_S
        begun = time.perf_counter()
        record, commission = live.tick(datetime.now(UTC))
        recorder.add(session_id, record)
        recorder.commit()
        live.answers += [bar for _, bar in composer.compose([commission] if commission else [])]
        took_s.append(time.perf_counter() - begun)
    live.close()
    return [Figure("one session's tick, p99", round(float(np.percentile(took_s[8:], 99)) * 1000, 2), "ms", 10)]
