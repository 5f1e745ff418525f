"""Talking to Polar's control point (characteristic FB005C81): what there is, in which settings, start and stop.

Source: Polar, Measurement Data Specification, 'PMD Control Point' (polar-ble-sdk, technical_documentation).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from math import isfinite
from typing import Self

from sensors.blocks import SensorError
from sensors.bluetooth.polar_measurement import Kind

FEATURES, ANSWER = 0x0F, 0xF0


class ControlError(SensorError):
    """Bytes that are no answer of the control point."""


class Order(IntEnum):
    SETTINGS = 1
    START = 2
    STOP = 3


class Setting(IntEnum):
    RATE_HZ = 0
    RESOLUTION_BITS = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5
    SECURITY = 6


FORMS = {
    Setting.RATE_HZ: "<H",
    Setting.RESOLUTION_BITS: "<H",
    Setting.RANGE: "<H",
    Setting.RANGE_MILLI: "<I",
    Setting.CHANNELS: "<B",
    Setting.FACTOR: "<f",
    Setting.SECURITY: "<16s",
}
"""How one value of a setting is packed."""

SUCCESS, ALREADY = 0, 6
TROUBLE = {
    1: "does not know the order",
    2: "does not measure this",
    3: "does not support this",
    4: "was sent an order of a wrong length",
    5: "was sent a wrong parameter",
    ALREADY: "is doing so already",
    7: "has no such resolution",
    8: "has no such rate",
    9: "has no such range",
    10: "was given too small packets",
    11: "has no so many channels",
    12: "can't do so now",
    13: "is in its charger",
}

Choices = Mapping[Setting, tuple[float | bytes, ...]]


def measured(features: bytes) -> frozenset[Kind]:
    """What the device can send raw, from what is read at the control point. Raises ControlError."""
    if len(features) < 2 or features[0] != FEATURES:
        raise ControlError(f"features {features.hex()}; expected {FEATURES:02x} and a byte of kinds")
    return frozenset(kind for kind in Kind if features[1] >> kind & 1)


@dataclass(frozen=True)
class Answer:
    """`status` 0 is success; `more` says that another answer goes on with the same settings."""

    order: int
    kind: int
    status: int
    more: bool = False
    choices: Choices = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """What the device says against it, in words; '' for success."""
        return "" if self.status == SUCCESS else TROUBLE.get(self.status, f"answers with error {self.status}")

    @property
    def factor(self) -> float | None:
        """By which compressed counts are multiplied, None where the device tells none. Raises ControlError."""
        if Setting.FACTOR not in self.choices:
            return None
        factor = self.choices[Setting.FACTOR][0]
        if not isinstance(factor, float) or not isfinite(factor) or factor <= 0:
            raise ControlError(f"factor {factor!r}; expected a number above 0")
        return factor

    @classmethod
    def parse(cls, packet: bytes) -> Self:
        if len(packet) < 4 or packet[0] != ANSWER:
            raise ControlError(f"{packet[:20].hex()} is no answer; expected {ANSWER:02x} and at least 3 bytes more")
        return cls(packet[1], packet[2], packet[3], packet[4:5] > b"\0", parsed(packet[5:]))

    def build(self) -> bytes:
        return bytes([ANSWER, self.order, self.kind, self.status, self.more]) + built(self.choices)


def parsed(packet: bytes) -> Choices:
    """Type, number of values, values; again and again. Raises ControlError."""
    choices: dict[Setting, tuple[float | bytes, ...]] = {}
    while packet:
        if len(packet) < 2 or packet[0] not in FORMS:
            known = ", ".join(f"{setting.value} {setting.name}" for setting in Setting)
            raise ControlError(f"settings go on with {packet[:2].hex()}; known are: {known}")
        setting, form = Setting(packet[0]), struct.Struct(FORMS[Setting(packet[0])])
        end = 2 + packet[1] * form.size
        if len(packet) < end or not packet[1]:
            raise ControlError(
                f"{packet[1]} values of {setting.name} in {len(packet) - 2} bytes; {form.size} bytes each"
            )
        choices[setting] = tuple(value for (value,) in form.iter_unpack(packet[2:end]))
        packet = packet[end:]
    return choices


def built(choices: Choices) -> bytes:
    return b"".join(
        bytes([setting, len(values)]) + b"".join(struct.pack(FORMS[setting], value) for value in values)
        for setting, values in choices.items()
    )


WISHES: Mapping[Kind, Mapping[Setting, float]] = {
    Kind.ECG: {Setting.RATE_HZ: 130, Setting.RESOLUTION_BITS: 14},
    Kind.PPG: {Setting.RATE_HZ: 55, Setting.RESOLUTION_BITS: 22, Setting.CHANNELS: 4},
    Kind.ACC: {Setting.RATE_HZ: 50, Setting.RESOLUTION_BITS: 16, Setting.RANGE: 4, Setting.CHANNELS: 3},
}
"""Enough for a heart and for movement at rest, and easy on a strap's battery."""


def chosen(kind: Kind, choices: Choices) -> Choices:
    """Of each setting the value nearest to the wish; the first one where there is no wish."""
    wishes = WISHES[kind]

    def nearest(setting: Setting, values: tuple[float | bytes, ...]) -> float | bytes:
        numbers = [value for value in values if not isinstance(value, bytes)]
        wish = wishes.get(setting)
        return values[0] if wish is None or not numbers else min(numbers, key=lambda value: abs(value - wish))

    return {setting: (nearest(setting, values),) for setting, values in choices.items()}
