"""What is said between a paired phone and its sensor, from the clock exchange to the last acknowledgement."""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.exceptions import ConnectionClosed

from sensors.blocks import Clock, SensorError, StreamInfo
from sensors.numbering import SMALLEST_GAP_S
from sensors.push.complaints import Complaints
from sensors.push.doorway import Visit, say
from sensors.push.exchanged_clock import FIRST_ANSWERS, Answer, ExchangedClock
from sensors.push.intake import Intake, Order
from sensors.push.members import MessageError
from sensors.push.messages import (
    MOST_STREAMS,
    VERSION,
    Battery,
    Bye,
    ClockAnswer,
    Contact,
    Describe,
    Hello,
    Message,
    Notification,
    Samples,
    parse,
)
from sensors.push.notifications import DECODERS, HR, RR, Decoder
from sensors.push.pace import Pace
from sensors.supervise import Link, LinkLost

ASK_EVERY_S = 30.0
ASK_AGAIN_S = 1.0
HANDSHAKE_S = 5.0
MOST_WRONG = 20

ENDINGS = {
    1000: "the phone ended the connection",
    1001: "the phone's page or app was closed",
    1009: "the phone sent a message of more than 64 KiB",
    4409: "the same phone connected once more",
}
LOST = "the connection to the phone was lost"


class Phone:
    """What is known of one paired device over all its connections."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.exchanged = ExchangedClock()
        self.intake = Intake(lambda _stream, *times_s: self.exchanged.offset_s(*times_s), self.exchanged.forget)
        self.decoders: dict[str, Decoder] = {}
        self.orders: dict[str, Order] = {}
        self.asked = 0

    @property
    def infos(self) -> tuple[StreamInfo, ...]:
        """What it sends; until it says so, what every watch sends."""
        passed_on = tuple(info for decoder in list(self.decoders.values()) for info in decoder.streams)
        return (*self.intake.infos, *passed_on) or (HR, RR)

    @property
    def acked(self) -> dict[str, int]:
        passed_on = {name: order.last for name, order in self.orders.items() if order.last is not None}
        return {**self.intake.acked, **passed_on}


class Conversation:
    """One visit of the phone."""

    def __init__(self, phone: Phone, visit: Visit, link: Link) -> None:
        self._phone, self._visit, self._link = phone, visit, link
        self._asked_s: dict[int, float] = {}
        self._last_asked_s = 0.0
        self._wrong = 0
        self._complaints = Complaints()
        self._pace = Pace()
        self.greeted = False

    async def hold(self) -> None:
        """Until the phone goes; always ends with LinkLost."""
        try:
            await self._greet()
            async for text in self._visit.socket:
                await self._hear(text)
                await self._ask_if_due()
                await asyncio.sleep(self._pace.wait_s(len(text), asyncio.get_running_loop().time()))
        except ConnectionClosed as ended:
            raise LinkLost(words_of(ended)) from ended
        raise LinkLost(words_of(None))

    async def _greet(self) -> None:
        """The time of the phone, then the welcome."""
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                for _ in range(FIRST_ANSWERS):
                    await self._ask()
                    await self._answered()
        except (TimeoutError, MessageError) as wrong:
            words = f"the phone did not answer the clock: {wrong or f'nothing within {HANDSHAKE_S:g} s'}"
            await say(self._visit.socket, "error", message=words, reason="message")
            await self._visit.socket.close(4400, "clock")
            raise LinkLost(words) from wrong
        for decoder in self._phone.decoders.values():
            decoder.break_off()
        self._link.connected()
        await self._say("welcome", version=VERSION, token=self._visit.token, acked=self._phone.acked)
        self.greeted = True

    async def _answered(self) -> None:
        message = parse(await self._visit.socket.recv())
        if not isinstance(message, ClockAnswer):
            raise MessageError(f"a {type(message).__name__.lower()} came before the welcome")
        self._learn(message)

    async def _hear(self, text: str | bytes) -> None:
        try:
            await self._act(parse(text))
            self._wrong = 0
        except SensorError as wrong:
            await self._object(str(wrong))

    async def _act(self, message: Message) -> None:
        match message:
            case Samples():
                await self._take(message)
            case Notification():
                await self._pass_on(message)
            case ClockAnswer():
                self._learn(message)
            case Describe(streams):
                await self._described(streams)
            case Contact(contact, stream):
                self._phone.intake.wear(contact, stream)
            case Battery(level):
                self._link.battery(level)
            case Hello():
                raise MessageError("a second hello; the connection is paired already")
            case Bye():
                await self._visit.socket.close(1000, "bye")

    async def _take(self, samples: Samples) -> None:
        handed = self._phone.intake.take(samples, self._phone.clock())
        if handed is not None:
            handed.deliver(self._link)
        await self._say("ack", stream=samples.stream, seq=self._phone.acked[samples.stream])

    async def _pass_on(self, notified: Notification) -> None:
        decoder = self._decoder(notified.characteristic)
        name = f"ble:{notified.characteristic}"
        missing = 0
        if notified.seq is not None:
            order = self._phone.orders.setdefault(name, Order())
            before = order.missing_before(notified.seq)
            await self._say("ack", stream=name, seq=order.last)
            if before is None:
                return
            missing = before
        if missing:
            decoder.break_off()
        now_s, device_s = self._phone.clock(), notified.at_ms / 1000
        at_s = device_s + self._phone.exchanged.offset_s(device_s, now_s)
        for handed in decoder.decode(notified.packet, at_s):
            handed.deliver(self._link, SMALLEST_GAP_S if missing else 0.0)

    def _decoder(self, characteristic: str) -> Decoder:
        if characteristic not in DECODERS:
            raise MessageError(f"characteristic {characteristic!r}; decoded are: {', '.join(DECODERS)}")
        if characteristic not in self._phone.decoders:
            decoder = DECODERS[characteristic]()
            taken = {info.stream for info in self._phone.intake.infos} & {info.stream for info in decoder.streams}
            if taken:
                raise MessageError(f"stream {min(taken)!r} was described; Bluetooth packets need that name")
            self._phone.decoders[characteristic] = decoder
        return self._phone.decoders[characteristic]

    async def _described(self, streams: tuple[StreamInfo, ...]) -> None:
        passed_on = {info.stream for decoder in self._phone.decoders.values() for info in decoder.streams}
        for info in streams:
            if info.stream in passed_on:
                raise MessageError(f"stream {info.stream!r} comes from Bluetooth packets; expected another name")
        self._phone.intake.describe(streams, MOST_STREAMS)
        await self._say("described", streams=[info.stream for info in streams])

    async def _object(self, words: str) -> None:
        """Tells the phone, and now and then the session, what was wrong with its message."""
        await self._say("error", message=words, reason="message")
        self._complaints.tell(self._link, words, self._phone.clock())
        self._wrong += 1
        if self._wrong >= MOST_WRONG:
            await self._visit.socket.close(4400, "too many wrong messages")
            raise LinkLost(f"{MOST_WRONG} messages in a row were wrong; the last: {words}")

    async def _ask_if_due(self) -> None:
        every_s = ASK_EVERY_S if self._phone.exchanged.is_sure else ASK_AGAIN_S
        if self._phone.clock() - self._last_asked_s >= every_s:
            await self._ask()

    async def _ask(self) -> None:
        self._phone.asked += 1
        self._asked_s = {self._phone.asked: self._phone.clock()}
        self._last_asked_s = self._phone.clock()
        await self._say("clock", id=self._phone.asked)

    def _learn(self, answer: ClockAnswer) -> None:
        asked_s = self._asked_s.pop(answer.number, None)
        if asked_s is None:
            raise MessageError(f"id {answer.number}; expected the one of the last clock question, once")
        now_s = self._phone.clock()
        self._phone.exchanged.learn(Answer(asked_s, answer.received_ms / 1000, answer.sent_ms / 1000, now_s))

    async def _say(self, kind: str, **members: Any) -> None:
        await say(self._visit.socket, kind, **members)


def words_of(ended: ConnectionClosed | None) -> str:
    """Why a connection ended, for a person."""
    if ended is None:
        return ENDINGS[1000]
    codes = [frame.code for frame in (ended.rcvd, ended.sent) if frame is not None]
    return next((ENDINGS[code] for code in codes if code in ENDINGS), LOST)
