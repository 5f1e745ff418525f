"""A virtual radio, a virtual strap on it, and the back end through which bleak reaches them.

Needs bumble and bleak 3.1: bleak's base classes for back ends are no stable interface. The radio has a thread of
its own, as a real one would; the back end hands everything over to it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from threading import Thread
from typing import Any

from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError
from bleak.uuids import normalize_uuid_str
from bumble import data_types
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, Peer
from bumble.gatt import GATT_HEART_RATE_SERVICE
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.profiles.battery_service import BatteryService
from bumble.profiles.heart_rate_service import HeartRateService
from bumble.transport.common import AsyncPipeSink

from sensors.adapters.ble import Radio
from sensors.heart_rate_measurement import HeartRateMeasurement

PHONE, STRAP = "F0:F0:F0:F0:F0:F0", "F1:F1:F1:F1:F1:F1"
LOOK_S = 0.3
OFTEN = {"advertising_interval_min": 20.0, "advertising_interval_max": 40.0}
"""Milliseconds."""


class VirtualStrap:
    """A strap out there: beats when told to, and everything that can go wrong with one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="radio", daemon=True)
        self._thread.start()
        self.phone, self._strap = self.do(self._power_on())
        self.radio = Radio(scanner_on(self), client_on(self))

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Run it on the radio and wait."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def on_radio(self, what: Coroutine[Any, Any, Any]) -> Any:
        """The same from another asyncio loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(what, self._loop))

    def beat(self, rr_s: Iterable[float], hr_bpm: int = 60, contact: bool | None = True) -> None:
        """One notification, encoded by bumble's own encoder."""
        packet = HeartRateService.HeartRateMeasurement(hr_bpm, contact, None, tuple(rr_s) or None)
        self.send(bytes(packet))

    def send(self, packet: bytes) -> None:
        """One notification with any bytes."""
        self.do(self._strap.notify_subscribers(self._measurement, packet))

    def measure(self, measured: HeartRateMeasurement) -> None:
        self.send(measured.build())

    def drop_link(self) -> None:
        async def drop() -> None:
            for connection in list(self._strap.connections.values()):
                await connection.disconnect()

        self.do(drop())

    def hide(self) -> None:
        """Out of range: the link breaks, and nobody finds the strap."""
        self.do(self._strap.stop_advertising())
        self.drop_link()

    def show(self) -> None:
        self.do(self._strap.start_advertising(auto_restart=True, **OFTEN))

    def close(self) -> None:
        async def cancel() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.do(cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def heard(self, address: str) -> None:
        """Looks before it connects, as BlueZ does; the emulated controller can't cancel a connection it awaits."""
        seen = asyncio.Event()

        def advertised(heard: Any) -> None:
            if heard.address.to_string(False) == address:
                seen.set()

        self.phone.on("advertisement", advertised)
        await self.phone.start_scanning()
        try:
            await asyncio.wait_for(seen.wait(), LOOK_S)
        finally:
            await self.phone.stop_scanning()
            self.phone.remove_listener("advertisement", advertised)

    async def _power_on(self) -> tuple[Device, Device]:
        link = LocalLink()
        devices = []
        for address in (PHONE, STRAP):
            controller = Controller(address, link=link, public_address=address)
            devices.append(Device(address=Address(address), host=Host(controller, AsyncPipeSink(controller))))
        phone, strap = devices
        service = HeartRateService(lambda _: HeartRateService.HeartRateMeasurement(60))
        self._measurement = service.heart_rate_measurement_characteristic
        strap.add_services([service, BatteryService(lambda _: 83)])
        strap.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.CompleteLocalName("virtual strap"),
                    data_types.IncompleteListOf16BitServiceUUIDs([GATT_HEART_RATE_SERVICE]),
                ]
            )
        )
        await phone.power_on()
        await strap.power_on()
        await strap.start_advertising(auto_restart=True, **OFTEN)
        return phone, strap


def long_uuid(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


def scanner_on(strap: VirtualStrap) -> type[BaseBleakScanner]:
    """Bleak's scanner over the virtual radio."""

    class Scanner(BaseBleakScanner):
        def __init__(self, detection_callback: Any, service_uuids: Any, _mode: str = "active", **_: Any) -> None:
            super().__init__(detection_callback, service_uuids)

        async def start(self) -> None:
            self.seen_devices = {}
            self._loop = asyncio.get_running_loop()
            strap.phone.on("advertisement", self._advertised)
            await strap.on_radio(strap.phone.start_scanning())

        async def stop(self) -> None:
            await strap.on_radio(strap.phone.stop_scanning())
            strap.phone.remove_listener("advertisement", self._advertised)

        def _advertised(self, heard: Any) -> None:
            self._loop.call_soon_threadsafe(self._detected, heard)

        def _detected(self, heard: Any) -> None:
            kind = AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
            uuids = [long_uuid(uuid) for uuid in heard.data.get(kind) or []]
            name = heard.data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
            seen = AdvertisementData(name, {}, {}, uuids, None, heard.rssi, (heard,))
            address = heard.address.to_string(False)
            device = self.create_or_update_device(address, address, name, heard.address, seen)
            if self.is_allowed_uuid(uuids):
                self.call_detection_callbacks(device, seen)

    return Scanner


def client_on(strap: VirtualStrap) -> type[BaseBleakClient]:
    """Bleak's client over the virtual radio."""

    class Client(BaseBleakClient):
        def __init__(self, address_or_ble_device: Any, **options: Any) -> None:
            super().__init__(address_or_ble_device, **options)
            self._connection: Connection | None = None

        @property
        def name(self) -> str:
            return self.address

        @property
        def mtu_size(self) -> int:
            return self._connection.att_mtu if self._connection else 23

        @property
        def is_connected(self) -> bool:
            return self._connection is not None

        async def connect(self, pair: bool = False, **_: Any) -> None:
            self._loop = asyncio.get_running_loop()
            try:
                await strap.on_radio(strap.heard(self.address))
            except TimeoutError as nobody:
                raise BleakDeviceNotFoundError(self.address) from nobody
            self.services = await strap.on_radio(self._connect())

        async def _connect(self) -> BleakGATTServiceCollection:
            self._connection = await strap.phone.connect(Address(self.address))
            self._connection.on("disconnection", lambda _: self._loop.call_soon_threadsafe(self._gone))
            peer = Peer(self._connection)
            await peer.discover_services()
            found = BleakGATTServiceCollection()
            for service in peer.services:
                theirs = BleakGATTService(service, service.handle, long_uuid(service.uuid))
                found.add_service(theirs)
                for characteristic in await service.discover_characteristics():
                    names = list(gatt_char_props_to_strs(int(characteristic.properties)))
                    uuid = long_uuid(characteristic.uuid)
                    found.add_characteristic(
                        BleakGATTCharacteristic(characteristic, characteristic.handle, uuid, names, lambda: 20, theirs)
                    )
            return found

        def _gone(self) -> None:
            self._connection = self.services = None
            if self._disconnected_callback:
                self._disconnected_callback()

        async def disconnect(self) -> None:
            if self._connection:
                await strap.on_radio(self._connection.disconnect())

        async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
            self._need()
            return bytearray(await strap.on_radio(characteristic.obj.read_value()))

        async def start_notify(
            self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **_: Any
        ) -> None:
            self._need()

            def notified(value: bytes) -> None:
                self._loop.call_soon_threadsafe(callback, bytearray(value))

            await strap.on_radio(characteristic.obj.subscribe(notified))

        def _need(self) -> None:
            if self._connection is None:
                raise BleakError("Not connected")

        async def pair(self, *_: Any, **__: Any) -> None:
            raise NotImplementedError

        async def unpair(self) -> None:
            raise NotImplementedError

        async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
            raise NotImplementedError

        async def read_gatt_descriptor(self, descriptor: Any, **_: Any) -> bytearray:
            raise NotImplementedError

        async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:
            raise NotImplementedError

        async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
            raise NotImplementedError

    return Client
