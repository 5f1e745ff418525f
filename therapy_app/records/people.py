"""Clinics, clients and accounts: made, given roles, disabled."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection

import email_validator
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Work

from therapy_app.records.tables import Client, Clinic, Role, User

ROLES = {
    "therapist": "runs sessions and sees the clinic's clients",
    "clinician": "sees the clinic's clients and sessions, steers nothing",
    "admin": "sees the clinic's accounts, no client",
    "home": "plays to themselves",
}
ARGON2_KIB, ARGON2_PASSES, ARGON2_LANES = 19456, 2, 1
"""OWASP's first choice for argon2id."""

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
COMMON = frozenset(
    {
        *("password", "password1", "passw0rd", "12345678", "123456789", "1234567890", "qwertyuiop", "qwerty123"),
        *("iloveyou", "sunshine", "princess", "football", "baseball", "letmein1", "welcome1", "trustno1"),
        *("superman", "abcd1234", "adminadmin", "changeme", "musictherapy", "therapist"),
    }
)
"""NIST SP 800-63B: a blocklist instead of rules of composition."""
CLIENT_CODE = re.compile(r"[A-Z]{1,4}-\d{1,5}")


class PeopleError(ValueError):
    """What can't be done with an account, a client or a clinic, in a sentence for people."""


def check_password(password: str, email: str = "") -> None:
    """Raises PeopleError for a password that is too short, too long or too well known."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PeopleError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; this one has {len(password)}"
        )
    plain = password.lower()
    if plain in COMMON or len(set(plain)) < 4 or plain == email.lower():
        raise PeopleError("that password is among the first to be guessed; choose another, such as four words")


def hashed(password: str) -> str:
    """argon2id as the web checks it; NFKD, so that composed and decomposed letters are one password."""
    hasher = PasswordHasher(ARGON2_PASSES, ARGON2_KIB, ARGON2_LANES)
    return hasher.hash(unicodedata.normalize("NFKD", password))


def create_clinic(database: Engine, name: str) -> int:
    """The clinic's number; a name that exists is an error."""
    with Work(database) as work:
        clinic = Clinic(name=name.strip())
        work.add(clinic)
        _commit(work, f"there is already a clinic named {name!r}")
        return clinic.id


def create_client(database: Engine, clinic_id: int, code: str, *, uneven_heart: bool = False) -> int:
    """A client known by a code such as 'M-014'; the code is all that is kept of who they are."""
    if not CLIENT_CODE.fullmatch(code):
        raise PeopleError(f"client code {code!r}; expected 1 to 4 capital letters, a dash and a number, as in M-014")
    with Work(database) as work:
        client = Client(clinic_id=clinic_id, code=code, uneven_heart=uneven_heart)
        work.add(client)
        _commit(work, f"this clinic already has a client {code}")
        return client.id


def note_heart(database: Engine, client_id: int, uneven: bool) -> None:
    """Whether beat-to-beat variation is left out of this client's estimates, from their next session on."""
    with database.begin() as connection:
        connection.execute(update(Client).where(Client.id == client_id).values(uneven_heart=uneven))


def client_named(database: Engine, clinic: str, code: str) -> int:
    """The number of a clinic's client. Raises PeopleError."""
    with Work(database) as work:
        home = work.scalar(select(Clinic).where(Clinic.name == clinic))
        if home is None:
            raise PeopleError(f"no clinic named {clinic!r}; there are: {', '.join(work.scalars(select(Clinic.name)))}")
        return _client(work, home.id, code).id


def create_user(
    database: Engine,
    email: str,
    password: str,
    roles: Collection[str],
    clinic: str,
    *,
    client_code: str | None = None,
    demo: bool = False,
) -> int:
    """An account in an existing clinic. A 'home' account plays to the client named by `client_code`.

    `demo` exempts the password from the rule. Raises PeopleError.
    """
    address = _address(email)
    if not demo:
        check_password(password, address)
    if ("home" in roles) != (client_code is not None):
        raise PeopleError("a home account, and no other, names the one client it plays to")
    with Work(database) as work:
        home = work.scalar(select(Clinic).where(Clinic.name == clinic))
        if home is None:
            raise PeopleError(f"no clinic named {clinic!r}; there are: {', '.join(work.scalars(select(Clinic.name)))}")
        user = User(clinic_id=home.id, email=address, password=hashed(password), fs_uniquifier=_uniquifier())
        user.roles = _roles(work, roles)
        user.client_id = None if client_code is None else _client(work, home.id, client_code).id
        work.add(user)
        _commit(work, f"there is already an account {address}")
        return user.id


def set_roles(database: Engine, email: str, roles: Collection[str]) -> None:
    """Replaces an account's roles and signs it out everywhere. Raises PeopleError."""
    with Work(database) as work:
        user = _user(work, email)
        if "home" in roles and user.client_id is None:
            raise PeopleError("a home account is made with the one client it plays to")
        user.roles = _roles(work, roles)
        user.fs_uniquifier = _uniquifier()
        work.commit()


def set_password(database: Engine, email: str, password: str) -> None:
    """Gives an account a new password and signs it out everywhere. Raises PeopleError."""
    check_password(password, _address(email))
    with Work(database) as work:
        user = _user(work, email)
        user.password, user.fs_uniquifier = hashed(password), _uniquifier()
        work.commit()


def disable(database: Engine, email: str) -> None:
    """Shuts an account and signs it out everywhere; what it did stays in the log. Raises PeopleError."""
    with Work(database) as work:
        user = _user(work, email)
        user.active, user.fs_uniquifier = False, _uniquifier()
        work.commit()


def _address(email: str) -> str:
    try:
        # An address is a name to sign in with; no mail is ever sent, so 'anna@clinic.test' will do.
        checked = email_validator.validate_email(
            email.strip(), check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except email_validator.EmailNotValidError as error:
        raise PeopleError(f"{email!r} is no e-mail address: {error}") from error
    return checked.normalized.lower()


def _uniquifier() -> str:
    return secrets.token_hex(32)


def _user(work: Work, email: str) -> User:
    user = work.scalar(select(User).where(User.email == _address(email)))
    if user is None:
        raise PeopleError(f"no account {email}")
    return user


def _client(work: Work, clinic_id: int, code: str) -> Client:
    client = work.scalar(select(Client).where(Client.clinic_id == clinic_id, Client.code == code))
    if client is None:
        raise PeopleError(f"this clinic has no client {code}")
    return client


def _roles(work: Work, names: Collection[str]) -> list[Role]:
    if unknown := sorted(set(names) - set(ROLES)):
        raise PeopleError(f"no role named {unknown[0]!r}; there are: {', '.join(ROLES)}")
    if not names:
        raise PeopleError(f"an account needs a role: {', '.join(ROLES)}")
    known = {role.name: role for role in work.scalars(select(Role))}
    return [known.get(name) or Role(name=name, description=ROLES[name]) for name in sorted(set(names))]


def _commit(work: Work, taken: str) -> None:
    try:
        work.commit()
    except IntegrityError as error:
        raise PeopleError(taken) from error
