"""What is published at an MQTT broker, topic by topic: the phones' JSON messages, or a plain number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sensors.blocks import SensorError, StreamInfo
from sensors.push.members import STREAM, MessageError, decoded, number, shown, whole
from sensors.push.messages import (
    Battery,
    Contact,
    Describe,
    Samples,
    contact,
    describe,
    stream_info,
    times,
    values,
    worn,
)


@dataclass(frozen=True, eq=False)
class Published:
    """Samples and, where the topic is a field's own name, the stream they make; None if it has to be described."""

    samples: Samples
    stream: StreamInfo | None


def read(name: str, payload: bytes) -> Published | Describe | Contact | Battery:
    """`name` is the topic below the base. Raises MessageError."""
    said = decoded(payload)
    if reader := NAMED.get(name):
        return reader(said if isinstance(said, dict) else {"level": said, "contact": said})
    if not STREAM.fullmatch(name.lower()):
        raise MessageError(f"topic {shown(name)}; expected the base and a stream's name, as in 'base/hr_bpm'")
    message = said if isinstance(said, dict) else {"values": said if isinstance(said, list) else [said]}
    return published(name, message)


def published(name: str, said: Mapping[str, Any]) -> Published:
    has_time, has_seq = said.get("at_ms") is not None, said.get("seq") is not None
    samples = Samples(
        name,
        values(said),
        times(said) if has_time else None,
        whole(said, "seq") if has_seq else None,
        *worn(said),
    )
    return Published(samples, _own_stream(name, said, has_time))


def _own_stream(name: str, said: Mapping[str, Any], has_time: bool) -> StreamInfo | None:
    try:
        fields = said.get("fields", [name])
        return stream_info(name, fields, said.get("rate_hz"), "device" if has_time else "host")
    except SensorError as wrong:
        if "fields" in said or "rate_hz" in said:
            raise MessageError(str(wrong)) from wrong
        return None


NAMED: dict[str, Callable[[Mapping[str, Any]], Describe | Contact | Battery]] = {
    "describe": describe,
    "contact": contact,
    "battery": lambda said: Battery(number(said, "level", 0, 1)),
}
"""Topics that hold no samples."""
