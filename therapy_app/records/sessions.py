"""Sessions as people ask for them and the engine runs them: request, steer, begin, end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from models.person import Baseline
from models.personal import Personal
from therapy_app.records import learned, tables
from therapy_app.session import prescription as protocols
from therapy_app.session.commands import COMMANDS, Command, CommandError
from therapy_app.session.prescription import Prescription

OPEN = ("requested", "running")
AFTERWARDS = ("check_in", "mark")
"""What may still be said when the session is over; it is written behind its end."""
LARGEST_SEED = 2**31 - 1
LIVE_GENERATOR = "transformer"
ESTIMATOR = "linear"
"""Who composes where people listen; a simulation that nobody hears is composed by the rules unless asked otherwise."""
_PRESCRIPTION = TypeAdapter(Prescription)
_BASELINE = TypeAdapter(Baseline)


class SessionError(Exception):
    """What can't be done with a session, in a sentence for people."""


class AlreadyRunning(SessionError):
    """The client has an open session; `session_id` is its number."""

    def __init__(self, session_id: int) -> None:
        super().__init__(f"this client already has a running session (number {session_id}); end it first")
        self.session_id = session_id


class NoSuchSession(SessionError):
    pass


class SessionOver(SessionError):
    pass


@dataclass(frozen=True)
class Order:
    """A session that was asked for, with all that the engine needs to run it."""

    session_id: int
    client_id: int
    prescription: Prescription
    sensors: tuple[str, ...]
    seed: int
    estimator: str
    generator: str
    consent_by: str
    baseline: Baseline | None
    personal: Personal = field(default_factory=Personal)
    uneven_heart: bool = False


def request_session(
    database: Engine,
    *,
    client_id: int,
    user_id: int | None,
    protocol: str,
    sensors: Sequence[str],
    consent_by: str,
    seed: int | None = None,
    length_s: float | None = None,
    stored_rest: bool = False,
    arm: str = "adaptive",
    tradition: str = "western",
    generator: str = "rules",
    status: str = "requested",
) -> int:
    """Asks for a session and returns its number; the engine begins it, unless `status` says it is already running.

    `stored_rest` skips measuring rest when the client has a baseline. Without a seed one is drawn.
    Raises AlreadyRunning when the client has a session that is not over, LookupError for an unknown protocol.
    """
    prescription = replace(protocols.protocol(protocol).in_arm(arm), tradition=tradition)
    prescription = _adjusted(prescription, length_s, stored_rest)
    row = {
        "client_id": client_id,
        "user_id": user_id,
        "protocol": protocol,
        "prescription": _PRESCRIPTION.dump_python(prescription, mode="json"),
        "sensors": list(sensors),
        "consent_by": consent_by,
        "seed": secrets.randbelow(LARGEST_SEED) if seed is None else seed,
        "estimator": ESTIMATOR,
        "generator": generator,
        "status": status,
    }
    try:
        with database.begin() as connection:
            return int(connection.execute(insert(tables.Session).returning(tables.Session.id), [row]).scalar_one())
    except IntegrityError as error:
        running = open_session(database, client_id)
        if running is None:
            raise
        raise AlreadyRunning(running) from error


def _adjusted(prescription: Prescription, length_s: float | None, stored_rest: bool) -> Prescription:
    return replace(
        prescription,
        length_s=prescription.length_s if length_s is None else length_s,
        baseline_s=0.0 if stored_rest else prescription.baseline_s,
    )


def open_session(database: Engine, client_id: int) -> int | None:
    """The number of the client's session that is not over."""
    session = tables.Session
    with database.connect() as connection:
        return connection.scalar(select(session.id).where(session.client_id == client_id, session.status.in_(OPEN)))


def status_of(database: Engine, session_id: int) -> str:
    """Raises NoSuchSession."""
    with database.connect() as connection:
        status = connection.scalar(select(tables.Session.status).where(tables.Session.id == session_id))
    if status is None:
        raise NoSuchSession(f"no session {session_id}")
    return status


def orders(database: Engine, status: str = "requested") -> list[Order]:
    """Sessions of a status, oldest first."""
    session, client = tables.Session, tables.Client
    query = (
        select(session.__table__, client.baseline, client.uneven_heart)
        .join(client)
        .where(session.status == status)
        .order_by(session.id)
    )
    with database.connect() as connection:
        return [_order(row, learned.newest(connection, row.client_id)) for row in connection.execute(query).all()]


def order(database: Engine, session_id: int) -> Order:
    """One session as it was asked for. Raises NoSuchSession."""
    session, client = tables.Session, tables.Client
    query = select(session.__table__, client.baseline, client.uneven_heart).join(client).where(session.id == session_id)
    with database.connect() as connection:
        row = connection.execute(query).first()
        if row is None:
            raise NoSuchSession(f"no session {session_id}")
        return _order(row, learned.newest(connection, row.client_id))


def _order(row: Any, personal: Personal) -> Order:
    return Order(
        session_id=row.id,
        client_id=row.client_id,
        prescription=_PRESCRIPTION.validate_python(row.prescription, strict=False),
        sensors=tuple(row.sensors),
        seed=row.seed,
        estimator=row.estimator,
        generator=row.generator,
        consent_by=row.consent_by,
        baseline=None if row.baseline is None else _BASELINE.validate_python(row.baseline),
        personal=personal,
        uneven_heart=row.uneven_heart,
    )


def send(database: Engine, session_id: int, *, key: str, actor: str, name: str, fields: Mapping[str, Any]) -> int:
    """Tells an open session something and returns the command's number; the same `key` twice is one command.

    Raises CommandError, NoSuchSession or SessionOver.
    """
    known = {field.name for field in fields_of(Command)} - {"id", "actor", "name"}
    if unknown := sorted(set(fields) - known):
        raise CommandError(f"a command has no field {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    checked = Command(id=0, actor=actor, name=name, **fields)
    used = (*COMMANDS[checked.name], "reason")
    row = {
        "session_id": session_id,
        "key": key,
        "actor": actor,
        "name": name,
        "body": {field: getattr(checked, field) for field in used},
    }
    command = tables.Command
    with database.begin() as connection:
        status = connection.scalar(select(tables.Session.status).where(tables.Session.id == session_id))
        if status is None:
            raise NoSuchSession(f"no session {session_id}")
        before = connection.scalar(select(command.id).where(command.session_id == session_id, command.key == key))
        if before is not None:
            return before
        if status not in OPEN and not (name in AFTERWARDS and checked.when in ("", "post")):
            raise SessionOver(f"session {session_id} is over ({status}); nothing can be changed in it")
        return int(connection.execute(insert(command).returning(command.id), [row]).scalar_one())


def commands_waiting(connection: Connection, session_id: int) -> list[Command]:
    """What people said that is not in the log yet, oldest first."""
    command = tables.Command
    query = select(command.id, command.actor, command.name, command.body)
    query = query.where(~command.taken, command.session_id == session_id).order_by(command.id)
    return [Command(row.id, row.actor, row.name, **row.body) for row in connection.execute(query)]


def take(connection: Connection, commands: Sequence[Command]) -> None:
    """Notes that these commands are in the log; goes into the same transaction."""
    command = tables.Command
    connection.execute(update(command).where(command.id.in_([c.id for c in commands])).values(taken=True))


def said_afterwards(database: Engine) -> list[int]:
    """Sessions that are over and have commands waiting."""
    command, session = tables.Command, tables.Session
    query = select(command.session_id).join(session, session.id == command.session_id)
    with database.connect() as connection:
        return list(connection.scalars(query.where(~command.taken, session.status.not_in(OPEN)).distinct()))


def begin(connection: Connection, session_id: int, at: datetime) -> None:
    _set(connection, session_id, status="running", started_at=at)


def end(connection: Connection, session_id: int, status: str, at: datetime) -> None:
    _set(connection, session_id, status=status, ended_at=at)


def keep_baseline(connection: Connection, client_id: int, baseline: Baseline) -> None:
    """Stores a person's rest for sessions to come."""
    values = _BASELINE.dump_python(baseline, mode="json")
    connection.execute(update(tables.Client).where(tables.Client.id == client_id).values(baseline=values))


def _set(connection: Connection, session_id: int, **values: Any) -> None:
    connection.execute(update(tables.Session).where(tables.Session.id == session_id).values(**values))
