"""Keeps the order of pushed streams: duplicates dropped, late ones counted, what is missing marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from sensors.blocks import StreamInfo
from sensors.clock import STEP_S
from sensors.numbering import SLACK_SAMPLES, SMALLEST_GAP_S
from sensors.push.handed import Handed
from sensors.push.members import MessageError
from sensors.push.messages import Samples

JITTER_S = 0.1
"""Stamps of messages that follow each other may be off by this much; the samples themselves are even."""
OLDEST_S = 600.0
"""What was measured longer ago says nothing of now: a sender kept it too long, or stamps wrongly."""
MOST_MISSED = 1024
FAR_BACK = 64
"""A number so far below the last one, without a time, is no repetition: the sender counts anew."""

Stamps = np.ndarray[tuple[int], np.dtype[np.float64]]
Placing = Callable[[str, float, float], float]
"""(stream, newest sample's device time, arrival) -> session time less device time, all in seconds."""


@dataclass
class Order:
    """The place of numbered messages of one stream. `late` and `duplicates` count those that were dropped."""

    last: int | None = None
    late: int = 0
    duplicates: int = 0
    _missed: set[int] = field(default_factory=set)

    def missing_before(self, seq: int) -> int | None:
        """How many messages are missing before this one; None if it is to be dropped."""
        if self.last is None or seq > self.last:
            missing = 0 if self.last is None else seq - self.last - 1
            self._missed |= set(range(seq - min(missing, MOST_MISSED), seq))
            self.last = seq
            if len(self._missed) > MOST_MISSED:
                self._missed = set(sorted(self._missed)[-MOST_MISSED:])
            return missing
        if seq in self._missed:
            self._missed.discard(seq)
            self.late += 1
        else:
            self.duplicates += 1
        return None


@dataclass
class Incoming:
    """One stream on its way in. Its last message ended at `stamp_s` on the device's clock, `end_s` on the session's."""

    info: StreamInfo
    order: Order = field(default_factory=Order)
    contact: bool | None = None
    stamp_s: float | None = None
    end_s: float | None = None


class Intake:
    """All streams of one device, over all its connections."""

    def __init__(self, placing: Placing, clock_was_set: Callable[[], None] = lambda: None) -> None:
        self._placing = placing
        self._clock_was_set = clock_was_set
        self._incoming: dict[str, Incoming] = {}

    @property
    def infos(self) -> tuple[StreamInfo, ...]:
        return tuple(incoming.info for incoming in list(self._incoming.values()))

    @property
    def acked(self) -> dict[str, int]:
        """The last message taken of each stream."""
        last = {name: incoming.order.last for name, incoming in self._incoming.items()}
        return {name: seq for name, seq in last.items() if seq is not None}

    @property
    def dropped(self) -> dict[str, tuple[int, int]]:
        """(late, duplicates) of each stream."""
        return {name: (one.order.late, one.order.duplicates) for name, one in self._incoming.items()}

    def describe(self, infos: Iterable[StreamInfo], most: int) -> None:
        """New streams, or known ones described anew. Raises MessageError when there would be more than `most`."""
        described = {info.stream: info for info in infos}
        if len(self._incoming.keys() | described.keys()) > most:
            raise MessageError(f"{len(self._incoming.keys() | described.keys())} streams; expected at most {most}")
        for name, info in described.items():
            known = self._incoming.get(name)
            if known is None:
                self._incoming[name] = Incoming(info)
            elif known.info != info:
                known.info, known.stamp_s, known.end_s = info, None, None

    def wear(self, contact: bool, stream: str) -> None:
        """Whether it is worn, from now on. Raises MessageError for a stream that was not described."""
        for one in [self.find(stream)] if stream else self._incoming.values():
            one.contact = contact

    def knows(self, stream: str) -> bool:
        return stream in self._incoming

    def find(self, stream: str) -> Incoming:
        if stream not in self._incoming:
            there_are = ", ".join(self._incoming) or "none yet"
            raise MessageError(f"stream {stream!r} was not described; described are: {there_are}")
        return self._incoming[stream]

    def take(self, samples: Samples, arrived_s: float) -> Handed | None:
        """The samples on the session's clock; None for a message that comes twice or too late. Raises MessageError."""
        one = self.find(samples.stream)
        stamps_s = self._stamps(one.info, samples, arrived_s)
        missing = self._missing(one, samples, float(stamps_s[0]))
        if missing is None:
            return None
        one.contact = one.contact if samples.contact is None else samples.contact
        length_s = 0.0 if one.info.rate_hz is None else len(samples.values) / one.info.rate_hz
        before_s = one.end_s
        start_s = self._place(one, stamps_s, length_s, missing, arrived_s)
        times_s = None if one.info.rate_hz is not None else stamps_s - stamps_s[0] + start_s
        hole_s = max(SMALLEST_GAP_S, start_s - (start_s if before_s is None else before_s)) if missing else 0.0
        device_s = None if samples.at_ms is None else float(stamps_s[0])
        values = samples.values.astype(np.float32)
        return Handed(one.info, start_s, values, times_s, hole_s, one.contact, device_s, samples.quality)

    def _place(self, one: Incoming, stamps_s: Stamps, length_s: float, missing: int, arrived_s: float) -> float:
        """When the first sample was taken, on the session clock. Raises MessageError for samples of long ago."""
        first_s, newest_s = float(stamps_s[0]), float(stamps_s[-1]) + length_s
        follows = not missing and one.stamp_s is not None and one.end_s is not None
        if follows and one.stamp_s is not None and first_s < one.stamp_s - STEP_S:
            self._clock_was_set()
        offset_s = self._placing(one.info.stream, newest_s, arrived_s)
        if newest_s + offset_s < arrived_s - OLDEST_S:
            ago_s = arrived_s - newest_s - offset_s
            raise MessageError(f"{one.info.stream} of {ago_s:.0f} s ago; expected at most {OLDEST_S:.0f} s")
        start_s = first_s + offset_s
        if follows and one.end_s is not None and one.info.rate_hz is not None:
            start_s = joined(one.end_s, start_s, one.info.rate_hz)
        one.stamp_s, one.end_s = newest_s, start_s + newest_s - first_s
        return start_s

    @staticmethod
    def _stamps(info: StreamInfo, samples: Samples, arrived_s: float) -> Stamps:
        """The device's times in seconds: of the first sample, or of every event. Without a clock, by arrival."""
        rows, channels = samples.values.shape
        if channels != len(info.channels):
            raise MessageError(f"{info.stream} has rows of {channels}; expected {len(info.channels)} {info.channels}")
        expected = 1 if info.rate_hz is not None else rows
        if samples.at_ms is None:
            return np.full(expected, arrived_s - (rows / info.rate_hz if info.rate_hz else 0.0))
        at_ms = samples.at_ms
        if len(at_ms) != expected:
            raise MessageError(f"{info.stream} has {len(at_ms)} times for {rows} values; expected {expected} at_ms")
        return at_ms / 1000

    @staticmethod
    def _missing(one: Incoming, samples: Samples, stamp_s: float) -> int | None:
        """Messages missing before this one; None if it is to be dropped."""
        if samples.seq is None:
            return 0
        if counts_anew(one, samples, stamp_s):
            one.order = Order(samples.seq, one.order.late, one.order.duplicates)
            return 1
        return one.order.missing_before(samples.seq)


def counts_anew(one: Incoming, samples: Samples, stamp_s: float) -> bool:
    """Whether the app was started again: a lower number with a later time."""
    if samples.seq is None or one.order.last is None or one.stamp_s is None or samples.seq >= one.order.last:
        return False
    if samples.at_ms is None:
        return samples.seq < one.order.last - FAR_BACK
    return stamp_s > one.stamp_s - (SLACK_SAMPLES / one.info.rate_hz if one.info.rate_hz else 0.0)


def joined(end_s: float, start_s: float, rate_hz: float) -> float:
    """Where a block begins that follows one that ended at `end_s`: beside it, moving towards its own stamp.

    The stamps of an app jitter by more than a sample, which would look like gaps and overlaps of even samples.
    """
    apart_s = start_s - end_s
    if abs(apart_s) > JITTER_S:
        return start_s
    most_s = 0.8 * SLACK_SAMPLES / rate_hz
    return end_s + min(most_s, max(-most_s, apart_s))
