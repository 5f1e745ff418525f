"""A virtual radio, virtual straps on it, and the back end through which bleak reaches them.

Needs bumble and bleak 3.1: bleak's base classes for back ends are no stable interface. The radio has a thread of
its own, as a real one would; the back end hands everything over to it.
"""

import asyncio
import itertools
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import numpy as np
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import data_types
from bumble.att import ATT_Error
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, Peer
from bumble.gatt import GATT_HEART_RATE_SERVICE, Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.profiles.battery_service import BatteryService
from bumble.profiles.heart_rate_service import HeartRateService
from bumble.transport import open_transport
from bumble.transport.common import AsyncPipeSink, Transport

from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement
from sensors.bluetooth.polar_control import ALREADY, Answer, Order, Setting
from sensors.bluetooth.polar_measurement import Kind, PolarFrame
from sensors.bluetooth.radio import Radio

PHONE, STRAP, OTHER = "F0:F0:F0:F0:F0:F0", "F1:F1:F1:F1:F1:F1", "F2:F2:F2:F2:F2:F2"
OFTEN = {"advertising_interval_min": 20.0, "advertising_interval_max": 40.0}
"""Milliseconds."""
P = Characteristic.Properties
RAW_SERVICE, CONTROL, FRAMES = (UUID(f"FB005C8{n}-02E7-F387-1CAD-8ACD2D8DF0C8") for n in range(3))


class VirtualRadio:
    """The air, and a phone in it, in a thread of their own. `rssi_dbm` by address; nobody is near otherwise."""

    def __init__(self, port: int | None = None) -> None:
        """`port` of a controller over TCP instead of a radio within this process."""
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="radio", daemon=True)
        self._thread.start()
        self._link = LocalLink()
        self._transport: Transport | None = None
        self.rssi_dbm: dict[str, int] = {}
        self.connecting = asyncio.Lock()
        """The emulated controller makes one connection at a time and refuses a second; a real one's driver queues."""
        self.phone: Device = self.do(self._power_on(port))
        self.radio = Radio(scanner_on(self), client_on(self))

    async def _power_on(self, port: int | None) -> Device:
        if port is None:
            phone = self.device(PHONE)
        else:
            self._transport = transport = await open_transport(f"tcp-client:127.0.0.1:{port}")
            phone = Device.with_hci("phone", Address(PHONE), transport.source, transport.sink)
        await phone.power_on()
        return phone

    def device(self, address: str) -> Device:
        controller = Controller(address, link=self._link, public_address=address)
        return Device(address=Address(address), host=Host(controller, AsyncPipeSink(controller)))

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Run it on the radio and wait."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def on_radio(self, what: Coroutine[Any, Any, Any]) -> Any:
        """The same from another asyncio loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(what, self._loop))

    def close(self) -> None:
        async def cancel() -> None:
            if self._transport:
                await self._transport.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.do(cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def heard(self, address: str, seconds: float) -> None:
        """Looks before it connects, as BlueZ does; the emulated controller can't cancel a connection it awaits."""
        seen = asyncio.Event()

        def advertised(heard: Any) -> None:
            if heard.address.to_string(False) == address:
                seen.set()

        self.phone.on("advertisement", advertised)
        await self.phone.start_scanning()
        try:
            await asyncio.wait_for(seen.wait(), seconds)
        finally:
            await self.phone.stop_scanning()
            self.phone.remove_listener("advertisement", advertised)


class Strap:
    """What a strap does, wherever its controller is: measures heart rate when told to, and tells its charge."""

    def __init__(self, device: Device, name: str, services: Iterable[Service] = ()) -> None:
        self.device = device
        self.charge = 83
        service = HeartRateService(lambda _: HeartRateService.HeartRateMeasurement(60))
        self.measurement = service.heart_rate_measurement_characteristic
        self._battery = BatteryService(lambda _: self.charge)
        device.add_services([service, self._battery, *services])
        device.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.CompleteLocalName(name),
                    data_types.IncompleteListOf16BitServiceUUIDs([GATT_HEART_RATE_SERVICE]),
                ]
            )
        )

    async def power_on(self) -> None:
        await self.device.power_on()
        await self.advertise()

    async def advertise(self) -> None:
        await self.device.start_advertising(auto_restart=True, **OFTEN)

    async def discharge(self, percent: int) -> None:
        self.charge = percent
        await self.device.notify_subscribers(self._battery.battery_level_characteristic)

    async def measure(self, packet: bytes) -> None:
        await self.device.notify_subscribers(self.measurement, packet)


@dataclass(frozen=True)
class Model:
    """What a Polar device can measure: per kind the settings it offers, and the factor it tells at a start."""

    name: str
    settings: Mapping[Kind, Mapping[Setting, tuple[int, ...]]]
    factor: Mapping[Kind, float] = field(default_factory=dict)
    wants_pairing: bool = False


H10 = Model(
    "Polar H10 00000000",
    {
        Kind.ECG: {Setting.RATE_HZ: (130,), Setting.RESOLUTION_BITS: (14,)},
        Kind.ACC: {
            Setting.RATE_HZ: (200, 100, 50, 25),
            Setting.RESOLUTION_BITS: (16,),
            Setting.RANGE: (2, 4, 8),
        },
    },
)
VERITY = Model(
    "Polar Sense 00000000",
    {
        Kind.PPG: {Setting.RATE_HZ: (135,), Setting.RESOLUTION_BITS: (22,), Setting.CHANNELS: (4,)},
        Kind.ACC: {Setting.RATE_HZ: (52,), Setting.RESOLUTION_BITS: (16,), Setting.RANGE: (8,)},
    },
    {Kind.ACC: 1 / 4096},
)
"""Its firmware 1.1.5 declares a pulse wave at 135 Hz, and sends one at 55 Hz."""


class Polar(Strap):
    """A strap that also has Polar's service of raw signals."""

    def __init__(self, device: Device, model: Model) -> None:
        self.model = model
        self.started: dict[int, bytes] = {}
        secret = Characteristic.WRITE_REQUIRES_ENCRYPTION | Characteristic.READ_REQUIRES_ENCRYPTION
        self._control = Characteristic(
            CONTROL,
            P.READ | P.WRITE | P.INDICATE,
            Characteristic.READABLE | Characteristic.WRITEABLE | (secret if model.wants_pairing else 0),
            CharacteristicValue(read=self._features, write=self._ordered),
        )
        self._frames = Characteristic(FRAMES, P.NOTIFY, Characteristic.READABLE, b"")
        super().__init__(device, model.name, [Service(RAW_SERVICE, [self._control, self._frames])])

    async def frame(self, packet: bytes) -> None:
        await self.device.notify_subscribers(self._frames, packet)

    def _features(self, _: Any) -> bytes:
        return bytes([0x0F, sum(1 << kind for kind in self.model.settings)]) + bytes(15)

    async def _ordered(self, _: Any, order: bytes) -> None:
        packets = self._answers(order[0], order[1], order[2:])
        asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._indicate(packets)))

    async def _indicate(self, packets: list[bytes]) -> None:
        for packet in packets:
            await self.device.indicate_subscribers(self._control, packet)

    def _answers(self, order: int, kind: int, settings: bytes) -> list[bytes]:
        """Settings come in two answers, as a device with many of them sends them."""
        if kind not in self.model.settings:
            return [Answer(order, kind, 3).build()]
        kind = Kind(kind)
        if order == Order.SETTINGS:
            choices = list(self.model.settings[kind].items())
            return [
                Answer(order, kind, 0, True, dict(choices[:1])).build(),
                Answer(order, kind, 0, False, dict(choices[1:])).build(),
            ]
        if order == Order.START and kind in self.started:
            return [Answer(order, kind, ALREADY).build()]
        if order == Order.START:
            self.started[kind] = settings
            factor = self.model.factor.get(kind)
            return [Answer(order, kind, 0, False, {Setting.FACTOR: (factor,)} if factor else {}).build()]
        self.started.pop(kind, None)
        return [Answer(order, kind, 0).build()]


class VirtualStrap:
    """A strap out there: beats when told to, and everything that can go wrong with one."""

    def __init__(self, air: VirtualRadio | None = None, address: str = STRAP, name: str = "virtual strap") -> None:
        self._own = None if air else VirtualRadio()
        self.air = air or self._own
        assert self.air is not None
        self.radio, self.do, self.address = self.air.radio, self.air.do, address
        self.strap = self.do(self._set_up(self.air, name))

    async def _set_up(self, air: VirtualRadio, name: str) -> Strap:
        strap = Strap(air.device(self.address), name)
        await strap.power_on()
        return strap

    def beat(self, rr_s: Iterable[float], hr_bpm: int = 60, contact: bool | None = True) -> None:
        """One notification, encoded by bumble's own encoder."""
        packet = HeartRateService.HeartRateMeasurement(hr_bpm, contact, None, tuple(rr_s) or None)
        self.send(bytes(packet))

    def send(self, packet: bytes) -> None:
        """One notification with any bytes."""
        self.do(self.strap.measure(packet))

    def measure(self, measured: HeartRateMeasurement) -> None:
        self.send(measured.build())

    def discharge(self, percent: int) -> None:
        self.do(self.strap.discharge(percent))

    def drop_link(self) -> None:
        async def drop() -> None:
            for connection in list(self.strap.device.connections.values()):
                await connection.disconnect()

        self.do(drop())

    def hide(self) -> None:
        """Out of range: the link breaks, and nobody finds the strap."""
        self.do(self.strap.device.stop_advertising())
        self.drop_link()

    def show(self) -> None:
        self.do(self.strap.advertise())

    def close(self) -> None:
        if self._own:
            self._own.close()


class VirtualPolar(VirtualStrap):
    """A Polar device out there: measures what it is told to, once it was started."""

    def __init__(self, model: Model = H10, air: VirtualRadio | None = None, address: str = STRAP) -> None:
        self._model = model
        super().__init__(air, address)

    async def _set_up(self, air: VirtualRadio, _: str) -> Strap:
        polar = Polar(air.device(self.address), self._model)
        await polar.power_on()
        return polar

    @property
    def started(self) -> dict[int, bytes]:
        assert isinstance(self.strap, Polar)
        return self.strap.started

    def frame(self, packet: bytes) -> None:
        assert isinstance(self.strap, Polar)
        self.do(self.strap.frame(packet))


def long_uuid(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


def scanner_on(air: VirtualRadio) -> type[BaseBleakScanner]:
    """Bleak's scanner over the virtual radio."""

    class Scanner(BaseBleakScanner):
        def __init__(self, detection_callback: Any, service_uuids: Any, _mode: str = "active", **_: Any) -> None:
            super().__init__(detection_callback, service_uuids)

        async def start(self) -> None:
            self.seen_devices = {}
            self._loop = asyncio.get_running_loop()
            air.phone.on("advertisement", self._advertised)
            await air.on_radio(air.phone.start_scanning())

        async def stop(self) -> None:
            await air.on_radio(air.phone.stop_scanning())
            air.phone.remove_listener("advertisement", self._advertised)

        def _advertised(self, heard: Any) -> None:
            self._loop.call_soon_threadsafe(self._detected, heard)

        def _detected(self, heard: Any) -> None:
            kind = AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
            uuids = [long_uuid(uuid) for uuid in heard.data.get(kind) or []]
            name = heard.data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
            address = heard.address.to_string(False)
            rssi_dbm = air.rssi_dbm.get(address, heard.rssi)
            seen = AdvertisementData(name, {}, {}, uuids, None, rssi_dbm, (heard,))
            device = self.create_or_update_device(address, address, name, heard.address, seen)
            if self.is_allowed_uuid(uuids):
                self.call_detection_callbacks(device, seen)

    return Scanner


async def allowed(asked: Coroutine[Any, Any, Any]) -> Any:
    """A refusal as bleak's own back ends tell it."""
    try:
        return await asked
    except ATT_Error as refused:
        raise BleakGATTProtocolError(refused.error_code) from refused


def client_on(air: VirtualRadio) -> type[BaseBleakClient]:
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
                await air.on_radio(air.heard(self.address, self._timeout))
            except TimeoutError as nobody:
                raise BleakDeviceNotFoundError(self.address) from nobody
            self.services = await air.on_radio(self._connect())

        async def _connect(self) -> BleakGATTServiceCollection:
            async with air.connecting:
                self._connection = await air.phone.connect(Address(self.address))
            self._connection.on("disconnection", lambda _: self._loop.call_soon_threadsafe(self._gone))
            peer = Peer(self._connection)
            await peer.request_mtu(247)
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
                await air.on_radio(self._connection.disconnect())

        async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
            self._need()
            return bytearray(await allowed(air.on_radio(characteristic.obj.read_value())))

        async def start_notify(
            self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **_: Any
        ) -> None:
            self._need()

            def notified(value: bytes) -> None:
                self._loop.call_soon_threadsafe(callback, bytearray(value))

            await allowed(air.on_radio(characteristic.obj.subscribe(notified)))

        def _need(self) -> None:
            if self._connection is None:
                raise BleakError("Not connected")

        async def pair(self, *_: Any, **__: Any) -> None:
            self._need()
            await air.on_radio(self._connection.pair())

        async def unpair(self) -> None:
            raise NotImplementedError

        async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
            raise NotImplementedError

        async def read_gatt_descriptor(self, descriptor: Any, **_: Any) -> bytearray:
            raise NotImplementedError

        async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:
            self._need()
            await allowed(air.on_radio(characteristic.obj.write_value(bytes(data), with_response=response)))

        async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
            raise NotImplementedError

    return Client


async def serve(port: int) -> None:
    """A Polar device of its own process, behind a controller on a port: beats and sends raw ECG until it is ended."""
    transport = await open_transport(f"tcp-client:127.0.0.1:{port}")
    polar = Polar(Device.with_hci("strap", Address(STRAP), transport.source, transport.sink), H10)
    await polar.power_on()
    sys.stdout.write("advertising\n")
    sys.stdout.flush()
    for second in itertools.count(1):
        await asyncio.sleep(1)
        await polar.measure(HeartRateMeasurement(75, True, second, (819,)).build())
        if Kind.ECG in polar.started:
            samples = np.arange(130, dtype=np.int64)[:, None] + 1000 * second
            await polar.frame(PolarFrame(Kind.ECG, second * 10**9, 0, samples[:73]).build())
            await polar.frame(PolarFrame(Kind.ECG, second * 10**9 + 57 * 10**9 // 130, 0, samples[73:]).build())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
