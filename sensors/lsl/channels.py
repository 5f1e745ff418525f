"""What a stream of the Lab Streaming Layer says of itself, as streams of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.recordings.labels import LabelError, Meaning, grouped, meaning
from sensors.recordings.pieces import EVENTS, FASTEST_HZ
from sensors.supervise import LinkLost

MOST_CHANNELS = 512
UNNAMED: Mapping[str, tuple[str, ...]] = {"acc": ("x", "y", "z"), "accelerometer": ("x", "y", "z")}
"""Channels that go by this order when they have no names; others are numbered."""


@dataclass(frozen=True)
class Channel:
    label: str
    unit: str
    kind: str


@dataclass(frozen=True)
class Share:
    """One of our streams, as columns of theirs: value * worth + offset."""

    info: StreamInfo
    columns: list[int]
    worth: NDArray[np.float64]
    offset: NDArray[np.float64]

    def of(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """`values` (time, all channels) -> (time, channels of this stream)."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = values[:, self.columns] * self.worth + self.offset
            return np.asarray(scaled, dtype=np.float32)


def channels_of(told: Any, kind: str, unit: str = "") -> list[Channel]:
    """Read from pylsl's StreamInfo with its description. `unit` stands for every channel that names none."""
    rows = told.desc().child("channels").child("channel")
    found = []
    for _ in range(min(told.channel_count(), MOST_CHANNELS)):
        said = {name: rows.child_value(name).strip() for name in ("label", "unit", "units", "type")}
        found.append(Channel(said["label"], said["unit"] or said["units"] or unit, said["type"] or kind))
        rows = rows.next_sibling("channel")
    if any(channel.label for channel in found):
        return found
    names = UNNAMED.get(kind.lower(), ())
    if len(names) != len(found):
        names = tuple(f"{kind} {number}" for number in range(1, len(found) + 1)) if len(found) > 1 else (kind,)
    return [replace(channel, label=name) for channel, name in zip(found, names, strict=True)]


def shares(channels: Sequence[Channel], rate_hz: float) -> tuple[list[Share], list[str]]:
    """Our streams, and what is left out and why. Raises LinkLost when nothing is left."""
    usable: list[tuple[int, Meaning]] = []
    notes = []
    for index, channel in enumerate(channels):
        try:
            usable.append((index, meaning(channel.label, channel.unit, channel.kind)))
        except LabelError as why:
            notes.append(f"channel {channel.label[:40]!r} {why}")
    if not usable:
        raise LinkLost("; ".join(notes[:3]) or "the stream has no channels")
    if rate_hz == 0 and any(meant.modality not in EVENTS for _, meant in usable):
        raise LinkLost("the stream does not say its rate; add it, as in lsl:name=NAME,rate=256")
    if not 0 <= rate_hz <= FASTEST_HZ:
        raise LinkLost(f"the stream says it has {rate_hz:g} Hz; expected at most {FASTEST_HZ:g}")
    return [share(info, [usable[member] for member in members]) for info, members in split(usable, rate_hz)], notes


def split(usable: Sequence[tuple[int, Meaning]], rate_hz: float) -> list[tuple[StreamInfo, list[int]]]:
    groups = grouped([(meant, rate_hz or 1.0) for _, meant in usable])
    return [(replace(info, clock="device"), members) for info, members in groups]


def share(info: StreamInfo, members: Sequence[tuple[int, Meaning]]) -> Share:
    worth, offset = np.array([(meant.worth, meant.offset) for _, meant in members]).T
    return Share(info, [index for index, _ in members], worth, offset)
