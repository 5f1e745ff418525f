"""Raw Bluetooth notifications that a page or a phone passes on, decoded as if the strap were here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from sensors.blocks import StreamInfo
from sensors.bluetooth.beat_times import BeatTimes
from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement
from sensors.push.handed import Handed

HR = StreamInfo("hr", "hr", ("hr",), None)
RR = StreamInfo("rr", "rr", ("rr",), None, uncertainty_s=4.0)
LONGEST_RR_MS = 4000.0
"""Straps send longer intervals when they missed beats: a hole, not an interval between two beats."""


class Decoder(Protocol):
    """Reads the packets of one characteristic of one device, in their order."""

    streams: tuple[StreamInfo, ...]

    def decode(self, packet: bytes, at_s: float) -> list[Handed]:
        """What was measured; `at_s` is when the packet reached the phone, on the session clock. Raises SensorError."""
        ...

    def break_off(self) -> None:
        """Packets are missing: what comes next does not follow."""
        ...


class HeartRate:
    """The heart rate measurement: rate at arrival, intervals chained into beat times."""

    streams: tuple[StreamInfo, ...] = (HR, RR)

    def __init__(self) -> None:
        self._beats = BeatTimes()

    def decode(self, packet: bytes, at_s: float) -> list[Handed]:
        measured = HeartRateMeasurement.parse(packet)
        rate = [measured.hr_bpm] if measured.hr_bpm else []
        found = [handed(HR, at_s, rate, np.full(len(rate), at_s), 0.0, measured.contact)]
        intervals = [rr for rr in measured.rr_ms if rr <= LONGEST_RR_MS]
        if intervals:
            times_s, missing_s = self._beats.place(at_s, intervals)
            found.append(handed(RR, float(times_s[0]), intervals, times_s, missing_s, measured.contact))
        return found

    def break_off(self) -> None:
        self._beats.break_off()


def handed(
    info: StreamInfo,
    start_s: float,
    values: list[float] | list[int],
    times_s: np.ndarray[tuple[int], np.dtype[np.float64]],
    missing_s: float,
    contact: bool | None,
) -> Handed:
    return Handed(info, start_s, np.array(values, dtype=np.float32).reshape(-1, 1), times_s, missing_s, contact)


DECODERS: dict[str, Callable[[], Decoder]] = {"2a37": HeartRate}
"""Who reads a characteristic, by its UUID in small letters."""
