"""Who may use which page: deny by default. A route that is not in this table is closed to everyone."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from therapy_app.records.people import ROLES
from therapy_app.web.errors import wants_data
from therapy_app.web.lock import is_locked, is_signed_in

ANYONE: frozenset[str] = frozenset()
SIGNED_IN = frozenset(ROLES)
STAFF = frozenset({"therapist", "clinician"})
THERAPIST = frozenset({"therapist"})
HOME = frozenset({"home"})
ADMIN = frozenset({"admin"})
PLAYERS = THERAPIST | HOME
VIEWERS = STAFF | HOME

WHO_MAY: dict[str, frozenset[str]] = {
    "static": ANYONE,
    "security.login": ANYONE,
    "security.logout": ANYONE,
    "security.verify": SIGNED_IN,
    "live.home": SIGNED_IN,
    "look.choose": ANYONE,
    "live.start_form": THERAPIST,
    "live.start": THERAPIST,
    "live.session_page": VIEWERS,
    "review.clients": STAFF,
    "review.add_client": THERAPIST,
    "review.client_page": STAFF,
    "review.forget": THERAPIST,
    "review.heart": THERAPIST,
    "review.history": STAFF,
    "review.export": STAFF,
    "listen.listen": HOME,
    "listen.begin": HOME,
    "listen.learned": HOME,
    "listen.forget": HOME,
    "admin.accounts": ADMIN,
    "stream.events": VIEWERS,
    "relay.phone": ANYONE,  # a phone has no account: the engine asks for its pairing code
    "api.log": VIEWERS,
    "api.explanation": VIEWERS,
    "api.command": PLAYERS,
    "openapi.spec": SIGNED_IN,
}
"""Which roles an endpoint is for; ANYONE needs no account."""

UNLOCKED = frozenset({"security.verify", "security.logout"})


def roles_of(account: Any) -> frozenset[str]:
    return frozenset(role.name for role in account.roles)


def check_access() -> ResponseReturnValue | None:
    """Before every request; None lets it through."""
    if request.endpoint is None:
        return None  # a 404 or 405 that Flask answers itself
    allowed = WHO_MAY.get(request.endpoint)
    if allowed is None:
        abort(403)
    if allowed == ANYONE:
        return None
    if not is_signed_in():
        return _ask("security.login", "Sign in first.")
    if is_locked() and request.endpoint not in UNLOCKED:
        return _ask("security.verify", "This screen is locked after a while without activity. Enter your password.")
    if not roles_of(current_user) & allowed:
        abort(403)
    return None


def _ask(endpoint: str, words: str) -> ResponseReturnValue:
    if wants_data() or request.method != "GET":
        abort(401, words)
    return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))


def guard(app: Flask) -> None:
    app.before_request(check_access)
