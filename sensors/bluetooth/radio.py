"""Bluetooth Low Energy as every strap needs it: the radio, who is in reach, a link to one device, reasons in words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import NoReturn

from bleak import BleakClient, BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakCharacteristicNotFoundError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bleak.uuids import normalize_uuid_str

from sensors.blocks import SensorError
from sensors.supervise import Link, LinkLost, Patience

HEART_RATE_SERVICE = normalize_uuid_str("180d")
MEASUREMENT = normalize_uuid_str("2a37")
BATTERY = normalize_uuid_str("2a19")

# a MAC address, or the UUID by which macOS names a device
ADDRESS = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")

SCAN_S = 10.0
CHOOSE_S = 1.0
"""After the first device was seen, others may turn out to be nearer."""
CONNECT_SHARE = 0.75
"""Of the supervisor's patience an attempt waits for the device to show itself: it is found as soon as it is back."""
BATTERY_S = 60.0
LOOK_S = 1.0

REASONS: tuple[tuple[type[Exception], str], ...] = (
    (BleakBluetoothNotAvailableError, "Bluetooth is switched off or not available on this machine"),
    (BleakDeviceNotFoundError, "out of range, switched off, or linked to another phone or app"),
    (BleakCharacteristicNotFoundError, "this device does not measure what is asked of it the standard way"),
    (BleakGATTProtocolError, "the device refused; pair it with this machine once, and try again"),
    (TimeoutError, "the device did not answer in time"),
    (FileNotFoundError, "this machine has no Bluetooth service running"),
    (ConnectionError, "this machine's Bluetooth service does not answer"),
)
"""What a person is told; the first that fits."""
TROUBLE = (BleakError, OSError, EOFError)
"""What bleak's back ends raise."""


def reason_of(trouble: Exception) -> str:
    fitting = (words for kind, words in REASONS if isinstance(trouble, kind))
    return next(fitting, f"Bluetooth: {trouble}")


@dataclass(frozen=True)
class Sighting:
    """A device that made itself known. Its name may be its wearer's: it is shown, and never logged."""

    address: str
    name: str
    services: frozenset[str]
    rssi_dbm: int

    @classmethod
    def of(cls, device: BLEDevice, seen: AdvertisementData) -> Sighting:
        services = frozenset(uuid.lower() for uuid in seen.service_uuids)
        return cls(device.address, seen.local_name or device.name or "", services, seen.rssi)

    @property
    def words(self) -> str:
        """Name and nearness, which tells two devices of one name apart."""
        near = next(words for least, words in NEARNESS if self.rssi_dbm >= least)
        return f"{self.name or 'no name'}, {near} ({self.rssi_dbm} dBm)"


NEARNESS = ((-60, "close by"), (-80, "in the room"), (-1000, "far away"))
Wanted = Callable[[Sighting], bool]


def is_strap(sighting: Sighting) -> bool:
    return HEART_RATE_SERVICE in sighting.services


@dataclass
class Radio:
    """Bleak's back ends, None for the machine's own Bluetooth, and which device is taken by which sensor."""

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None
    _taken: dict[str, object] = field(default_factory=dict)
    _scan: Future[list[Sighting]] | None = None
    _lock: Lock = field(default_factory=Lock)

    def take(self, address: str, owner: object) -> bool:
        """Whether the device is now the owner's; a device is worn once, and read once."""
        with self._lock:
            return self._taken.setdefault(address, owner) is owner

    def is_free(self, address: str, owner: object) -> bool:
        with self._lock:
            return self._taken.get(address, owner) is owner

    def give_back(self, owner: object) -> None:
        with self._lock:
            for address in [address for address, by in self._taken.items() if by is owner]:
                del self._taken[address]

    def in_reach(self, seconds: float) -> list[Sighting]:
        """Everything that makes itself known within `seconds`, the nearest first. Callers at the same time share it.

        Raises SensorError in words when there is no radio.
        """
        with self._lock:
            running, scan = self._scan is not None, self._scan or Future()
            self._scan = scan
        if not running:
            try:
                scan.set_result(asyncio.run(self._look(seconds)))
            except TROUBLE as trouble:
                scan.set_exception(SensorError(reason_of(trouble)))
            finally:
                self._scan = None
        return scan.result()

    async def _look(self, seconds: float) -> list[Sighting]:
        async with BleakScanner(backend=self.scanner) as scanner:
            await asyncio.sleep(seconds)
            found = scanner.discovered_devices_and_advertisement_data.values()
        return sorted((Sighting.of(*one) for one in found), key=lambda seen: (-seen.rssi_dbm, seen.address))

    async def nearest(self, wanted: Wanted, owner: object, nobody: str) -> str:
        """The address of the strongest device that is wanted and free. Raises LinkLost with the words of `nobody`."""
        seen: dict[str, Sighting] = {}
        try:
            async with asyncio.timeout(SCAN_S) as deadline, BleakScanner(backend=self.scanner) as scanner:
                async for found in scanner.advertisement_data():
                    sighting = Sighting.of(*found)
                    if wanted(sighting) and self.is_free(sighting.address, owner):
                        if not seen:
                            deadline.reschedule(asyncio.get_running_loop().time() + CHOOSE_S)
                        seen[sighting.address] = sighting
        except TimeoutError:
            if seen:
                return max(seen.values(), key=lambda sighting: sighting.rssi_dbm).address
        raise LinkLost(nobody)


MACHINE = Radio()
"""This machine's own Bluetooth, shared by every sensor of the process."""


def address_in(argument: str) -> str:
    """'' for the nearest device. Raises SensorError."""
    address = "" if argument == "auto" else argument.upper()
    if address and not ADDRESS.fullmatch(address):
        raise SensorError(
            f"{argument!r} is no Bluetooth address; expected 'auto' or one like A0:9E:1A:12:34:56 (on macOS a UUID)"
        )
    return address


@dataclass
class Device:
    """One device, over all its links. `address` '' becomes that of the nearest one, and stays with it ever after."""

    address: str
    wanted: Wanted
    nobody: str
    radio: Radio
    patience: Patience

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[tuple[BleakClient, asyncio.Event]]:
        """Its client, and an event for when the link is lost. Raises LinkLost, in words, for all that can happen."""
        try:
            self.address = self.address or await self.radio.nearest(self.wanted, self, self.nobody)
            if not self.radio.take(self.address, self):
                raise LinkLost("another sensor of this program is using this device already; a device is read once")
            gone = asyncio.Event()
            wait_s, backend = CONNECT_SHARE * self.patience.connect_s, self.radio.client
            async with BleakClient(self.address, lambda _: gone.set(), timeout=wait_s, backend=backend) as client:
                yield client, gone
        except TROUBLE as trouble:
            raise LinkLost(reason_of(trouble)) from trouble

    def give_back(self) -> None:
        self.radio.give_back(self)


async def charge(client: BleakClient, link: Link) -> float | None:
    """The share of charge left, None where the device does not tell; from now on its changes are told to the link."""
    level = client.services.get_characteristic(BATTERY)
    if level is None:
        return None
    if "notify" in level.properties:
        await client.start_notify(level, lambda _, packet: tell_charge(link, bytes(packet)))
    return share(bytes(await client.read_gatt_char(level)))


async def until_gone(client: BleakClient, link: Link, gone: asyncio.Event, check: Callable[[], None]) -> NoReturn:
    """Waits for the end of the link; asks for the charge now and then, and calls `check` every LOOK_S."""
    level = client.services.get_characteristic(BATTERY)
    asked_s = asyncio.get_running_loop().time()
    while not gone.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await gone.wait()
        check()
        now_s = asyncio.get_running_loop().time()
        if level is not None and not gone.is_set() and now_s - asked_s >= BATTERY_S:
            asked_s = now_s
            tell_charge(link, bytes(await client.read_gatt_char(level)))
    raise LinkLost("the link to the device was lost")


def tell_charge(link: Link, packet: bytes) -> None:
    if (level := share(packet)) is not None:
        link.battery(level)


def share(packet: bytes) -> float | None:
    """Of charge, from the battery level's one byte of percent."""
    return packet[0] / 100 if packet and packet[0] <= 100 else None
