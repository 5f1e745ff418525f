"""A Bluetooth heart rate strap: heart rate and beat-to-beat intervals from any device with the standard service."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakCharacteristicNotFoundError,
    BleakDeviceNotFoundError,
    BleakError,
)
from bleak.uuids import normalize_uuid_str
from numpy.typing import NDArray

from sensors.beat_times import BeatTimes
from sensors.blocks import Clock, Place, SampleBlock, SensorError, Status, StreamInfo
from sensors.heart_rate_measurement import HeartRateMeasurement, MeasurementError
from sensors.loop_thread import LoopThread
from sensors.mailbox import Mailbox
from sensors.supervise import Link, LinkLost, Patience, Supervisor

HEART_RATE_SERVICE = normalize_uuid_str("180d")
MEASUREMENT = normalize_uuid_str("2a37")
BATTERY = normalize_uuid_str("2a19")

# a MAC address, or the UUID by which macOS names a device
ADDRESS = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")

HR = StreamInfo("hr", "hr", ("hr",), None)
RR = StreamInfo("rr", "rr", ("rr",), None)

LONGEST_RR_MS = 4000.0
"""Straps send longer intervals when they missed beats: a hole, not an interval between two beats."""


SCAN_S = 10.0
NOBODY = "no heart rate strap in range; wear it with moist electrodes, or name its address"

REASONS: tuple[tuple[type[Exception], str], ...] = (
    (BleakBluetoothNotAvailableError, "Bluetooth is switched off or not available on this machine"),
    (BleakDeviceNotFoundError, "the strap is out of range or switched off"),
    (BleakCharacteristicNotFoundError, "this device does not measure heart rate the standard way"),
    (TimeoutError, "the strap did not answer in time"),
    (FileNotFoundError, "this machine has no Bluetooth service running"),
    (ConnectionError, "this machine's Bluetooth service does not answer"),
)
"""What a person is told; the first that fits."""


@dataclass(frozen=True)
class Radio:
    """Bleak's back ends, None for the machine's own Bluetooth."""

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None


def reason_of(trouble: Exception) -> str:
    fitting = (words for kind, words in REASONS if isinstance(trouble, kind))
    return next(fitting, f"Bluetooth: {trouble}")


async def straps_in_reach(seconds: float, radio: Radio | None = None) -> list[tuple[str, str]]:
    """(address, name) of every strap that makes itself known within `seconds`. Raises SensorError without a radio."""
    try:
        async with scanner_of(radio or Radio()) as scanner:
            await asyncio.sleep(seconds)
            found = scanner.discovered_devices_and_advertisement_data.values()
    except (BleakError, OSError, EOFError) as trouble:
        raise SensorError(reason_of(trouble)) from trouble
    straps = (device for device, seen in found if HEART_RATE_SERVICE in seen.service_uuids)
    return sorted((device.address, device.name or "no name") for device in straps)


def scanner_of(radio: Radio) -> BleakScanner:
    """Looks for heart rate straps only."""
    return BleakScanner(service_uuids=[HEART_RATE_SERVICE], backend=radio.scanner)


class Strap:
    """The connection to one strap. `address` '' takes the first one found, and stays with it ever after."""

    def __init__(self, address: str, clock: Clock, radio: Radio) -> None:
        self._address = address
        self._clock = clock
        self._radio = radio
        self._beats = BeatTimes()

    async def connection(self, link: Link) -> None:
        try:
            await self._stream(link)
        except (BleakError, OSError, EOFError) as trouble:
            raise LinkLost(reason_of(trouble)) from trouble

    async def _stream(self, link: Link) -> None:
        self._address = self._address or await self._first_strap()
        self._beats.break_off()
        gone = asyncio.Event()
        async with BleakClient(self._address, lambda _: gone.set(), backend=self._radio.client) as client:
            await client.start_notify(MEASUREMENT, partial(self._received, link))
            link.connected(await battery(client))
            await gone.wait()
        raise LinkLost("the link to the strap was lost")

    async def _first_strap(self) -> str:
        try:
            async with asyncio.timeout(SCAN_S), scanner_of(self._radio) as scanner:
                async for device, seen in scanner.advertisement_data():
                    if HEART_RATE_SERVICE in seen.service_uuids:
                        return device.address
        except TimeoutError as nothing:
            raise LinkLost(NOBODY) from nothing
        raise LinkLost(NOBODY)

    def _received(self, link: Link, _: BleakGATTCharacteristic, packet: bytearray) -> None:
        try:
            measured = HeartRateMeasurement.parse(bytes(packet))
        except MeasurementError as wrong:
            link.complain(str(wrong))
            return
        now_s = self._clock()
        rate = [measured.hr_bpm] if measured.hr_bpm else []
        link.deliver(HR, now_s, column(rate), np.full(len(rate), now_s), contact=measured.contact)
        intervals = [rr for rr in measured.rr_ms if rr <= LONGEST_RR_MS]
        if intervals:
            times_s, missing_s = self._beats.place(now_s, intervals)
            samples = column(intervals)
            link.deliver(RR, times_s[0], samples, times_s, missing_s=missing_s, contact=measured.contact)


class Sensor:
    """Streams `hr` (at arrival) and `rr` (times reconstructed, see BeatTimes: they may be some seconds late).

    A strap that measures nothing sends hr blocks without events, which still tell its contact.
    """

    def __init__(
        self, address: str, place: Place, radio: Radio | None = None, patience: Patience | None = None
    ) -> None:
        self._mailbox = Mailbox()
        strap = Strap(address, place.clock, radio or Radio())
        supervisor = Supervisor(f"ble:{address or 'auto'}", place.clock, self._mailbox, patience or Patience())
        self._thread = LoopThread("heart rate strap", supervisor.run(strap.connection))

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """Answers at once and connects in the background."""
        address = "" if argument == "auto" else argument.upper()
        if address and not ADDRESS.fullmatch(address):
            raise SensorError(
                f"{argument!r} is no Bluetooth address; expected 'auto' or one like A0:9E:1A:12:34:56 (on macOS a UUID)"
            )
        return cls(address, place)

    def describe(self) -> tuple[StreamInfo, ...]:
        return (HR, RR)

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        self._thread.check()
        return self._mailbox.take()

    def close(self) -> None:
        self._thread.close()


def column(values: Sequence[float]) -> NDArray[np.float32]:
    """Shape (len(values), 1)."""
    return np.array(values, dtype=np.float32).reshape(-1, 1)


async def battery(client: BleakClient) -> float | None:
    """The share of charge left, None where the strap does not tell."""
    level = client.services.get_characteristic(BATTERY)
    return (await client.read_gatt_char(level))[0] / 100 if level else None
