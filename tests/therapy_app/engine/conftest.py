"""A real database in a temporary folder, a client, and sessions run under a fast clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from therapy_app.engine.conductor import Conductor
from therapy_app.engine.fast import Tally, run_fast
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.records.database import open_database
from therapy_app.records.demo import simulated_client
from therapy_app.records.log import StoredEvent, all_events
from therapy_app.records.migrate import upgrade
from therapy_app.records.sessions import request_session

WHEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Records:
    folder: Path
    url: str
    database: Engine

    def recorder(self, reserve_bytes: int = 4096) -> Recorder:
        return Recorder(self.database, Reserve(self.folder / "reserve", reserve_bytes))

    def ask(self, sensor: str = "virtual", *, minutes: float = 2, status: str = "requested", **more: Any) -> int:
        wanted = {"client_id": simulated_client(self.database), "protocol": "settle", "seed": 7, "stored_rest": True}
        return request_session(
            self.database,
            user_id=None,
            sensors=[sensor] if sensor else [],
            consent_by="3",
            length_s=minutes * 60,
            status=status,
            **{**wanted, **more},
        )

    def run(self, sensor: str = "virtual", **more: Any) -> Tally:
        session_id = self.ask(sensor, status="running", **more)
        return run_fast(self.database, self.recorder(), session_id, WHEN)

    def events(self, session_id: int, kind: str | None = None) -> list[StoredEvent]:
        return [event for event in all_events(self.database, session_id) if kind in (None, event.kind)]


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    url = f"sqlite:///{folder / 'first.db'}"
    upgrade(url)
    with open_database(url).connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(folder / "therapy.db"),))
    return folder / "therapy.db"


@pytest.fixture
def records(empty_file: Path, tmp_path: Path) -> Iterator[Records]:
    file = tmp_path / "therapy.db"
    file.write_bytes(empty_file.read_bytes())
    url = f"sqlite:///{file}"
    database = open_database(url)
    yield Records(tmp_path, url, database)
    database.dispose()


@pytest.fixture
def turning(records: Records) -> Callable[..., Any]:
    """A conductor on a clock that the test turns by hand; `turn(seconds)` runs its loop until then."""

    class Turning:
        def __init__(self) -> None:
            self.now_s = 1000.0
            self.conductor = Conductor(records.database, records.recorder(), lambda: self.now_s, lambda: WHEN)

        def turn(self, seconds: float, step_s: float = 0.05) -> None:
            end_s = self.now_s + seconds
            while self.now_s < end_s:
                self.now_s += step_s
                self.conductor.turn()

    return Turning
