"""Every decoder of devices' bytes, and what must hold of it for any bytes. A new decoder is a row in DECODERS.

A decoder gives a value or raises SensorError; anything else is a finding. Where it can also build, what was parsed
must come out the same when it is built and parsed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sensors.blocks import SensorError
from sensors.bluetooth.delta_frames import unpack
from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement
from sensors.bluetooth.polar_control import Answer, measured
from sensors.bluetooth.polar_measurement import PolarFrame
from sensors.bluetooth.radio import share
from sensors.push import messages


@dataclass(frozen=True)
class Decoder:
    """`same`: whether two parsed values are equal; `again`: the bytes that mean the value, where there is a way."""

    parse: Callable[[bytes], Any]
    again: Callable[[Any], bytes] | None = None
    same: Callable[[Any, Any], bool] = lambda one, other: bool(one == other)


def _delta(channels: int) -> Decoder:
    return Decoder(lambda content: unpack(content, channels, 2 if channels == 3 else 3))


DECODERS: Mapping[str, Decoder] = {
    "heart_rate_measurement": Decoder(HeartRateMeasurement.parse, HeartRateMeasurement.build),
    "polar_frame": Decoder(PolarFrame.parse),
    "polar_answer": Decoder(Answer.parse, Answer.build, lambda one, other: repr(one) == repr(other)),
    "polar_features": Decoder(measured),
    "delta_1": _delta(1),
    "delta_3": _delta(3),
    "delta_4": _delta(4),
    "battery": Decoder(share),
    "phone_message": Decoder(messages.parse),
}


def check(name: str, content: bytes) -> None:
    """Raises whatever is a finding."""
    decoder = DECODERS[name]
    try:
        value = decoder.parse(content)
    except SensorError as refused:
        if not str(refused):
            raise AssertionError("a refusal says why") from refused
        return
    samples = getattr(value, "samples", value)
    if isinstance(samples, np.ndarray):
        assert np.isfinite(samples).all(), "a number that was not sent"
        assert len(samples) <= 1 + 8 * len(content), "more samples than there are bits for"
    if decoder.again:
        assert decoder.same(decoder.parse(decoder.again(value)), value), "built and parsed again, it is another"
