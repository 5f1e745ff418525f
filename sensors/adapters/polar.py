"""A Polar strap or armband: raw ECG, pulse wave and movement beside its heart rate and beat-to-beat intervals."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Self

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakGATTProtocolError, BleakGATTProtocolErrorCode

from sensors.blocks import Clock, Place, SensorError, StreamInfo
from sensors.bluetooth.polar_control import (
    ALREADY,
    WISHES,
    Answer,
    ControlError,
    Order,
    Setting,
    built,
    chosen,
    measured,
)
from sensors.bluetooth.polar_measurement import Kind, PolarFrame, PolarFrameError
from sensors.bluetooth.polar_stream import RawStream, info
from sensors.bluetooth.radio import MACHINE, MEASUREMENT, Device, Radio, Sighting, address_in, charge, until_gone
from sensors.push.notifications import HR, RR, HeartRate
from sensors.supervise import Link, LinkLost, Patience
from sensors.supervised import Supervised

RAW_SERVICE, CONTROL, FRAMES = (f"fb005c8{n}-02e7-f387-1cad-8acd2d8df0c8" for n in range(3))
MODELS = ("Polar H10", "Polar OH1", "Polar Sense", "Polar Verity", "Polar 360", "Polar Loop")
"""Names of devices that send raw signals begin so; they do not advertise the service."""
NOBODY = "no Polar device with raw signals in range; wear it with moist electrodes, or name its address"
NOTHING_RAW = "this device sends no raw signals Polar's way; update it with Polar's app, or use it as ble"
UNPAIRED = frozenset(
    {
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    }
)
ANSWER_S = 5.0
SILENT_S = 5.0


def is_polar(sighting: Sighting) -> bool:
    return RAW_SERVICE in sighting.services or sighting.name.startswith(MODELS)


def in_reach(seconds: float, radio: Radio = MACHINE) -> list[tuple[str, str]]:
    """(SPEC, words) of every Polar device with raw signals, the nearest first. Raises SensorError without a radio."""
    return [(f"polar:{seen.address}", seen.words) for seen in radio.in_reach(seconds) if is_polar(seen)]


class Armband:
    """The connection to one device: its pulse, and every raw signal it has."""

    def __init__(self, device: Device, clock: Clock) -> None:
        self.device = device
        self.streams = {kind: RawStream(kind, clock) for kind in Kind}
        self._clock = clock
        self._heart = HeartRate()
        self._contact: bool | None = None
        self._running: frozenset[Kind] = frozenset()

    async def connection(self, link: Link) -> None:
        self._heart.break_off()
        self._contact, self._running = None, frozenset()
        async with self.device.linked() as (client, gone):
            if client.services.get_characteristic(CONTROL) is None:
                raise LinkLost(NOTHING_RAW)
            await self._start(client, link)
            link.connected(await charge(client, link))
            await until_gone(client, link, gone, self._all_heard)

    async def _start(self, client: BleakClient, link: Link) -> None:
        control = ControlPoint(client)
        kinds = await control.open()
        await client.start_notify(FRAMES, partial(self._frame, link))
        if client.services.get_characteristic(MEASUREMENT):
            await client.start_notify(MEASUREMENT, partial(self._pulse, link))
        for kind in sorted(kinds):
            try:
                await self._begin(control, kind)
            except ControlError as refused:
                link.complain(str(refused))
        if not self._running:
            raise LinkLost("the device is linked, but sends none of its raw signals now")

    async def _begin(self, control: ControlPoint, kind: Kind) -> None:
        settings = chosen(kind, (await control.order(Order.SETTINGS, kind)).choices)
        started = await control.start(kind, built(settings))
        rate_hz = settings.get(Setting.RATE_HZ, (WISHES[kind][Setting.RATE_HZ],))[0]
        if isinstance(rate_hz, bytes) or not rate_hz:
            raise ControlError(f"{kind.name} at rate {rate_hz!r}; expected a number above 0")
        self.streams[kind].begin(float(rate_hz), started.factor)
        self._running |= {kind}

    def _frame(self, link: Link, _: BleakGATTCharacteristic, packet: bytearray) -> None:
        try:
            frame = PolarFrame.parse(bytes(packet))
            if frame.kind in self._running:
                self.streams[frame.kind].take(frame, link, self._contact)
        except PolarFrameError as wrong:
            link.complain(str(wrong))

    def _pulse(self, link: Link, _: BleakGATTCharacteristic, packet: bytearray) -> None:
        try:
            beats = self._heart.decode(bytes(packet), self._clock())
        except SensorError as wrong:
            link.complain(str(wrong))
            return
        for handed in beats:
            self._contact = handed.contact
            handed.deliver(link)

    def _all_heard(self) -> None:
        """A pulse that goes on must not hide that a raw signal fell silent."""
        for kind in self._running:
            if self._clock() - self.streams[kind].heard_s > SILENT_S:
                raise LinkLost(f"the raw {kind.name} fell silent for {SILENT_S:g} s")


class ControlPoint:
    """Orders, one after the other, and their answers."""

    def __init__(self, client: BleakClient) -> None:
        self._client = client
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def open(self) -> frozenset[Kind]:
        """What there is to measure. Pairs first where the device wants that."""
        try:
            return await self._features()
        except BleakGATTProtocolError as refused:
            if refused.code not in UNPAIRED:
                raise
        try:
            await self._client.pair()
        except NotImplementedError as by_hand:
            raise LinkLost("this device must be paired with this machine first, in its Bluetooth settings") from by_hand
        return await self._features()

    async def _features(self) -> frozenset[Kind]:
        await self._client.start_notify(CONTROL, lambda _, packet: self._answers.put_nowait(bytes(packet)))
        return measured(bytes(await self._client.read_gatt_char(CONTROL)))

    async def start(self, kind: Kind, settings: bytes) -> Answer:
        """One that runs since an earlier link is stopped first: what it was started with is not known."""
        answer = await self._ask(Order.START, kind, settings)
        if answer.status == ALREADY:
            await self._ask(Order.STOP, kind)
            answer = await self._ask(Order.START, kind, settings)
        return granted(answer, kind)

    async def order(self, order: Order, kind: Kind) -> Answer:
        """Raises ControlError in the device's words when it refuses."""
        return granted(await self._ask(order, kind), kind)

    async def _ask(self, order: Order, kind: Kind, settings: bytes = b"") -> Answer:
        while not self._answers.empty():
            self._answers.get_nowait()
        await self._client.write_gatt_char(CONTROL, bytes([order, kind]) + settings, response=True)
        answer = await self._answer(order, kind)
        whole = answer
        while answer.more:
            answer = await self._answer(order, kind)
            whole = replace(whole, choices={**whole.choices, **answer.choices})
        return whole

    async def _answer(self, order: Order, kind: Kind) -> Answer:
        async with asyncio.timeout(ANSWER_S):
            while True:
                answer = Answer.parse(await self._answers.get())
                if (answer.order, answer.kind) == (order, kind):
                    return answer


def granted(answer: Answer, kind: Kind) -> Answer:
    if answer.trouble:
        raise ControlError(f"no raw {kind.name}: the device {answer.trouble}")
    return answer


class Sensor(Supervised):
    """Streams `hr` and `rr` as `ble` does, and of `ecg` (mV), `ppg` (counts) and `acc` (g) what the device has.

    The raw ones are stamped by the device's clock; what was lost on the way is marked as a gap.
    """

    def __init__(self, address: str, place: Place, radio: Radio = MACHINE, patience: Patience | None = None) -> None:
        self._device = Device(address, is_polar, NOBODY, radio, patience or Patience())
        self._armband = Armband(self._device, place.clock)
        super().__init__(f"polar:{address or 'auto'}", self._armband.connection, (HR, RR), place, patience)

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """Answers at once and connects in the background."""
        return cls(address_in(argument), place)

    def describe(self) -> tuple[StreamInfo, ...]:
        """Until the device has said what it has: all that such devices have."""
        streams = self._armband.streams
        known = tuple(stream.info for stream in streams.values() if stream.info)
        wished = tuple(info(kind, wishes[Setting.RATE_HZ]) for kind, wishes in WISHES.items())
        return (HR, RR, *(known or wished))

    def close(self) -> None:
        super().close()
        self._device.give_back()
