"""Wrong passwords: a few are forgiven, then the account and the address have to wait."""

from __future__ import annotations

from hashlib import sha256
from math import floor
from time import time
from typing import cast

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue, RouteCallable
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.exceptions import TooManyRequests

from therapy_app.web.errors import show

PER_ACCOUNT = "5/minute"
PER_ADDRESS = "20/minute"


def _account() -> str:
    said = request.get_json(silent=True) if request.is_json else request.form
    email = said.get("email") if isinstance(said, dict) else None
    name = str(email or (current_user.get_id() if current_user.is_authenticated else "")).strip().lower()
    return sha256(name.encode()).hexdigest()


def _failed(response: Response) -> bool:
    return response.status_code != 302


def limit_attempts(app: Flask) -> None:
    """Only attempts that failed count. Kept in memory: there is one web process."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    for endpoint in ("security.login", "security.verify"):
        for rate, whose in ((PER_ACCOUNT, _account), (PER_ADDRESS, get_remote_address)):
            limited = limiter.limit(rate, key_func=whose, methods=["POST"], deduct_when=_failed)
            app.view_functions[endpoint] = cast(RouteCallable, limited(app.view_functions[endpoint]))

    def wait(_: RateLimitExceeded) -> ResponseReturnValue:
        reached = limiter.current_limit
        seconds = 60 if reached is None else max(1, floor(reached.reset_at - time()))
        words = f"Too many sign-ins failed. Try again in {seconds} seconds."
        return show(TooManyRequests(words, retry_after=seconds))

    app.register_error_handler(RateLimitExceeded, wait)
