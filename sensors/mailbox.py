"""Where a device's own thread leaves what arrived until the session reads it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from threading import Lock

from sensors.blocks import SampleBlock, Status

CAPACITY_BLOCKS = 1024


class Mailbox:
    """Bounded for samples: the oldest block goes first, is counted, and shows as a gap. Statuses are never dropped."""

    def __init__(self, capacity_blocks: int = CAPACITY_BLOCKS) -> None:
        self.dropped: Counter[str] = Counter()
        self._capacity = capacity_blocks
        self._blocks: deque[tuple[int, SampleBlock]] = deque()
        self._statuses: deque[tuple[int, Status]] = deque()
        self._missing_s: dict[str, float] = {}
        self._arrivals = 0
        self._lock = Lock()

    def put(self, arrived: SampleBlock | Status) -> None:
        with self._lock:
            self._arrivals += 1
            if isinstance(arrived, Status):
                self._statuses.append((self._arrivals, arrived))
                return
            self._blocks.append((self._arrivals, arrived))
            if len(self._blocks) > self._capacity:
                self._drop(self._blocks.popleft()[1])

    def take(self) -> list[SampleBlock | Status]:
        """Everything since the last time, in order of arrival."""
        with self._lock:
            waiting: list[tuple[int, SampleBlock | Status]] = [*self._statuses, *self._blocks]
            waiting.sort(key=lambda numbered: numbered[0])
            self._statuses.clear()
            self._blocks.clear()
            return [self._with_gap(arrived) for _, arrived in waiting]

    def _drop(self, block: SampleBlock) -> None:
        stream = block.info.stream
        self.dropped[stream] += 1
        self._missing_s[stream] = self._missing_s.get(stream, 0.0) + block.gap_s + block.end_s - block.start_s

    def _with_gap(self, arrived: SampleBlock | Status) -> SampleBlock | Status:
        if isinstance(arrived, Status) or arrived.info.stream not in self._missing_s:
            return arrived
        return replace(arrived, gap_s=arrived.gap_s + self._missing_s.pop(arrived.info.stream))
