"""Error pages in plain words: what happened, what still works, what to do. Never anything about a person."""

from __future__ import annotations

import logging
from traceback import format_tb

from apiflask import HTTPError
from flask import Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, UnprocessableEntity

from therapy_app.web.look import chosen

log = logging.getLogger(__name__)

PAGES = {
    400: ("That could not be read", "Something in the request was not as expected. Go back and try once more."),
    401: ("Please sign in", "This page is for people who are signed in."),
    403: (
        "Not for this account",
        "Your account has no part in this. Someone who administers accounts can change that.",
    ),
    404: ("Nothing here", "There is nothing here, or it is not yours to see."),
    405: (
        "Not that way",
        "This address exists, but not for that kind of request. Go back and use the page's own buttons.",
    ),
    409: ("Not possible just now", "Something else is in the way."),
    413: ("Too large", "What was sent is larger than this page accepts. Nothing was stored."),
    415: ("That could not be read", "The request has to be JSON."),
    422: ("That can't be done", "A value is outside what is possible. Nothing was changed."),
    429: ("Please wait a little", "There were too many requests at once. Try again in a minute."),
    500: ("Something broke here", "It is our fault, not yours, and it has been noted. Reload in a moment."),
    503: ("Not available just now", "The records can't be reached. Reload in a moment."),
}
STILL = "Music that is playing goes on, and STOP works as always."
STALE_FORM = "This page was open since before the last sign-in. Reload it, then try again; nothing was changed."


ANSWERS_DATA = ("stream", "api", "openapi", "relay")


def wants_data() -> bool:
    """Whether a program asks, not a person: it gets JSON and a status instead of a page and a redirect."""
    return request.blueprint in ANSWERS_DATA or request.is_json


def show(error: HTTPException, link: tuple[str, str] | None = None) -> ResponseReturnValue:
    """The page, or for a program the JSON, of an error; `link` is (address, words) of what to do next."""
    code = error.code or 500
    title, words = PAGES.get(code, PAGES[500])
    own = error.description if error.description != type(error).description else None
    words = own or words
    headers = [(name, value) for name, value in error.get_headers() if name.lower() not in ("content-type",)]
    if wants_data():
        return jsonify(message=words, status=code), code, headers
    # Without context processors, which would ask the database who is signed in: it may be what failed.
    page = current_app.jinja_env.get_template("error.html")
    told = {"code": code, "title": title, "words": words, "still": STILL, "link": link, "theme": chosen()}
    return page.render(told), code, headers


def _stale(_: CSRFError) -> ResponseReturnValue:
    return show(BadRequest(STALE_FORM))


def _invalid(error: HTTPError) -> ResponseReturnValue:
    """A body or query that doesn't fit its schema: the first misfit in a sentence."""
    misfits = [misfit for place in error.detail.values() for misfit in place.items()]
    field, told = misfits[0]
    where = "the request" if field == "_schema" else field
    return show(UnprocessableEntity(f"{where}: {told[0]}. Nothing was changed."))


def _too_deep(_: RecursionError) -> ResponseReturnValue:
    return show(BadRequest("What was sent is nested too deeply to be read. Nothing was changed."))


def _broken(error: Exception) -> ResponseReturnValue:
    # The type and the places are enough to mend it; the message may carry what a person typed.
    log.error("a page failed: %s\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)))
    return show(InternalServerError())


def explain_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, show)
    app.register_error_handler(HTTPError, _invalid)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _broken)
