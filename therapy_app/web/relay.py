"""Passes a phone's WebSocket on to the engine's port: phones then need no address but the page's own.

The bytes are not read here. The engine answers the handshake, asks for the pairing code and keeps the limits; this end
checks where a page comes from, counts connections, and pumps.
"""

from __future__ import annotations

import re
import select
import socket
from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from therapy_app.web.desk import desk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PER_ADDRESS = parse("120/minute")
"""Handshakes. Behind a proxy all phones share its address, and come back together after a restart."""
AT_ONCE = 128
AT_ONCE_EACH = 64
IDLE_S = 60.0
"""The engine asks whether the phone is there every few seconds: a silence so long has no other end."""
CONNECT_S = 2.0
CHUNK = 64 * 1024

KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)

relay = Blueprint("relay", __name__)


class Lines:
    """How many phones are connected through this process, in all and from each address."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.handshakes = FixedWindowRateLimiter(MemoryStorage())
        self._open: Counter[str] = Counter()
        self._lock = Lock()

    def take(self, address: str) -> bool:
        with self._lock:
            if self._open.total() >= AT_ONCE or self._open[address] >= AT_ONCE_EACH:
                return False
            self._open[address] += 1
            return True

    def leave(self, address: str) -> None:
        with self._lock:
            self._open[address] -= 1
            self._open += Counter()  # forgets addresses that have no line open


class Tunnel(Response):
    """An answer that hands the browser's connection over to the engine's, for as long as both are open."""

    def __init__(self, browser: socket.socket, engine: socket.socket, lines: Lines, address: str) -> None:
        super().__init__()
        self._ends = browser, engine
        self._lines, self._address = lines, address

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        browser, engine = self._ends
        try:
            pump(browser, engine)
        finally:
            engine.close()
            self._lines.leave(self._address)
        # By this gunicorn knows that the connection is used up and no answer is to be written.
        raise StopIteration


@relay.get("/phone", websocket=True)
@relay.get("/phone")
def phone() -> Response:
    """A WebSocket. Open to phones without an account, and to pages of this origin only."""
    key = request.headers.get("Sec-WebSocket-Key", "")
    if request.headers.get("Upgrade", "").lower() != "websocket" or not KEY.fullmatch(key):
        abort(400, "This address is for phones and watches that send what they measure, over a WebSocket.")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403, "Pages of other origins may not connect.")
    browser: socket.socket | None = request.environ.get("gunicorn.socket")
    if browser is None:
        abort(503, "This server can't pass a WebSocket on.")
    return tunnel(browser, key, cast(Lines, current_app.extensions["lines"]), request.remote_addr or "")


def tunnel(browser: socket.socket, key: str, lines: Lines, address: str) -> Tunnel:
    if not lines.handshakes.hit(PER_ADDRESS, address) or not lines.take(address):
        abort(429, "Too many connections at once. Try again in a minute.")
    try:
        engine = socket.create_connection(("127.0.0.1", lines.port), CONNECT_S)
        engine.sendall(HANDSHAKE.format(port=lines.port, key=key).encode())
    except OSError:
        lines.leave(address)
        abort(503, "No session is waiting for a phone. Start one with the sensor 'ws', then try again.")
    desk().work.remove()  # no database connection is to be held for as long as the phone is connected
    return Tunnel(browser, engine, lines, address)


def pump(one: socket.socket, other: socket.socket) -> None:
    """Until one of both closes, or neither says anything for long."""
    opposite = {one: other, other: one}
    for end in opposite:
        end.settimeout(IDLE_S)
    try:
        while ready := select.select([one, other], [], [], IDLE_S)[0]:
            for end in ready:
                said = end.recv(CHUNK)
                if not said:
                    return
                opposite[end].sendall(said)
    except OSError:
        return  # a phone that is gone, or an engine that ended: the other end is told by closing


def open_relay(app: Flask, port: int) -> None:
    app.extensions["lines"] = Lines(port)
