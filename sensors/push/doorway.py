"""A port where phones and watches connect: one listener for all sensors behind it, each with its own pairing."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import time
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from sensors.loop_thread import LoopThread
from sensors.push.listen_address import is_everywhere
from sensors.push.members import LARGEST_BYTES, MessageError
from sensors.push.messages import Hello, parse
from sensors.push.pairing import Pairing, WrongCodes
from sensors.supervise import LinkLost

HELLO_S = 10.0
MOST_CONNECTIONS = 128
PING_S = 5.0
"""A phone that vanished without a word is noticed within two of these."""
REFUSED = 4401
REPLACED = 4409
ENDED = 1001

PORT_ERRORS = {
    errno.EADDRINUSE: "port {port} is in use by another program; give another one, as in 'ws:8766'",
    errno.EACCES: "this program may not listen on port {port}; give one above 1023",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine",
}

quiet = logging.getLogger(f"{__name__}.wire")
quiet.disabled = True
"""Of strangers that knock and leave, websockets would write pages."""


@dataclass(eq=False)
class Visit:
    """A phone that was let in, until `over`. `token` is what it comes back with; a new device came with a code."""

    socket: ServerConnection
    token: str
    is_new_device: bool
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn_away(self, code: int, words: str) -> None:
        self.over.set()
        await say(self.socket, "error", message=words, reason="replaced" if code == REPLACED else "ended")
        await self.socket.close(code, words)


class Seat:
    """One sensor's place behind the door. The newest visit of its phone is the one that counts."""

    def __init__(self, pairing: Pairing) -> None:
        self.pairing = pairing
        self._visit: Visit | None = None
        self._arrived = asyncio.Event()

    async def receive(self, visit: Visit) -> None:
        earlier, self._visit = self._visit, visit
        self._arrived.set()
        if earlier is not None and not earlier.over.is_set():
            await earlier.turn_away(REPLACED, "the same device connected once more")

    async def next_visit(self) -> Visit:
        """The visit that nobody has talked to yet."""
        await self._arrived.wait()
        self._arrived.clear()
        assert self._visit is not None
        return self._visit

    async def leave(self) -> None:
        if self._visit is not None:
            await self._visit.turn_away(ENDED, "the session has ended")


class Doorway:
    """One port. Lives as long as a sensor sits behind it."""

    _open: ClassVar[dict[tuple[str, int], Doorway]] = {}
    """A process can listen on a port only once."""
    _lock = Lock()

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._seats: list[Seat] = []
        self._lodgers = 0
        self._server: Server | None = None
        self._binding = asyncio.Lock()
        self._wrong_codes = WrongCodes(time.monotonic)  # of all sessions, whose clocks differ
        self._thread = LoopThread(f"phones at port {port}", until_cancelled())

    @classmethod
    def at(cls, host: str, port: int) -> Doorway:
        """The doorway of this port, made at need; every `at` wants its `depart`."""
        with cls._lock:
            doorway = cls._open.get((host, port)) or cls(host, port)
            cls._open[host, port] = doorway
            doorway._lodgers += 1
            return doorway

    @classmethod
    def listening(cls) -> list[tuple[str, int]]:
        with cls._lock:
            return sorted(key for key, doorway in cls._open.items() if doorway._server is not None)

    @property
    def address(self) -> str:
        """Where a phone connects, in words."""
        if is_everywhere(self.host):
            return f"port {self.port} of this machine"
        return f"ws://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def lodge(self, life: Coroutine[Any, Any, None]) -> Future[None]:
        """Runs a sensor's life in the doorway's loop."""
        return self._thread.add(life)

    def depart(self, life: Future[None], seat: Seat) -> None:
        """Ends a sensor's life; the last one closes the port."""
        with self._lock:
            self._thread.add(self._see_off(life, seat)).result()
            self._lodgers -= 1
            if not self._lodgers:
                del self._open[self.host, self.port]
                self._thread.add(self._close()).result()
                self._thread.close()

    async def listen(self, seat: Seat) -> None:
        """From now on the seat's phone is let in. Raises LinkLost when the port can't be had."""
        if seat not in self._seats:
            self._seats.append(seat)
        async with self._binding:
            if self._server is None:
                self._server = await self._bind()

    async def _bind(self) -> Server:
        try:
            return await serve(
                self._meet,
                self.host,
                self.port,
                process_request=self._admit,
                max_size=LARGEST_BYTES,
                max_queue=16,
                compression=None,
                open_timeout=HELLO_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=1.0,
                server_header=None,
                logger=quiet,
            )
        except OSError as trouble:
            words = PORT_ERRORS.get(trouble.errno or 0, "port {port} of {host} can't be listened on")
            raise LinkLost(words.format(host=self.host, port=self.port)) from trouble

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Before the handshake: None lets it through. Pages of other origins may not even try codes."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            return connection.respond(HTTPStatus.FORBIDDEN, "pages of other origins may not connect\n")
        if self._server is not None and len(self._server.connections) >= MOST_CONNECTIONS:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; try again later\n")
        return None

    async def _meet(self, socket: ServerConnection) -> None:
        """One connection, from its hello to its end."""
        try:
            async with asyncio.timeout(HELLO_S):
                hello = parse(await socket.recv())
            if not isinstance(hello, Hello):
                raise MessageError("the first message is not a hello; expected one with a code or a token")
        except (MessageError, TimeoutError) as wrong:
            words = str(wrong) or f"no hello within {HELLO_S:g} s"
            return await refuse(socket, words, "message")
        except ConnectionClosed:
            return
        await self._show_in(socket, hello)

    async def _show_in(self, socket: ServerConnection, hello: Hello) -> None:
        if hello.code and (wait_s := self._wrong_codes.wait_s):
            words = f"too many wrong codes; try again in {wait_s:.0f} s"
            return await refuse(socket, words, "wait", retry_s=round(wait_s, 1))
        seat = self._seat_of(hello)
        if seat is None and hello.token:
            return await refuse(socket, "this pairing is over; pair again with the code that is shown", "token")
        if seat is None:
            self._wrong_codes.count()
            return await refuse(socket, "no sensor waits for this code; codes are good once and for 10 minutes", "code")
        if hello.code:
            self._wrong_codes.right()
        visit = Visit(socket, seat.pairing.pair() if hello.code else hello.token, bool(hello.code))
        await seat.receive(visit)
        await visit.over.wait()

    def _seat_of(self, hello: Hello) -> Seat | None:
        """All seats are asked, so that the time it takes tells nothing."""
        opened = [
            seat.pairing.opens_with_code(hello.code) if hello.code else seat.pairing.opens_with_token(hello.token)
            for seat in self._seats
        ]
        return next((seat for seat, opens in zip(self._seats, opened, strict=True) if opens), None)

    async def _see_off(self, life: Future[None], seat: Seat) -> None:
        life.cancel()
        if seat in self._seats:
            self._seats.remove(seat)
        await seat.leave()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


async def until_cancelled() -> None:
    await asyncio.Event().wait()


async def say(socket: ServerConnection, kind: str, **members: Any) -> None:
    """A message to the phone; one that has gone hears nothing."""
    try:
        await socket.send(json.dumps({"type": kind, **members}))
    except ConnectionClosed:
        return


async def refuse(socket: ServerConnection, words: str, reason: str, **members: Any) -> None:
    await say(socket, "error", message=words, reason=reason, **members)
    await socket.close(REFUSED, reason)
