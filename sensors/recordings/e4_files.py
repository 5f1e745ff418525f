"""The files of an Empatica E4 recording: first line start time (UTC), second line rate (Hz), then the samples."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from sensors.blocks import StreamInfo
from sensors.recordings import numbers, pieces
from sensors.recordings.files import Lines
from sensors.recordings.recording import Piece, RecordingError, Signal, wall_time


@dataclass(frozen=True)
class Source:
    """One file of the folder: its signal, and what one count in it is worth in the modality's unit."""

    file: str
    stream: str
    channels: tuple[str, ...]
    worth: float = 1.0
    required: bool = True


INTERVALS = Source("IBI.csv", "rr", ("rr",), worth=1000.0)
SOURCES = (
    Source("BVP.csv", "ppg", ("ppg",)),
    Source("EDA.csv", "eda", ("eda",)),
    Source("TEMP.csv", "temp", ("temp",)),
    Source("ACC.csv", "acc", ("x", "y", "z"), worth=1 / 64),
    Source("HR.csv", "hr", ("hr",), required=False),
    INTERVALS,
)
FILES = tuple(source.file for source in SOURCES)


@dataclass(frozen=True, eq=False)
class Contents:
    """What one file held. Times count from `began_s`, which is UTC."""

    source: Source
    began_s: float
    rate_hz: float | None
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]

    @property
    def end_s(self) -> float:
        """Of a sampled file: when its last sample ends."""
        assert self.rate_hz is not None
        return self.pieces[-1].start_s + len(self.pieces[-1].samples) / self.rate_hz

    def signal(self, zero_s: float) -> Signal:
        """On a time line that begins at `zero_s`, UTC."""
        event = self.source.stream in pieces.EVENTS
        info = StreamInfo(self.source.stream, self.source.stream, self.source.channels, None if event else self.rate_hz)
        return Signal(info, tuple(piece.later(self.began_s - zero_s) for piece in self.pieces))


def read_file(source: Source, lines: Lines) -> Contents:
    """Raises RecordingError naming the line that is wrong."""
    rest = iter(lines)
    first = next(rest, "").split(",")
    if not first[0].strip():
        return Contents(source, 0.0, None, (), (f"{lines.name} is empty",))
    began_s = heading(first[0], lines.here, "start time")
    wall_time(began_s, lines.here)
    if source is INTERVALS:
        table, notes = numbers.rows(lines, rest, 2)
        kept = table[pieces.usable(table)]
        pieces.check_order(kept[:, 0], lines.name)
        found = pieces.intervals(kept[:, 1:] * source.worth, kept[:, 0])
        return Contents(source, began_s, None, found, notes + unless_filled(found, lines.name))
    second = next(rest, "").split(",")
    if not second[0].strip():
        return Contents(source, began_s, None, (), unless_filled((), lines.name))
    rate_hz = heading(second[0], lines.here, "rate")
    if not 0 < rate_hz <= pieces.FASTEST_HZ:
        raise RecordingError(f"{lines.here}: rate {rate_hz:g} Hz; expected above 0 and at most {pieces.FASTEST_HZ:g}")
    table, notes = numbers.rows(lines, rest, len(source.channels))
    found = pieces.even(table * source.worth, rate_hz, source.stream)
    return Contents(source, began_s, rate_hz, found, notes + unless_filled(found, lines.name))


def heading(cell: str, where: str, name: str) -> float:
    """A finite number of the file's head. Raises RecordingError."""
    try:
        value = numbers.number(cell)
    except ValueError as wrong:
        raise RecordingError(f"{where}: {name} {wrong}") from wrong
    if not isfinite(value):
        raise RecordingError(f"{where}: {name} {value}; expected a finite number")
    return value


def unless_filled(found: tuple[Piece, ...], name: str) -> tuple[str, ...]:
    return () if found else (f"{name} holds no samples",)
