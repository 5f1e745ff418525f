"""From blocks as they arrive to gap-free pieces of equal length: order, gaps, clocks and rates are settled here."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.coverage import Coverage
from sensors.features.pace import Pace
from sensors.features.signs import Signs

FUTURE_S = 5.0
"""A block that starts later than this after now has a wrong clock."""
UNUSABLE_FLAGS = frozenset({"saturated", "flat", "interpolated"})
LEAST_DEVICE_QUALITY = 0.3
"""Below this of the device's own quality (an impedance, a skin contact, mapped to 0 to 1 by its adapter) nothing is
read."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Consecutive finite samples, float64 of shape (time, channel), and when each was taken."""

    times_s: NDArray[np.float64]
    samples: NDArray[np.float64]


class Intake:
    """One sampled stream. Yields pieces of `piece_s`, and None wherever the signal is broken."""

    def __init__(self, info: StreamInfo, piece_s: float, channelwise: bool = False) -> None:
        assert info.rate_hz is not None
        self.info = info
        self.dropped: Counter[str] = Counter()
        self.used = 0
        self.coverage = Coverage()
        self.device_quality = 1.0
        self._problem = ""
        self._signs = Signs(info)
        self._sign = ""
        self.flags: frozenset[str] = frozenset()
        self._length = max(1, round(piece_s * info.rate_hz))
        self._any_channel = channelwise
        self._pace = Pace(info.rate_hz)
        self._waiting: deque[SampleBlock] = deque()
        self._block: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._seq = -1
        self._filling: list[Piece] = []
        self._filled = 0
        self._broken = False

    @property
    def problem(self) -> str:
        """Why what arrives can't be used, or ''."""
        return self._problem or self._sign

    def offer(self, block: SampleBlock) -> None:
        self._waiting.append(block)

    def until(self, now_s: float) -> Iterator[Piece | None]:
        """Everything sampled up to `now_s`: the result does not depend on how it was cut into blocks."""
        while True:
            if self._block is None:
                if not self._waiting:
                    return
                yield from self._admit(self._waiting.popleft(), now_s)
                continue
            times_s, samples = self._block
            count = int(np.searchsorted(times_s, now_s - 1 / self._pace.declared_hz + 1e-6, side="right"))
            if count:
                yield from self._split(times_s[:count], samples[:count])
            if count < len(times_s):
                self._block = times_s[count:], samples[count:]
                return
            self._block = None

    def _admit(self, block: SampleBlock, now_s: float) -> Iterator[Piece | None]:
        """Check a block's place in the stream; broken, late and future blocks are counted, not used."""
        verdict = self._order(block, now_s)
        if verdict:
            self.dropped[verdict] += 1
            return
        skipped = block.seq != self._seq + 1 and self._seq >= 0
        self._seq, self.flags = block.seq, block.flags
        if not len(block.samples):
            return
        self._problem = self._pace.watch(block.start_s, len(block.samples), not skipped) or _unusable(block)
        late = (self._pace.next_s or block.start_s) - block.start_s
        if late > self._pace.tolerance_s:
            self.dropped["late"] += 1
            return
        if self._problem or skipped or block.gap_s > 0 or -late > self._pace.tolerance_s:
            self._pace.next_s = None
            yield from self._break()
        if self._problem:
            self.dropped["unusable"] += 1
            return
        self.device_quality = 1.0 if block.quality is None else block.quality
        base = self._pace.step(block.start_s, len(block.samples))
        times_s = base + np.arange(len(block.samples), dtype=np.float64) * self._pace.period_s
        self._block = times_s, block.samples.astype(np.float64)

    def _order(self, block: SampleBlock, now_s: float) -> str:
        if not np.isfinite(block.start_s) or block.start_s > now_s + FUTURE_S:
            return "future"
        if block.seq <= self._seq:
            return "repeated"
        return ""

    def _usable(self, samples: NDArray[np.float64]) -> NDArray[np.bool_]:
        finite = np.isfinite(samples).sum(axis=1)
        usable: NDArray[np.bool_] = finite >= (1 if self._any_channel else samples.shape[1])
        return usable

    def _split(self, times_s: NDArray[np.float64], samples: NDArray[np.float64]) -> Iterator[Piece | None]:
        usable = self._usable(samples)
        at = 0
        for a, b in _runs(usable):
            if a > at:
                yield from self._break()
            self.used += b - a
            self.coverage.add(float(times_s[a]), float(times_s[b - 1]) + self._pace.period_s)
            yield from self._fill(Piece(times_s[a:b], samples[a:b]))
            at = b
        if at < len(samples):
            yield from self._break()

    def _fill(self, piece: Piece) -> Iterator[Piece | None]:
        self._broken = False
        self._filling.append(piece)
        self._filled += len(piece.times_s)
        if self._filled < self._length:
            return
        times_s = np.concatenate([part.times_s for part in self._filling])
        samples = np.concatenate([part.samples for part in self._filling])
        whole = self._filled // self._length * self._length
        for at in range(0, whole, self._length):
            yield from self._judged(Piece(times_s[at : at + self._length], samples[at : at + self._length]))
        self._filling = [Piece(times_s[whole:], samples[whole:])]
        self._filled -= whole

    def _judged(self, piece: Piece) -> Iterator[Piece | None]:
        """A piece that bears signs of no living signal is a gap to whoever reads it."""
        before, self._sign = self._sign, self._signs.trouble(piece.samples)
        if not self._sign:
            yield piece
        elif not before:
            yield None

    def _break(self) -> Iterator[None]:
        self._filling, self._filled = [], 0
        self._signs.reset()
        if not self._broken:
            self._broken = True
            yield None


def _unusable(block: SampleBlock) -> str:
    if block.contact is False:
        return "not worn"
    if block.quality is not None and block.quality < LEAST_DEVICE_QUALITY:
        return f"the sensor itself reports a poor signal ({block.quality:.0%})"
    flagged = block.flags & UNUSABLE_FLAGS
    return f"the sensor reports: {', '.join(sorted(flagged))}" if flagged else ""


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end of each stretch of True."""
    if mask.all():
        return [(0, len(mask))] if len(mask) else []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
