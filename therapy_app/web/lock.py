"""Signing in and out, and the lock after idle time. Music that plays, and its STOP, are never behind the lock."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, g, request, session
from flask_login import current_user, user_logged_out
from flask_security import logout_user, user_authenticated
from sqlalchemy import select

from therapy_app.records.sessions import OPEN
from therapy_app.records.tables import Session
from therapy_app.web.desk import desk

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
"""A sign-in ends after this whatever happens."""
LIVE = frozenset({"stream.events", "api.command", "api.log"})
"""What the live page of an open session needs: it goes on behind the lock, STOP above all."""
PASSIVE = frozenset({"static", "stream.events", "api.log", "security.verify", None})
"""What a page asks for by itself: it doesn't count as activity."""


class SignedOut:
    """Sign-ins that were ended: a copied cookie of one of them is worth nothing, though its signature holds."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def add(self, name: str, now: datetime) -> None:
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[name] = now + LONGEST

    def __contains__(self, name: object) -> bool:
        return name in self._until


def is_signed_in() -> bool:
    return bool(current_user.is_authenticated and session.get("sign_in"))


def is_locked() -> bool:
    """Whether the person has been idle too long; the streams and commands of an open session are not asked."""
    if request.endpoint in LIVE and request.view_args and _is_open(request.view_args["session_id"]):
        return False
    return _idle()


def _idle() -> bool:
    return desk().now() - datetime.fromisoformat(session["seen_at"]) > IDLE


def _is_open(session_id: int) -> bool:
    return desk().work.scalar(select(Session.status).where(Session.id == session_id)) in OPEN


def rotate(_app: Flask, **_: Any) -> None:
    """At sign-in: nothing that was in the cookie before, its CSRF key included, is good afterwards."""
    kept = {name: session[name] for name in ("_user_id", "_fresh", "_id", "fs_paa", "fs_cc") if name in session}
    session.clear()
    g.pop("csrf_token", None)
    now = desk().now().isoformat()
    session.update(kept, sign_in=secrets.token_hex(16), since=now, seen_at=now)
    session.permanent = True


def guard_sign_ins(app: Flask) -> None:
    """Ends forgotten and revoked sign-ins, and notes when people were last seen."""
    signed_out = SignedOut()

    def refuse_ended() -> None:
        name = session.get("sign_in")
        if name is None:
            return
        too_old = desk().now() - datetime.fromisoformat(session["since"]) > LONGEST
        if too_old or name in signed_out:
            logout_user()
            session.clear()

    def note_end(_app: Flask, **_: Any) -> None:
        if name := session.pop("sign_in", None):
            signed_out.add(name, desk().now())

    def note_activity(response: Response) -> Response:
        unlocks = request.endpoint == "security.verify" and response.status_code == 302
        # Nothing but the password ends idleness: steering a session behind the lock doesn't open it.
        active = request.endpoint not in PASSIVE and "sign_in" in session and not _idle()
        if unlocks or active:
            session["seen_at"] = desk().now().isoformat()
        return response

    app.before_request(refuse_ended)
    app.after_request(note_activity)
    user_authenticated.connect(rotate, app, weak=False)
    user_logged_out.connect(note_end, app, weak=False)
