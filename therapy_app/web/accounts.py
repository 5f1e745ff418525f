"""Accounts on the web: Flask-Security over the tables, with argon2id, no registration and no mail."""

from __future__ import annotations

from flask import Flask
from flask_security import Security, SQLAlchemySessionUserDatastore
from flask_security.core import RoleMixin, UserMixin
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Mapped, Session, relationship, scoped_session

from therapy_app.records import tables
from therapy_app.records.people import ARGON2_KIB, ARGON2_LANES, ARGON2_PASSES
from therapy_app.web.lock import LONGEST

NO_MATCH = "That e-mail and password don't fit together, or the account is closed. Check both and try again."


class AccountRole(tables.Role, RoleMixin):  # type: ignore[misc]
    """A role as Flask-Security sees it."""


class Account(tables.User, UserMixin):  # type: ignore[misc]
    """An account as Flask-Security sees it; the table itself knows nothing of the web."""

    roles: Mapped[list[AccountRole]] = relationship(secondary="role_of_user", viewonly=True)  # type: ignore[assignment]


CONFIG = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": True,
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__memory_cost": ARGON2_KIB,
        "argon2__time_cost": ARGON2_PASSES,
        "argon2__parallelism": ARGON2_LANES,
    },
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"globally_deliverable": False, "test_environment": True},
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": (NO_MATCH, "error"),
    "SECURITY_MSG_INVALID_PASSWORD": ("That is not the password of this account.", "error"),
    "SECURITY_MSG_REAUTHENTICATION_SUCCESSFUL": ("Welcome back.", "info"),
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_POST_LOGOUT_VIEW": "/login",
    "SECURITY_DEFAULT_REMEMBER_ME": False,
    "SECURITY_STATIC_FOLDER": None,
    "SESSION_COOKIE_NAME": "therapy",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    # The cookie is written only when something in it changed, so a stream never overwrites a newer one.
    "SESSION_REFRESH_EACH_REQUEST": False,
    "PERMANENT_SESSION_LIFETIME": LONGEST,
    # A key that lasts as long as the sign-in: STOP must work in the fiftieth minute.
    "WTF_CSRF_TIME_LIMIT": None,
}


def open_accounts(app: Flask, work: scoped_session[Session]) -> None:
    """CSRF protection has to be there before Flask-Security, which otherwise leaves its own forms open."""
    app.config.update(CONFIG)
    CSRFProtect(app)
    Security(app, SQLAlchemySessionUserDatastore(work, Account, AccountRole))
