"""A clinic on the web: two clinics, an account of every kind, a clock that tests turn by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from models.affect import Affect
from models.music.compose import Waypoint, compose
from models.music.generators.rules import Generator
from models.music.plan import Aim
from models.music.traditions.western import TRADITION
from therapy_app.records.database import open_database
from therapy_app.records.log import TickRecord, append
from therapy_app.records.migrate import upgrade
from therapy_app.records.people import create_client, create_clinic, create_user
from therapy_app.records.sessions import begin, end, request_session
from therapy_app.session.events import AffectEstimated, BarPerformed, BarPlanned, Ended, Entry, Event
from therapy_app.settings import Settings
from therapy_app.web.app import create_app

PASSWORD = "four quiet words here"
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Browser:
    """A person's browser: keeps cookies and sends the key of the page it last saw with every form."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        answer = self.client.get(path, **options)
        if answer.mimetype == "text/html" and (found := TOKEN.search(answer.text)):
            self.token = found[1]
        return answer

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **(form or {})}, **options)

    def say(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.client.post(path, json=body, headers={"X-CSRFToken": self.token, **headers})

    def sign_in(self, email: str, password: str = PASSWORD, **form: str) -> TestResponse:
        self.get("/login")
        answer = self.post("/login", {"email": email, "password": password, **form})
        if answer.status_code == 302:
            self.get("/clients")
        return answer


@dataclass
class Clinic:
    """Clinic 'North' has M-001 and M-002 and accounts of every role; 'South' has M-001 and a therapist."""

    settings: Settings
    database: Engine
    clock: Clock
    app: Any
    client: int
    neighbour: int
    foreign: int

    def browser(self, who: str | None = None) -> Browser:
        browser = Browser(self.app.test_client())
        if who:
            assert browser.sign_in(f"{who}@clinic.test").status_code == 302
        return browser

    def session(self, client_id: int | None = None, status: str = "running") -> int:
        number = request_session(
            self.database,
            client_id=client_id or self.client,
            user_id=1,
            protocol="settle",
            sensors=["virtual"],
            consent_by="1",
            seed=1,
        )
        with self.database.begin() as connection:
            if status != "requested":
                begin(connection, number, self.clock.now)
            if status not in ("requested", "running"):
                end(connection, number, status, self.clock.now)
        return number

    def write(self, session_id: int, first: int, count: int, *, ended: bool = False) -> None:
        """Appends events `first`, `first` + 1, … to the log, as the engine does."""
        records = []
        for seq in range(first, first + count):
            last = ended and seq == first + count - 1
            event: Event = (
                Ended("finished", "") if last else AffectEstimated(Affect(seq / 4, "unknown", "nobody is connected"))
            )
            records.append(TickRecord(seq, self.clock.now, [Entry(seq, seq, seq / 4, event, (seq - 1,))], []))
        with self.database.begin() as connection:
            append(connection, session_id, records)

    def play(self, session_id: int, bars: int = 3) -> None:
        """Writes a log in which these bars were planned and performed, and then the end."""
        piece = compose((Waypoint(0, Aim(0.4, -0.3)),), bars, 1, Generator(), TRADITION)
        events: list[tuple[Event, tuple[int, ...]]] = []
        for plan, bar, performed in piece:
            events.append((BarPlanned(0, performed.start_s, 0.0, plan, "Steady at 80: staying at calm."), ()))
            events.append((BarPerformed(performed, bar.generator, 0, False), (len(events),)))
        events.append((Ended("finished", ""), ()))
        entries = [Entry(seq, seq, seq / 4, event, follows) for seq, (event, follows) in enumerate(events, start=1)]
        with self.database.begin() as connection:
            append(connection, session_id, [TickRecord(1, self.clock.now, entries, [])])


def people(database: Engine) -> None:
    north, south = create_clinic(database, "North"), create_clinic(database, "South")
    for clinic, code in ((north, "M-001"), (north, "M-002"), (south, "M-001")):
        create_client(database, clinic, code)
    for role in ("therapist", "clinician", "admin"):
        create_user(database, f"{role}@clinic.test", PASSWORD, [role], "North")
    create_user(database, "home@clinic.test", PASSWORD, ["home"], "North", client_code="M-001")
    create_user(database, "stranger@clinic.test", PASSWORD, ["therapist"], "South")


@pytest.fixture(scope="session")
def peopled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("peopled")
    url = f"sqlite:///{folder / 'first.db'}"
    upgrade(url)
    database = open_database(url)
    people(database)
    with database.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(folder / "therapy.db"),))
    database.dispose()
    return folder / "therapy.db"


@pytest.fixture
def clinic(peopled_file: Path, tmp_path: Path) -> Iterator[Clinic]:
    shutil.copy(peopled_file, tmp_path / "therapy.db")
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'therapy.db'}", "a-key-for-tests-" * 3)
    database = open_database(settings.database_url)
    clock = Clock()
    yield Clinic(settings, database, clock, create_app(settings, database, clock), client=1, neighbour=2, foreign=3)
    database.dispose()


@pytest.fixture
def therapist(clinic: Clinic) -> Browser:
    return clinic.browser("therapist")
