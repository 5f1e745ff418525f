"""Samples that come one by one without a time: gathered, their rate measured, placed by counting."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sensors.blocks import StreamInfo
from sensors.push.counted_clock import CountedClock
from sensors.push.handed import Handed
from sensors.push.members import MessageError
from sensors.push.osc_addresses import Rows

MEASURED_S = 2.0
LEAST_MEASURED = 4
LONGEST_MEASURED_S = 30.0
"""Slow streams are measured over so many samples, or so long."""
NEAR = 0.05
"""A measured rate this near a known one is that."""
MOST_ROWS = 20_000


@dataclass
class Unstamped:
    """One stream. Nothing is handed on before its rate is known."""

    like: Rows
    rate_hz: float | None = None
    info: StreamInfo | None = None
    contact: bool | None = None
    quality: float | None = None
    _rows: list[tuple[float, ...]] = field(default_factory=list)
    _arrived_s: list[float] = field(default_factory=list)
    _clock: CountedClock | None = None

    def add(self, rows: Rows, arrived_s: float) -> None:
        """Raises MessageError when more is waiting than any device sends."""
        if len(self._rows) + len(rows.rows) > MOST_ROWS:
            raise MessageError(f"{rows.stream}: more than {MOST_ROWS} samples at once; they are left out")
        self._rows += rows.rows
        self._arrived_s += [arrived_s] * len(rows.rows)

    def hand_over(self, now_s: float) -> Handed | None:
        """What has come since the last time, once the rate is known; None when nothing has."""
        if not self._rows:
            return None
        if not self.like.rates_hz:
            return self._events()
        if self._clock is None:
            rate_hz = self.rate_hz or measured_hz(self._arrived_s, now_s)
            if rate_hz is None:
                return None
            rate_hz = self.rate_hz or snapped(rate_hz, self.like.rates_hz)
            self.info = StreamInfo(self.like.stream, self.like.modality, self.like.channels, rate_hz)
            self._clock = CountedClock(rate_hz)
        return self._counted(self._clock)

    def note(self) -> str:
        """What a person should know of the rate, '' if nothing."""
        known = [rate_hz for rate_hz in self.like.rates_hz if rate_hz]
        if self.info is None or self.rate_hz or not known or self.info.rate_hz in known:
            return ""
        wanted = " or ".join(f"{rate_hz:g}" for rate_hz in known)
        return f"{self.info.stream} comes at {self.info.rate_hz:g} Hz; expected {wanted} Hz"

    def _events(self) -> Handed:
        self.info = self.info or StreamInfo(self.like.stream, self.like.modality, self.like.channels, None)
        values, times_s = self._taken()
        return Handed(self.info, float(times_s[0]), values, times_s, contact=self.contact, quality=self.quality)

    def _counted(self, clock: CountedClock) -> Handed:
        assert self.info is not None
        values, arrived_s = self._taken()
        start_s, missing_s = clock.place(len(values), float(arrived_s[-1]))
        return Handed(self.info, start_s, values, None, missing_s, self.contact, None, self.quality)

    def _taken(
        self,
    ) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
        values = np.array(self._rows, dtype=np.float32).reshape(-1, len(self.like.channels))
        arrived_s = np.array(self._arrived_s)
        self._rows, self._arrived_s = [], []
        return values, arrived_s


def measured_hz(arrived_s: list[float], now_s: float) -> float | None:
    """The rate at which samples come; None while too little has come to tell."""
    took_s = arrived_s[-1] - arrived_s[0]
    enough = took_s >= MEASURED_S and len(arrived_s) >= LEAST_MEASURED
    if not enough and (now_s - arrived_s[0] < LONGEST_MEASURED_S or took_s <= 0):
        return None
    # whole messages: the samples of the first one were taken before the time began
    later = sum(at_s > arrived_s[0] for at_s in arrived_s)
    return later / took_s


def snapped(rate_hz: float, known_hz: tuple[float, ...]) -> float:
    """The known rate that is near, or the measured one to three digits."""
    near = [known for known in known_hz if abs(known - rate_hz) <= NEAR * known]
    return min(near, key=lambda known: abs(known - rate_hz)) if near else float(f"{rate_hz:.3g}")
