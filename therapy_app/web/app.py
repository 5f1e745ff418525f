"""The application factory: the one place where the web's parts meet."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

from apiflask import APIFlask
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import scoped_session, sessionmaker

from therapy_app.records.tables import utc_now
from therapy_app.settings import Settings
from therapy_app.web import words
from therapy_app.web.access import WHO_MAY, guard, roles_of
from therapy_app.web.accounts import open_accounts
from therapy_app.web.admin import admin
from therapy_app.web.api import api
from therapy_app.web.attempts import limit_attempts
from therapy_app.web.desk import Desk, Now
from therapy_app.web.errors import explain_errors
from therapy_app.web.headers import send_headers
from therapy_app.web.listen import listen_pages
from therapy_app.web.live import live
from therapy_app.web.lock import guard_sign_ins
from therapy_app.web.look import chosen, look
from therapy_app.web.relay import open_relay, relay
from therapy_app.web.review import review
from therapy_app.web.stream import stream
from therapy_app.web.tail import Seats, Tails

LARGEST_REQUEST = 64 * 1024
PAGES = {
    "live.home": "Today",
    "review.clients": "Clients",
    "review.history": "History",
    "listen.listen": "Listen",
    "admin.accounts": "Accounts",
}


def create_app(settings: Settings, database: Engine, now: Now = utc_now) -> APIFlask:
    """The web over an upgraded database; `now` is its clock (idle lock, today's date)."""
    app = APIFlask(__name__, title="Therapy", docs_path=None, json_errors=False)
    app.config.update(
        SECRET_KEY=settings.secret,
        SECURITY_PASSWORD_SALT=hmac.new(settings.secret.encode(), b"passwords", sha256).hexdigest(),
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
    )
    work = scoped_session(sessionmaker(database))
    app.extensions["desk"] = Desk(database, work, Tails(database), Seats(), now)
    guard_sign_ins(app)
    open_accounts(app, work)
    guard(app)
    for blueprint in (look, live, review, listen_pages, admin, stream, api, relay):
        app.register_blueprint(blueprint)
    open_relay(app, settings.sensor_port)
    limit_attempts(app)
    explain_errors(app)
    send_headers(app)
    _dress(app)
    app.teardown_appcontext(lambda _: work.remove())
    return app


def _dress(app: APIFlask) -> None:
    """What every template knows: the look that was chosen and the pages of this account."""
    app.jinja_env.filters.update(words.FILTERS)
    app.jinja_env.globals.update(states=words.STATES, span=words.span, uneven=words.UNEVEN)

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        return {"theme": chosen(), "pages": pages_of_account, "may_start": may_start}


def pages_of_account() -> list[tuple[str, str]]:
    """(endpoint, words) of the pages in this account's menu."""
    roles = roles_of(current_user)
    own = {endpoint: said for endpoint, said in PAGES.items() if WHO_MAY[endpoint] & roles}
    if not roles & WHO_MAY["review.clients"]:
        own.pop("live.home", None)  # only a redirect to the page that is theirs
    return list(own.items())


def may_start() -> bool:
    return bool(roles_of(current_user) & WHO_MAY["live.start"])
