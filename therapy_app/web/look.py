"""Light, dark, or as the device says: chosen at the foot of any page, kept in a cookie, no account needed."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

LOOKS = ("system", "light", "dark")
A_YEAR_S = 365 * 86400

look = Blueprint("look", __name__)


def chosen() -> str:
    theme = request.cookies.get("theme")
    return theme if theme in LOOKS else LOOKS[0]


@look.post("/look")
def choose() -> ResponseReturnValue:
    """Keeps the choice and goes back to the page it was made on."""
    theme = request.form.get("theme")
    if theme not in LOOKS:
        abort(400, f"The look is one of {', '.join(LOOKS)}.")
    answer = redirect(_page_it_was_on(), 303)
    answer.set_cookie("theme", theme, max_age=A_YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure)
    return answer


def _page_it_was_on() -> str:
    came_from = urlsplit(request.referrer or "")
    own = came_from.netloc == request.host and came_from.path.startswith("/")
    return "/" + came_from.path.lstrip("/\\") if own else "/"
