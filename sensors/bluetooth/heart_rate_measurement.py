"""The Bluetooth heart rate measurement (characteristic 0x2A37): parse and build, side by side.

Source: Bluetooth SIG, Heart Rate Service 1.0, section 3.1, and GATT Specification Supplement, 'Heart Rate Measurement'.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Self

from sensors.blocks import SensorError

WIDE_RATE = 0x01
CONTACT_DETECTED = 0x02
CONTACT_SUPPORTED = 0x04
HAS_ENERGY = 0x08
HAS_RR = 0x10

LARGEST = 0xFFFF


class MeasurementError(SensorError):
    """Bytes that are no heart rate measurement, or values that don't fit into one."""


@dataclass(frozen=True)
class HeartRateMeasurement:
    """`rr_ticks` are the beat-to-beat intervals since the last measurement, oldest first, in 1/1024 s.

    `contact` is None where the sensor can't tell. A rate of 0 is what straps send when they measure nothing.
    """

    hr_bpm: int
    contact: bool | None = None
    energy_kj: int | None = None
    rr_ticks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        named = {"hr_bpm": self.hr_bpm, "energy_kj": self.energy_kj or 0}
        for name, value in (*named.items(), *(("rr_ticks", tick) for tick in self.rr_ticks)):
            if not 0 <= value <= LARGEST:
                raise MeasurementError(f"{name} {value}; expected 0 to {LARGEST}")

    @property
    def rr_ms(self) -> tuple[float, ...]:
        return tuple(tick * 1000 / 1024 for tick in self.rr_ticks)

    @classmethod
    def parse(cls, packet: bytes) -> Self:
        """Flags, rate (1 or 2 bytes), energy (2), intervals (2 each), little endian. Raises MeasurementError."""
        if not packet:
            raise MeasurementError("an empty heart rate measurement; expected at least 2 bytes")
        flags, rest = packet[0], packet[1:]
        form = "<" + ("H" if flags & WIDE_RATE else "B") + ("H" if flags & HAS_ENERGY else "")
        head = struct.calcsize(form)
        if len(rest) < head or (len(rest) - head) % 2 or (len(rest) > head and not flags & HAS_RR):
            expected = f"{1 + head} bytes" + (" and 2 per interval" if flags & HAS_RR else "")
            raise MeasurementError(
                f"heart rate measurement of {len(packet)} bytes with flags {flags:#04x}; expected {expected}"
            )
        rate, *energy = struct.unpack_from(form, rest)
        contact = bool(flags & CONTACT_DETECTED) if flags & CONTACT_SUPPORTED else None
        ticks = tuple(tick for (tick,) in struct.iter_unpack("<H", rest[head:]))
        return cls(rate, contact, energy[0] if energy else None, ticks)

    def build(self) -> bytes:
        """The packet a strap would send."""
        wide, has_energy = self.hr_bpm > 0xFF, self.energy_kj is not None
        flags = WIDE_RATE * wide | HAS_ENERGY * has_energy | HAS_RR * bool(self.rr_ticks)
        flags |= CONTACT_SUPPORTED * (self.contact is not None) | CONTACT_DETECTED * bool(self.contact)
        form = "<B" + ("H" if wide else "B") + ("H" if has_energy else "") + "H" * len(self.rr_ticks)
        energy = () if self.energy_kj is None else (self.energy_kj,)
        return struct.pack(form, flags, self.hr_bpm, *energy, *self.rr_ticks)
