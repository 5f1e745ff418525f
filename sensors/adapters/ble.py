"""A Bluetooth heart rate strap: heart rate and beat-to-beat intervals from any device with the standard service."""

from __future__ import annotations

from functools import partial
from typing import Self

from bleak.backends.characteristic import BleakGATTCharacteristic

from sensors.blocks import Clock, Place, SensorError
from sensors.bluetooth.radio import MACHINE, MEASUREMENT, Device, Radio, address_in, charge, is_strap, until_gone
from sensors.push.notifications import HR, RR, HeartRate
from sensors.supervise import Link, Patience
from sensors.supervised import Supervised

NOBODY = "no heart rate strap in range; wear it with moist electrodes, or name its address"


def in_reach(seconds: float, radio: Radio = MACHINE) -> list[tuple[str, str]]:
    """(SPEC, words) of every strap, the nearest first. Raises SensorError without a radio."""
    return [(f"ble:{seen.address}", seen.words) for seen in radio.in_reach(seconds) if is_strap(seen)]


class Strap:
    """The connection to one strap."""

    def __init__(self, device: Device, clock: Clock) -> None:
        self.device = device
        self._clock = clock
        self._heart = HeartRate()

    async def connection(self, link: Link) -> None:
        self._heart.break_off()
        async with self.device.linked() as (client, gone):
            link.connected(await charge(client, link))
            await client.start_notify(MEASUREMENT, partial(self.received, link))
            await until_gone(client, link, gone, lambda: None)

    def received(self, link: Link, _: BleakGATTCharacteristic, packet: bytearray) -> None:
        try:
            measured = self._heart.decode(bytes(packet), self._clock())
        except SensorError as wrong:
            link.complain(str(wrong))
            return
        for handed in measured:
            handed.deliver(link)


class Sensor(Supervised):
    """Streams `hr` (at arrival) and `rr` (times reconstructed, see BeatTimes: they may be some seconds late).

    A strap that measures nothing sends hr blocks without events, which still tell its contact.
    """

    def __init__(self, address: str, place: Place, radio: Radio = MACHINE, patience: Patience | None = None) -> None:
        self._device = Device(address, is_strap, NOBODY, radio, patience or Patience())
        strap = Strap(self._device, place.clock)
        super().__init__(f"ble:{address or 'auto'}", strap.connection, (HR, RR), place, patience)

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """Answers at once and connects in the background."""
        return cls(address_in(argument), place)

    def close(self) -> None:
        super().close()
        self._device.give_back()
