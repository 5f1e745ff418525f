"""What a phone or watch says: JSON messages parsed into values, with an error that names value and rule.

The protocol stands in docs/phone.md; MQTT carries the same `samples` message.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SensorError, StreamInfo, TimeSource
from sensors.fields import EVENTS, field
from sensors.push.members import MessageError, decoded, number, shown, stream_name, whole, word, yes_or_no

VERSION = 1
LARGEST_VALUE = 1e7
"""No field's unit makes a body's signal larger; what is, is a fault of the sender."""
LATEST_MS = 1e14
MOST_STREAMS = 16
MOST_CHANNELS = 64
CHARACTERISTIC = re.compile(r"[0-9a-f]{4}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hello:
    """The first message: exactly one of a pairing code and the token of an earlier pairing."""

    code: str
    token: str


@dataclass(frozen=True)
class Describe:
    streams: tuple[StreamInfo, ...]


@dataclass(frozen=True, eq=False)
class Samples:
    """`values` (time, channel). `at_ms` is the first sample's time, or of an event stream one time per row, shape
    (time,); None where the sender has no clock. `seq` is None where it does not count."""

    stream: str
    values: Floats
    at_ms: Floats | None
    seq: int | None
    contact: bool | None
    quality: float | None


@dataclass(frozen=True)
class Contact:
    """Whether the device is worn; `stream` '' means all of its streams."""

    contact: bool
    stream: str


@dataclass(frozen=True)
class Battery:
    level: float


@dataclass(frozen=True)
class Notification:
    """Raw bytes of a Bluetooth characteristic, as a page or a phone received them at `at_ms`."""

    characteristic: str
    packet: bytes
    at_ms: float
    seq: int | None


@dataclass(frozen=True)
class ClockAnswer:
    number: int
    received_ms: float
    sent_ms: float


@dataclass(frozen=True)
class Bye:
    """The phone ends the connection on purpose."""


Message = Hello | Describe | Samples | Contact | Battery | Notification | ClockAnswer | Bye


def parse(text: str | bytes) -> Message:
    """One message. Raises MessageError, and nothing else, for whatever is no message."""
    said = decoded(text)
    if not isinstance(said, dict):
        raise MessageError(f"{shown(said)} is no message; expected an object with a 'type'")
    kind = said.get("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise MessageError(f"type {shown(kind)}; expected one of {', '.join(READERS)}")
    return reader(said)


def hello(said: Mapping[str, Any]) -> Hello:
    if said.get("version") != VERSION:
        raise MessageError(f"version {shown(said.get('version'))}; this end speaks version {VERSION}")
    code, token = said.get("code", ""), said.get("token", "")
    if not (isinstance(code, str) and isinstance(token, str)) or bool(code) == bool(token):
        raise MessageError(
            "a hello needs either the 'code' that is shown or the 'token' of an earlier pairing, as text"
        )
    return Hello(re.sub(r"[\s-]", "", code), token)


def describe(said: Mapping[str, Any]) -> Describe:
    streams = said.get("streams")
    if not isinstance(streams, list) or not 0 < len(streams) <= MOST_STREAMS:
        raise MessageError(f"streams {shown(streams)}; expected a list of 1 to {MOST_STREAMS} streams")
    infos = tuple(stream(one) for one in streams)
    names = [info.stream for info in infos]
    if len(set(names)) < len(names):
        raise MessageError(f"stream {max(names, key=names.count)!r} comes more than once")
    return Describe(infos)


def stream(said: Any) -> StreamInfo:
    """One described stream: its name, its fields of one modality, and the rate unless it is one of events."""
    if not isinstance(said, dict):
        raise MessageError(f"stream {shown(said)}; expected an object with 'stream' and 'fields'")
    return stream_info(stream_name(said), said.get("fields"), said.get("rate_hz"))


def stream_info(name: str, fields: Any, rate_hz: Any, clock: TimeSource = "device") -> StreamInfo:
    """Raises MessageError when the fields are unknown or of several modalities, or the rate does not fit them."""
    if not isinstance(fields, list) or not 0 < len(fields) <= MOST_CHANNELS:
        raise MessageError(f"fields {shown(fields)} of {name}; expected a list of 1 to {MOST_CHANNELS} names")
    try:
        meant = [field(str(one)) for one in fields]
        modalities = {modality for modality, _ in meant}
        if len(modalities) > 1:
            raise MessageError(f"{name} mixes {', '.join(sorted(modalities))}; expected a stream for each")
        channels = tuple(channel for _, channel in meant)
        if len(set(channels)) < len(channels):
            raise MessageError(f"fields of {name} name a channel more than once")
        (modality,) = modalities
        return StreamInfo(name, modality, channels, _rate(name, modality, rate_hz), clock)
    except MessageError:
        raise
    except (SensorError, ValueError) as wrong:
        raise MessageError(str(wrong)) from wrong


def _rate(name: str, modality: str, rate_hz: Any) -> float | None:
    if modality in EVENTS:
        if rate_hz is not None:
            raise MessageError(f"rate_hz {shown(rate_hz)} of {name}; events of {modality} come without a rate")
        return None
    return number({f"rate_hz of {name}": rate_hz}, f"rate_hz of {name}", 0.001, 20_000)


def samples(said: Mapping[str, Any]) -> Samples:
    """The protocol's own: with a place in the order and a time."""
    return Samples(stream_name(said), values(said), times(said), whole(said, "seq"), *worn(said))


def values(said: Mapping[str, Any]) -> Floats:
    """(time, channel); one number a row where there is one channel."""
    raw = said.get("values")
    if not isinstance(raw, list) or not raw:
        raise MessageError(f"values {shown(raw)}; expected a list of numbers, or of rows of numbers")
    table = _table(raw)
    if table.ndim not in (1, 2) or table.shape[-1] == 0 or table.dtype.kind not in "if":
        raise MessageError(f"values {shown(raw)}; expected numbers, or rows of equally many numbers")
    floats = table.astype(np.float64).reshape(len(table), -1)
    if not (np.abs(floats) <= LARGEST_VALUE).all():
        raise MessageError(f"values reach beyond {LARGEST_VALUE:g}; is the unit the one of the field's name?")
    return floats


def _table(raw: list[Any]) -> NDArray[Any]:
    try:
        return np.array(raw)
    except (ValueError, OverflowError, RecursionError) as uneven:
        raise MessageError("values of uneven rows; expected rows of equally many numbers") from uneven


def times(said: Mapping[str, Any]) -> Floats:
    """Shape (1,) for the first sample's time, (events,) for a list. Milliseconds on the sender's own clock."""
    raw = said.get("at_ms")
    listed = raw if isinstance(raw, list) else [raw]
    if not listed:
        raise MessageError("at_ms is an empty list; expected a time for each event")
    found = np.array([number({"at_ms": one}, "at_ms", -LATEST_MS, LATEST_MS) for one in listed])
    if (np.diff(found) < 0).any():
        raise MessageError("at_ms goes backwards; expected the oldest event first")
    return found


def worn(said: Mapping[str, Any]) -> tuple[bool | None, float | None]:
    """Contact and quality, where they are told."""
    contact = yes_or_no(said, "contact") if said.get("contact") is not None else None
    return contact, number(said, "quality", 0, 1) if said.get("quality") is not None else None


def contact(said: Mapping[str, Any]) -> Contact:
    return Contact(yes_or_no(said, "contact"), stream_name(said) if said.get("stream") is not None else "")


def notification(said: Mapping[str, Any]) -> Notification:
    name = said.get("characteristic")
    small = {"characteristic": name.lower() if isinstance(name, str) else name}
    characteristic = word(small, "characteristic", CHARACTERISTIC, "a UUID, as in '2a37'")
    return Notification(
        characteristic,
        packet(said),
        number(said, "at_ms", -LATEST_MS, LATEST_MS),
        whole(said, "seq") if said.get("seq") is not None else None,
    )


def packet(said: Mapping[str, Any]) -> bytes:
    text = said.get("bytes")
    if not isinstance(text, str):
        raise MessageError(f"bytes {shown(text)}; expected base64 text")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise MessageError(f"bytes {shown(text)}; expected base64 text") from wrong


def clock_answer(said: Mapping[str, Any]) -> ClockAnswer:
    answer = ClockAnswer(
        whole(said, "id"),
        number(said, "received_ms", -LATEST_MS, LATEST_MS),
        number(said, "sent_ms", -LATEST_MS, LATEST_MS),
    )
    if answer.sent_ms < answer.received_ms:
        raise MessageError(f"sent_ms {answer.sent_ms:.3f} is before received_ms {answer.received_ms:.3f}")
    return answer


READERS: dict[str, Callable[[Mapping[str, Any]], Message]] = {
    "hello": hello,
    "describe": describe,
    "samples": samples,
    "contact": contact,
    "battery": lambda said: Battery(number(said, "level", 0, 1)),
    "ble": notification,
    "clock": clock_answer,
    "bye": lambda _: Bye(),
}
