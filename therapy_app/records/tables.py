"""The tables. `session`, `event`, `block` and `command` are the spine; the rest says who."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def utc_now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The registry of all tables."""


class Clinic(Base):
    __tablename__ = "clinic"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class RoleOfUser(Base):
    __tablename__ = "role_of_user"
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), primary_key=True)


class Role(Base):
    """therapist, clinician, admin or home."""

    __tablename__ = "role"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    description: Mapped[str] = mapped_column(String(200), default="")
    permissions: Mapped[list[str] | None] = mapped_column(JSON, default=None)


class User(Base):
    """An account. `fs_uniquifier` names its login sessions; changing it logs it out everywhere.

    `client_id` is the one client a 'home' account plays to: themselves.
    """

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"), default=None)
    roles: Mapped[list[Role]] = relationship(secondary="role_of_user")


class Client(Base):
    """A person who is played to, known by a code ('M-014'), never by name.

    `uneven_heart`: a pacemaker or an irregular heartbeat, so beat-to-beat variation says nothing.
    """

    __tablename__ = "client"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    code: Mapped[str] = mapped_column(String(40))
    baseline: Mapped[dict[str, object] | None] = mapped_column(JSON, default=None)
    uneven_heart: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    __table_args__ = (Index("client_code_in_clinic", "clinic_id", "code", unique=True),)


class Personal(Base):
    """One version of what was learned of a client. `model` is empty where all was forgotten: `by` whom, no more.

    `session_id` is the session at whose end it was kept, `reports` the seqs of its check-ins there.
    """

    __tablename__ = "personal"
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    by: Mapped[str] = mapped_column(String(40), default="")
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"), default=None)
    reports: Mapped[list[int] | None] = mapped_column(JSON, default=None)
    model: Mapped[dict[str, object] | None] = mapped_column(JSON, default=None)


class Session(Base):
    """`status`: requested, running, finished, stopped, interrupted. Times are UTC."""

    __tablename__ = "session"
    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), default=None)
    status: Mapped[str] = mapped_column(String(12), default="requested")
    protocol: Mapped[str] = mapped_column(String(40))
    prescription: Mapped[dict[str, object]] = mapped_column(JSON)
    sensors: Mapped[list[str]] = mapped_column(JSON)
    seed: Mapped[int] = mapped_column(Integer)
    estimator: Mapped[str] = mapped_column(String(40))
    generator: Mapped[str] = mapped_column(String(40))
    consent_by: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utc_now)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    client: Mapped[Client] = relationship()
    __table_args__ = (
        # A client has at most one session that is not over: a second Start cannot happen, whoever asks.
        Index(
            "one_open_session",
            "client_id",
            unique=True,
            sqlite_where=text("status IN ('requested', 'running')"),
            postgresql_where=text("status IN ('requested', 'running')"),
        ),
    )


class Event(Base):
    """One line of a session's log.

    `body` is canonical JSON, `follows` the seqs it came from, `chain` a hash of this line and all before it.
    """

    __tablename__ = "event"
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    tick: Mapped[int] = mapped_column(Integer)
    at_s: Mapped[float] = mapped_column(Float)
    wall: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    follows: Mapped[list[int]] = mapped_column(JSON)
    chain: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("event_by_kind", "session_id", "kind", "seq"),)


class Block(Base):
    """Raw samples as they came, zlib-compressed float32 (time, channel); what a replay is fed."""

    __tablename__ = "block"
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(String(80), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    tick: Mapped[int] = mapped_column(Integer, index=True)
    place: Mapped[int] = mapped_column(Integer)
    start_s: Mapped[float] = mapped_column(Float)
    header: Mapped[dict[str, object]] = mapped_column(JSON)
    samples: Mapped[bytes] = mapped_column(LargeBinary)
    times: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)


class Command(Base):
    """What a person told a session. `key` makes a repeated request one command; `taken` says it is in the log."""

    __tablename__ = "command"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(20))
    body: Mapped[dict[str, object]] = mapped_column(JSON)
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utc_now)
    taken: Mapped[bool] = mapped_column(Boolean, default=False)
    __table_args__ = (
        Index("command_once", "session_id", "key", unique=True),
        Index("command_waiting", "taken", "session_id"),
    )
