"""What was measured once: signals in unbroken pieces, on one time line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SensorError, StreamInfo


class RecordingError(SensorError):
    """A file that can't be read as what it claims to be: names the file, the line or value, and the rule."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Samples without a hole: float32 (time, channel), finite; in EEG NaN where one electrode has no value.

    Events carry `times_s`, shape (time,).
    """

    start_s: float
    samples: NDArray[np.float32]
    times_s: NDArray[np.float64] | None = None

    def later(self, by_s: float) -> Piece:
        times_s = None if self.times_s is None else self.times_s + by_s
        return Piece(self.start_s + by_s, self.samples, times_s)


@dataclass(frozen=True, eq=False)
class Signal:
    """One stream of a recording. Between two pieces something is missing; nothing was put in its place."""

    info: StreamInfo
    pieces: tuple[Piece, ...]

    @property
    def start_s(self) -> float:
        return self.pieces[0].start_s

    @property
    def end_s(self) -> float:
        last = self.pieces[-1]
        if last.times_s is not None:
            return float(last.times_s[-1])
        assert self.info.rate_hz is not None
        return last.start_s + len(last.samples) / self.info.rate_hz


@dataclass(frozen=True, eq=False)
class Recording:
    """Times are seconds on the recording's own line; 0 is `began_at` where the file tells the wall time.

    `notes` say in words what was missing or unusable.
    """

    name: str
    signals: tuple[Signal, ...]
    began_at: datetime | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.signals:
            raise RecordingError(f"{self.name} has no samples" + "".join(f"; {note}" for note in self.notes))

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        return tuple(signal.info for signal in self.signals)

    @property
    def start_s(self) -> float:
        return min(signal.start_s for signal in self.signals)

    @property
    def end_s(self) -> float:
        return max(signal.end_s for signal in self.signals)

    def signal(self, stream: str) -> Signal:
        """Raises RecordingError with the streams there are."""
        for signal in self.signals:
            if signal.info.stream == stream:
                return signal
        there = ", ".join(info.stream for info in self.streams)
        raise RecordingError(f"no stream {stream!r} in {self.name}; there are: {there}")


def wall_time(unix_s: float, where: str) -> datetime:
    """Raises RecordingError for what no clock of a recorder shows."""
    if not 0 < unix_s < 4_102_444_800:
        raise RecordingError(f"{where}: start time {unix_s:g}; expected seconds since 1970, before 2100")
    return datetime.fromtimestamp(unix_s, UTC)
