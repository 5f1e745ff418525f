"""From blocks of events (beat intervals, pulse numbers) to events in time order, each once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

import numpy as np

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.coverage import Coverage
from sensors.features.intake import FUTURE_S, LEAST_DEVICE_QUALITY, Piece
from sensors.features.pulse_signs import PulseSigns

LONGEST_EVENT_S = 5.0
"""A watch that speaks every five seconds is still speaking."""


class EventIntake:
    """One stream of events. Yields them as pieces of any length, and None where the sensor says it broke off."""

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.dropped: Counter[str] = Counter()
        self.used = 0
        self.coverage = Coverage()
        self.device_quality = 1.0
        self._problem = ""
        self._signs = PulseSigns(info.modality)
        self._sign = ""
        self.flags: frozenset[str] = frozenset()
        self._waiting: deque[SampleBlock] = deque()
        self._seq = -1
        self._last_s = -np.inf

    @property
    def problem(self) -> str:
        """Why what arrives can't be used, or ''."""
        return self._problem or self._sign

    def offer(self, block: SampleBlock) -> None:
        self._waiting.append(block)

    def until(self, now_s: float) -> Iterator[Piece | None]:
        later: deque[SampleBlock] = deque()
        while self._waiting:
            block = self._waiting.popleft()
            if now_s < block.start_s <= now_s + FUTURE_S:
                later.append(block)
            else:
                yield from self._admit(block, now_s)
        self._waiting = later

    def _admit(self, block: SampleBlock, now_s: float) -> Iterator[Piece | None]:
        if not np.isfinite(block.start_s) or block.start_s > now_s + FUTURE_S:
            self.dropped["future"] += 1
            return
        if block.seq <= self._seq:
            self.dropped["repeated"] += 1
            return
        self._problem = _unusable(block)
        broken = block.gap_s > 0 or (block.seq != self._seq + 1 and self._seq >= 0) or bool(self._problem)
        self._seq, self.flags = block.seq, block.flags
        if broken:
            self._signs.reset()
            yield None
        if self._problem:
            self.dropped["unusable"] += len(block.samples)
            return
        self.device_quality = 1.0 if block.quality is None else block.quality
        yield from self._events(block)

    def _events(self, block: SampleBlock) -> Iterator[Piece | None]:
        assert block.times_s is not None
        values = block.samples.astype(np.float64)
        usable = np.isfinite(block.times_s) & np.isfinite(values).all(axis=1)
        newest = np.maximum.accumulate(np.concatenate(([self._last_s], block.times_s)))[:-1]
        usable &= block.times_s > newest
        self.dropped["late"] += int(len(usable) - usable.sum())
        for time_s, value in zip(block.times_s[usable].tolist(), values[usable, 0].tolist(), strict=True):
            self.used += 1
            self._cover(time_s, value)
            before, self._sign = self._sign, self._signs.trouble(time_s, value)
            if not self._sign:
                yield Piece(np.array([time_s]), np.array([[value]]))
            elif not before:
                yield None

    def _cover(self, time_s: float, value: float) -> None:
        """An interval covers itself; a number covers the time since the one before."""
        spans = value / 1000 if self.info.modality == "rr" else time_s - self._last_s
        self.coverage.add(max(self._last_s, time_s - min(max(spans, 0.0), LONGEST_EVENT_S)), time_s)
        self._last_s = time_s


def _unusable(block: SampleBlock) -> str:
    if block.contact is False:
        return "not worn"
    poor = block.quality is not None and block.quality < LEAST_DEVICE_QUALITY
    return f"the sensor itself reports a poor signal ({block.quality:.0%})" if poor else ""
