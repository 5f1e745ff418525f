"""Polar's raw measurements (characteristic FB005C82): parse and build, side by side.

Source: Polar, Measurement Data Specification and Online Measurement 1.0 (polar-ble-sdk, technical_documentation).
A frame is: kind (1 byte), time of its last sample (8, ns of the device's clock, little endian), frame type (1, its
highest bit set when compressed), samples.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SensorError
from sensors.bluetooth.delta_frames import DeltaError, Samples, pack, raw, raw_bytes, unpack

HEAD = struct.Struct("<BQB")
COMPRESSED = 0x80
MILLI = 1e-3


class PolarFrameError(SensorError):
    """Bytes that are no frame of samples, or a frame of a kind that is not known."""


class Kind(IntEnum):
    """What is measured."""

    ECG = 0
    PPG = 1
    ACC = 2


@dataclass(frozen=True)
class Form:
    """How the samples of one frame type are laid out, and what one count of them is in `sensors.blocks.UNITS`."""

    channels: int
    channel_bytes: int
    unit: float
    takes_factor: bool = False
    needs_factor: bool = False


FORMS = {
    (Kind.ECG, 0): Form(1, 3, MILLI),
    (Kind.PPG, 0): Form(4, 3, 1.0),
    (Kind.PPG, COMPRESSED | 0): Form(4, 3, 1.0),
    (Kind.ACC, 0): Form(3, 1, MILLI),
    (Kind.ACC, 1): Form(3, 2, MILLI),
    (Kind.ACC, 2): Form(3, 3, MILLI),
    (Kind.ACC, COMPRESSED | 0): Form(3, 2, 1.0, takes_factor=True, needs_factor=True),
    (Kind.ACC, COMPRESSED | 1): Form(3, 2, MILLI, takes_factor=True),
}
"""By kind and the frame type's byte: ECG in uV; PPG in counts of three sensors and one for ambient light; ACC in mG,
but in G times the factor where it is compressed type 0."""


@dataclass(frozen=True, eq=False)
class PolarFrame:
    """`samples` int64 (time, channel) as the device counts them; `stamp_ns` is when the last of them was taken."""

    kind: Kind
    stamp_ns: int
    frame_type: int
    samples: Samples

    @property
    def form(self) -> Form:
        return FORMS[self.kind, self.frame_type]

    def values(self, factor: float | None) -> NDArray[np.float32]:
        """In the unit of the kind's modality, float32 (time, channel); `factor` is what the device told, if it did."""
        form = self.form
        if form.needs_factor and factor is None:
            raise PolarFrameError(f"{self.kind.name} frames of type {self.frame_type:#04x}, but no factor was told")
        scale = form.unit * (factor if form.takes_factor and factor is not None else 1.0)
        return (self.samples * scale).astype(np.float32)

    def is_same(self, other: PolarFrame) -> bool:
        """Sent twice, not measured twice."""
        stamped = (self.kind, self.stamp_ns, self.frame_type) == (other.kind, other.stamp_ns, other.frame_type)
        return stamped and np.array_equal(self.samples, other.samples)

    @classmethod
    def parse(cls, packet: bytes) -> Self:
        """Raises PolarFrameError, never returns a sample that was not sent."""
        if len(packet) <= HEAD.size:
            raise PolarFrameError(f"a frame of {len(packet)} bytes; expected more than {HEAD.size}")
        kind, stamp_ns, frame_type = HEAD.unpack_from(packet)
        form = FORMS.get((kind, frame_type))
        if form is None:
            known = ", ".join(f"{of.name} {type_:#04x}" for of, type_ in FORMS)
            raise PolarFrameError(f"a frame of kind {kind} and type {frame_type:#04x}; known are: {known}")
        return cls(Kind(kind), stamp_ns, frame_type, _samples(packet[HEAD.size :], form, frame_type))

    def build(self, packages: Iterable[tuple[int, int]] = ()) -> bytes:
        """The frame a device would send; `packages` (width in bits, number of samples) for a compressed one."""
        head = HEAD.pack(self.kind, self.stamp_ns, self.frame_type)
        if self.frame_type & COMPRESSED:
            return head + pack(self.samples, self.form.channel_bytes, packages)
        return head + raw_bytes(self.samples, self.form.channel_bytes)


def _samples(content: bytes, form: Form, frame_type: int) -> Samples:
    if frame_type & COMPRESSED:
        try:
            return unpack(content, form.channels, form.channel_bytes)
        except DeltaError as wrong:
            raise PolarFrameError(str(wrong)) from wrong
    if len(content) % (form.channels * form.channel_bytes):
        raise PolarFrameError(
            f"{len(content)} bytes of samples; expected {form.channels * form.channel_bytes} for each of them"
        )
    return raw(content, form.channels, form.channel_bytes)
