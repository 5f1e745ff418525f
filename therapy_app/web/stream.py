"""One stream of server-sent events per page: the session's log from where the page left off."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from therapy_app.web.desk import Desk, desk
from therapy_app.web.scope import session_or_404

HEARTBEAT_S = 15
LOOK_S = 1.0
"""How often an idle stream looks whether its page is still there."""

stream = Blueprint("stream", __name__)


@stream.get("/sessions/<int:session_id>/events")
def events(session_id: int) -> Response:
    """The log as a stream; `Last-Event-ID` or `after` is the last event that was seen."""
    session_or_404(session_id)
    seen = _last_seen()
    here, user_id = desk(), current_user.id
    if not here.seats.take(user_id):
        abort(429, f"This account has {here.seats.each} live pages open already. Close one of them, then reload.")
    answer = Response(_lines(here, session_id, seen, _hung_up()), mimetype="text/event-stream")
    answer.call_on_close(lambda: here.seats.leave(user_id))
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _last_seen() -> int:
    said = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        abort(400, "The place to go on from is the number of an event; reload the page to start over.")
    return int(said)


def _lines(here: Desk, session_id: int, seen: int, hung_up: Callable[[], bool]) -> Iterator[bytes]:
    yield b"retry: 1000\n\n"
    idle_s = 0.0
    with here.tails.watching(session_id) as tail:
        while not tail.over(seen):
            frames = tail.after(seen, LOOK_S)
            idle_s = 0.0 if frames else idle_s + LOOK_S
            if frames:
                seen = frames[-1].seq
                yield b"".join(frame.text for frame in frames)
            elif hung_up():
                return
            elif idle_s >= HEARTBEAT_S:
                idle_s = 0.0
                yield b": still here\n\n"
    yield b"event: over\ndata: {}\n\n"


def _hung_up() -> Callable[[], bool]:
    """Asks the server's own socket whether the browser has closed it; without one, never."""
    channel: socket.socket | None = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")

    def gone() -> bool:
        if channel is None or not select.select([channel], [], [], 0)[0]:
            return False
        return not channel.recv(1, socket.MSG_PEEK)

    return gone
