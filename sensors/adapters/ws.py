"""A paired phone or watch that sends over a WebSocket: hearts, skin, brain, movement, or a strap's raw packets."""

from __future__ import annotations

import asyncio
from typing import Self

from sensors.blocks import Place, SampleBlock, SensorError, Status, StreamInfo
from sensors.mailbox import Mailbox
from sensors.push.conversation import Conversation, Phone
from sensors.push.doorway import Doorway, Seat, Visit
from sensors.push.listen_address import HOST, listen_address
from sensors.push.pairing import Chance, Pairing, spoken
from sensors.supervise import Link, Patience, Supervisor

PORT = 8765
EXPECTED = "expected a port or ADDRESS:PORT of this machine, as in 'ws', 'ws:8766' or 'ws:0.0.0.0:8765'"
AWAY_S = 30.0
"""A paired device that is away for so long may be replaced: a new code is shown."""
LOOK_S = 0.5
UNTIL_PAIRED_S = 1e9
PATIENCE = Patience(connect_s=UNTIL_PAIRED_S, silence_s=12.0)
"""People take their time to pair; a watch may measure once in ten seconds."""


def in_reach(seconds: float) -> list[tuple[str, str]]:
    """Ports on which this process waits for phones. A phone can't be looked for: it comes by itself."""
    return [(f"ws:{host}:{port}", "waits for a phone to pair") for host, port in Doorway.listening()]


class Waiting:
    """The connection to whichever phone is paired with this sensor."""

    def __init__(self, place: Place, doorway: Doorway, chance: Chance | None = None) -> None:
        self.phone = Phone(place.clock)
        self.seat = Seat(Pairing(place.clock, chance))
        self._clock = place.clock
        self._doorway = doorway

    async def connection(self, link: Link) -> None:
        await self._doorway.listen(self.seat)
        visit = await self._next_visit(link)
        try:
            await self._talk(visit, link)
        finally:
            visit.over.set()
            await visit.socket.close()

    async def _talk(self, visit: Visit, link: Link) -> None:
        self.seat.pairing.withdraw()
        if visit.is_new_device:
            self.phone = Phone(self._clock)
        conversation = Conversation(self.phone, visit, link)
        try:
            await conversation.hold()
        finally:
            if visit.is_new_device and not conversation.greeted:
                self.seat.pairing.forget()

    async def _next_visit(self, link: Link) -> Visit:
        """Waits, and shows a code that is good."""
        pairing, since_s = self.seat.pairing, self._clock()
        while True:
            if not pairing.is_paired or self._clock() - since_s > AWAY_S:
                self._show_code(link)
            try:
                async with asyncio.timeout(LOOK_S):
                    return await self.seat.next_visit()
            except TimeoutError:
                continue

    def _show_code(self, link: Link) -> None:
        pairing = self.seat.pairing
        code = pairing.code if pairing.code_left_s else pairing.offer()
        link.complain(f"pair with the code {spoken(code)} at {self._doorway.address}, or through the web at /phone")


class Sensor:
    """Streams what the phone describes. `open` listens in the background; all sensors of one port share it."""

    def __init__(self, host: str, port: int, place: Place, patience: Patience = PATIENCE) -> None:
        self._mailbox = Mailbox()
        self._doorway = Doorway.at(host, port)
        self._waiting = Waiting(place, self._doorway)
        name = "ws" if (host, port) == (HOST, PORT) else f"ws:{port}"
        supervisor = Supervisor(name, place.clock, self._mailbox, patience)
        self._life = self._doorway.lodge(supervisor.run(self._waiting.connection))
        self._closed = False

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """'' (127.0.0.1, port 8765), PORT, or ADDRESS:PORT."""
        return cls(*listen_address(argument, PORT, EXPECTED), place)

    def describe(self) -> tuple[StreamInfo, ...]:
        return self._waiting.phone.infos

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        if self._life.done() and not self._life.cancelled() and (fault := self._life.exception()):
            raise SensorError(f"the phone's sensor broke: {type(fault).__name__}: {fault}") from fault
        return self._mailbox.take()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._doorway.depart(self._life, self._waiting.seat)
            self._mailbox.take()
