"""Whom an account may see. Whatever is outside is not forbidden but missing: the page is the same 404."""

from __future__ import annotations

from flask import abort
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, select

from therapy_app.records.sessions import OPEN
from therapy_app.records.tables import Client, Session
from therapy_app.web.access import STAFF, roles_of
from therapy_app.web.desk import desk

MISSING = "There is nothing here, or it is not yours to see."
LARGEST_ID = 2**31 - 1
"""What a database's integer holds; nothing has a larger number."""
STEERS = {
    "therapist": None,
    "home": frozenset({"stop", "silence", "resume", "skip", "loudness", "check_in", "worse", "rest"}),
}
"""Which commands a role may give; None is every one."""


def visible_clients() -> Select[Client]:
    """Staff see their clinic's clients, a home account itself, anybody else nobody."""
    roles = roles_of(current_user)
    query = select(Client).where(Client.clinic_id == current_user.clinic_id).order_by(Client.code)
    if roles & STAFF:
        return query
    return query.where(Client.id == (current_user.client_id if "home" in roles else None))


def visible_sessions() -> Select[Session]:
    """The sessions of visible clients, newest first."""
    clients = visible_clients().order_by(None).with_only_columns(Client.id)
    return select(Session).where(Session.client_id.in_(clients)).order_by(Session.id.desc())


def running() -> dict[int, int]:
    """The number of the session that is not over, by client."""
    return {session.client_id: session.id for session in desk().work.scalars(visible_sessions().where(is_open()))}


def is_open() -> ColumnElement[bool]:
    return Session.status.in_(OPEN)


def client_or_404(client_id: int) -> Client:
    client = desk().work.scalar(visible_clients().where(Client.id == min(client_id, LARGEST_ID)))
    if client is None:
        abort(404, MISSING)
    return client


def session_or_404(session_id: int) -> Session:
    session = desk().work.scalar(visible_sessions().where(Session.id == min(session_id, LARGEST_ID)))
    if session is None:
        abort(404, MISSING)
    return session


def may_give(command: str) -> bool:
    """Whether one of this account's roles gives such commands."""
    own = [STEERS[role] for role in roles_of(current_user) if role in STEERS]
    return any(commands is None or command in commands for commands in own)


def may_steer(session: Session) -> bool:
    """Whether this account may steer a session it sees."""
    return session.status in OPEN and may_give("stop")
