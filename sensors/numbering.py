"""Gives a device's blocks their numbers, and marks what is missing between them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SampleBlock, StreamInfo

SLACK_SAMPLES = 0.5
"""A block that starts less than this after the last one ended follows it without a gap."""

SMALLEST_GAP_S = 0.001
"""A hole is marked even when the first events after it reach back over it."""


@dataclass
class Numbering:
    """Counts per stream for as long as the sensor is open, over every reconnection: no number comes twice."""

    _next: dict[str, int] = field(default_factory=dict)
    _end_s: dict[str, float] = field(default_factory=dict)
    _holes: set[str] = field(default_factory=set)

    def hole(self) -> None:
        """The link was lost: the next block of each stream says how much is missing before it."""
        self._holes.update(self._end_s)

    def block(
        self,
        info: StreamInfo,
        start_s: float,
        samples: NDArray[np.float32],
        times_s: NDArray[np.float64] | None = None,
        *,
        missing_s: float = 0.0,
        contact: bool | None = None,
        flags: frozenset[str] = frozenset(),
        device_s: float | None = None,
        arrived_s: float | None = None,
        quality: float | None = None,
        counted: bool = False,
    ) -> SampleBlock:
        """The stream's next block. `missing_s` is what the caller knows to be missing before it.

        `counted` says that the caller knows all of it: then stamps that drift from the rate make no gap.
        """
        name, seq = info.stream, self._next.get(info.stream, 0)
        gap_s = max(missing_s, self._gap_s(info, start_s, counted))
        block = SampleBlock(info, seq, start_s, samples, times_s, gap_s, contact, flags, device_s, arrived_s, quality)
        self._next[name] = seq + 1
        self._end_s[name] = block.end_s
        self._holes.discard(name)
        return block

    def _gap_s(self, info: StreamInfo, start_s: float, counted: bool) -> float:
        if info.stream not in self._end_s:
            return 0.0
        missing_s = start_s - self._end_s[info.stream]
        if info.stream in self._holes:
            return max(missing_s, SMALLEST_GAP_S)
        follows = counted or info.rate_hz is None or missing_s <= SLACK_SAMPLES / info.rate_hz
        return 0.0 if follows else missing_s
