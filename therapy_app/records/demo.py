"""A demo clinic to look at, and the clinic that simulated sessions belong to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session as Work

from therapy_app.records import tables
from therapy_app.records.people import create_client, create_clinic, create_user

DEMO_CLINIC = "Demo clinic"
SIMULATION = "Simulation"
DEMO_CLIENT = "M-014"
HOME_CLIENT = "H-001"


@dataclass(frozen=True)
class DemoAccount:
    email: str
    password: str
    role: str
    client_code: str | None = None


DEMO_ACCOUNTS = (
    DemoAccount("therapist@demo.example", "listen-to-the-body", "therapist"),
    DemoAccount("clinician@demo.example", "read-the-history", "clinician"),
    DemoAccount("home@demo.example", "music-at-home", "home", HOME_CLIENT),
)
"""Known to everyone: for a machine that nobody else can reach."""


def clinic_named(database: Engine, name: str) -> int:
    """The clinic's number; it is made when it is not there."""
    with Work(database) as work:
        found = work.scalar(select(tables.Clinic.id).where(tables.Clinic.name == name))
    return create_clinic(database, name) if found is None else found


def client_with(database: Engine, clinic_id: int, code: str) -> int:
    """The client's number; made when not there."""
    client = tables.Client
    with Work(database) as work:
        found = work.scalar(select(client.id).where(client.clinic_id == clinic_id, client.code == code))
    return create_client(database, clinic_id, code) if found is None else found


def simulated_client(database: Engine) -> int:
    """A new client for one simulated session: nothing is carried over from another."""
    clinic_id = clinic_named(database, SIMULATION)
    with Work(database) as work:
        count = work.scalar(select(func.count()).where(tables.Client.clinic_id == clinic_id)) or 0
    return create_client(database, clinic_id, f"SIM-{count + 1}")


def make_demo_clinic(database: Engine) -> int | None:
    """Clinic, accounts and clients, once. Returns the client who should get a finished session, None if it is there."""
    clinic_id = clinic_named(database, DEMO_CLINIC)
    clients = {code: client_with(database, clinic_id, code) for code in (DEMO_CLIENT, HOME_CLIENT)}
    with Work(database) as work:
        there = set(work.scalars(select(tables.User.email)))
        has_session = work.scalar(select(tables.Session.id).where(tables.Session.client_id == clients[DEMO_CLIENT]))
    for account in DEMO_ACCOUNTS:
        if account.email not in there:
            create_user(
                database,
                account.email,
                account.password,
                [account.role],
                DEMO_CLINIC,
                client_code=account.client_code,
                demo=True,
            )
    return clients[DEMO_CLIENT] if has_session is None else None
