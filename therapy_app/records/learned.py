"""What was learned of each client: one version for each session that taught something, until it is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, delete, insert, select

from models.personal import Personal
from therapy_app.records import tables
from therapy_app.session.events import PersonalTaken, event_from

_MODEL = TypeAdapter(Personal)


@dataclass(frozen=True)
class Version:
    """`personal` is None where everything up to here was forgotten, `by` which account; '' is the engine.

    `reports` are the seqs of the check-ins in the log of `session_id` that made this version of the one before.
    """

    number: int
    at: datetime
    by: str
    session_id: int | None
    reports: tuple[int, ...]
    personal: Personal | None


def versions(database: Engine, client_id: int) -> list[Version]:
    """All there are, the newest first."""
    with database.connect() as connection:
        return _versions(connection, client_id)


def newest(connection: Connection, client_id: int) -> Personal:
    """The model that this client's next session begins with."""
    known = _versions(connection, client_id)
    if not known:
        return Personal()
    return replace(known[0].personal or Personal(), version=known[0].number)


def _versions(connection: Connection, client_id: int) -> list[Version]:
    row = tables.Personal
    query = select(row.version, row.at, row.by, row.session_id, row.reports, row.model)
    query = query.where(row.client_id == client_id).order_by(row.version.desc())
    return [
        Version(version, at, by, session_id, tuple(reports or ()), _MODEL.validate_python(model) if model else None)
        for version, at, by, session_id, reports, model in connection.execute(query)
    ]


def keep(connection: Connection, session_id: int, at: datetime) -> None:
    """At a session's end: what it taught becomes the client's next version.

    Nothing is kept when nobody said anything, or when all was forgotten while it ran.
    """
    taught = _taught(connection, session_id)
    client_id = connection.scalar(select(tables.Session.client_id).where(tables.Session.id == session_id))
    if len(taught) < 2 or client_id is None:
        return
    (_, began), *_, (_, personal) = taught
    if newest(connection, client_id).version != began.version:
        return
    row = {
        "client_id": client_id,
        "version": began.version + 1,
        "at": at,
        "by": "",
        "session_id": session_id,
        "reports": _check_ins(connection, session_id, [seq for seq, _ in taught[1:]]),
        "model": _MODEL.dump_python(replace(personal, version=began.version + 1), mode="json"),
    }
    connection.execute(insert(tables.Personal), [row])


def forget(database: Engine, client_id: int, by: str, at: datetime) -> int:
    """Deletes every version and leaves a trace without values; returns how many there were.

    A session that is running goes on as it began, but leaves nothing behind.
    """
    row = tables.Personal
    with database.begin() as connection:
        known = _versions(connection, client_id)
        connection.execute(delete(row).where(row.client_id == client_id))
        trace = {"client_id": client_id, "version": known[0].number + 1 if known else 1, "at": at, "by": by}
        connection.execute(insert(row), [trace])
    return sum(version.personal is not None for version in known)


def _taught(connection: Connection, session_id: int) -> list[tuple[int, Personal]]:
    """(seq, model) of each line that says which model holds; the first is what the session began with."""
    event = tables.Event
    query = select(event.seq, event.body).where(event.session_id == session_id, event.kind == "personal")
    models = []
    for seq, body in connection.execute(query.order_by(event.seq)):
        taken = event_from("personal", body)
        assert isinstance(taken, PersonalTaken)
        models.append((seq, taken.personal))
    return models


def _check_ins(connection: Connection, session_id: int, taught: list[int]) -> list[int]:
    """The seqs of the check-ins that these lines follow."""
    event = tables.Event
    lines = select(event.follows).where(event.session_id == session_id, event.seq.in_(taught))
    causes = {seq for follows in connection.scalars(lines) for seq in follows}
    told = select(event.seq).where(
        event.session_id == session_id, event.kind == "check_in", event.seq.in_(sorted(causes))
    )
    return list(connection.scalars(told.order_by(event.seq)))
