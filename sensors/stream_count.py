"""Counts what comes from a sensor: rate wanted and got, gaps, wear, so that a person can see whether it works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sensors.blocks import SampleBlock, Status, StreamInfo


@dataclass
class _Stream:
    info: StreamInfo
    samples: int = 0
    gaps: int = 0
    missing_s: float = 0.0
    first_s: float = 0.0
    last_s: float = 0.0
    contact: bool | None = None


class StreamCount:
    """Grows with every `take`; `rows` tells how things stand."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self.state = "connecting"

    def take(self, arrivals: Iterable[SampleBlock | Status]) -> None:
        for arrival in arrivals:
            if isinstance(arrival, Status):
                self.state = f"{arrival.state}: {arrival.reason}" if arrival.reason else arrival.state
            else:
                self._count(arrival)

    def _count(self, block: SampleBlock) -> None:
        stream = self._streams.get(block.info.stream)
        if stream is None:
            stream = self._streams[block.info.stream] = _Stream(block.info, first_s=block.start_s)
        stream.samples += len(block.samples)
        stream.gaps += block.gap_s > 0
        stream.missing_s += block.gap_s
        stream.last_s, stream.contact = block.end_s, block.contact

    def rows(self, now_s: float) -> list[dict[str, object]]:
        """One row a stream: `got_hz` over the time since its first sample, `silent_s` since its last."""
        return [_row(stream, now_s) for stream in self._streams.values()]


def _row(stream: _Stream, now_s: float) -> dict[str, object]:
    lasted_s = stream.last_s - stream.first_s
    worn = {True: "worn", False: "not worn", None: "can't tell"}[stream.contact]
    return {
        "stream": stream.info.stream,
        "unit": stream.info.unit,
        "wanted_hz": stream.info.rate_hz or "as it comes",
        "got_hz": round(stream.samples / lasted_s, 2) if lasted_s > 0 else 0.0,
        "gaps": stream.gaps,
        "missing_s": round(stream.missing_s, 2),
        "silent_s": round(max(0.0, now_s - stream.last_s), 2),
        "contact": worn,
    }
