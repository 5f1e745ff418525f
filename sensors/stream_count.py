"""Counts what comes from a sensor, so that a person sees whether it works: rate, gaps, drift, delay, wear, quality."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import floor
from statistics import median

from sensors.blocks import SampleBlock, Status, StreamInfo
from sensors.clock import DeviceClock
from sensors.readings import Reading
from sensors.window import Window

TOLD_BY = {
    "ecg": "hr_bpm",
    "ppg": "hr_bpm",
    "rr": "hr_bpm",
    "hr": "hr_bpm",
    "eda": "eda_tonic_us",
    "eeg": "eeg_alpha",
    "acc": "movement_g",
    "resp": "resp_per_min",
}
"""The reading that shows whether a stream is any good; a temperature has none."""
GRADES = ((0.8, "clean"), (0.5, "fair"), (0.0, "poor"))
WORN = {True: "worn", False: "not worn", None: "can't tell"}
DRIFT_AFTER_S = 60.0
"""A minute shows a crystal's drift to some 30 ppm; less shows the jitter of arrival."""
RECENT_BLOCKS = 256


class StreamCount:
    """Grows with every `take`; `rows` tells how things stand."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self.state = "connecting"
        self.battery: float | None = None

    def take(self, arrivals: Iterable[SampleBlock | Status], now_s: float) -> None:
        """What `read` gave at `now_s`."""
        for arrival in arrivals:
            if isinstance(arrival, SampleBlock):
                name = arrival.info.stream
                if name not in self._streams:
                    self._streams[name] = _Stream(arrival.info, arrival.start_s)
                self._streams[name].count(arrival, now_s)
            else:
                self.state = f"{arrival.state}: {arrival.reason}" if arrival.reason else arrival.state
                self.battery = self.battery if arrival.battery is None else arrival.battery

    def rows(self, now_s: float) -> list[dict[str, object]]:
        """One row a stream. `got_hz` counts since its first sample, `silent_s` since its last; None is not known."""
        return [stream.row(now_s) for stream in self._streams.values()]


class _Stream:
    def __init__(self, info: StreamInfo, first_s: float) -> None:
        self._info, self._first_s, self._last_s = info, first_s, first_s
        self._samples, self._gaps, self._missing_s = 0, 0, 0.0
        self._contact: bool | None = None
        self._clock, self._window = DeviceClock(), Window()
        self._described_s = floor(first_s)
        self._delays_s: deque[float] = deque(maxlen=RECENT_BLOCKS)
        self._said: Reading | None = None

    def count(self, block: SampleBlock, now_s: float) -> None:
        self._samples += len(block.samples)
        self._gaps += block.gap_s > 0
        self._missing_s += block.gap_s
        self._last_s, self._contact = max(self._last_s, block.end_s), block.contact
        arrived_s = now_s if block.arrived_s is None else block.arrived_s
        self._delays_s.append(arrived_s - block.end_s)
        if self._info.rate_hz is not None:
            counted_s = self._samples / self._info.rate_hz + self._missing_s
            self._clock.place(counted_s if block.device_s is None else block.device_s, arrived_s)
        self._window.add(block)
        while self._described_s + 1 <= self._last_s:
            self._described_s += 1
            self._said = self._window.describe(float(self._described_s)).readings.get(
                TOLD_BY.get(self._info.modality, "")
            )

    def row(self, now_s: float) -> dict[str, object]:
        lasted_s = self._last_s - self._first_s
        steady = self._info.rate_hz is not None and lasted_s >= DRIFT_AFTER_S
        return {
            "stream": self._info.stream,
            "unit": self._info.unit,
            "wanted_hz": self._info.rate_hz or "as it comes",
            "got_hz": round((self._samples - (self._info.rate_hz is None)) / lasted_s, 2) if lasted_s > 0 else 0.0,
            "gaps": self._gaps,
            "missing_s": round(self._missing_s, 2),
            "drift_ppm": round(self._clock.drift_ppm) if steady else None,
            "delay_ms": round(1000 * median(self._delays_s)),
            "silent_s": round(max(0.0, now_s - self._last_s), 2),
            "contact": WORN[self._contact],
            "quality": self._words(),
        }

    def _words(self) -> str:
        """'clean: hr_bpm 71', or why there is nothing to read from it."""
        if self._said is None:
            return "collecting" if self._info.modality in TOLD_BY else "not judged"
        if self._said.value is None:
            return self._said.reason
        grade = next(word for least, word in GRADES if self._said.quality >= least)
        return f"{grade}: {TOLD_BY[self._info.modality]} {self._said.value:.3g}"
