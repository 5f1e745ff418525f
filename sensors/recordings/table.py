"""CSV tables with a `time_s` column and one column per channel, its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SensorError, StreamInfo
from sensors.fields import KNOWN, field
from sensors.recordings import numbers, pieces
from sensors.recordings.files import Allowance, Lines, beginning, opened
from sensors.recordings.recording import Recording, RecordingError, Signal, wall_time

TIME = "time_s"
SEPARATORS = (",", ";", "\t")

FIRST_ROW = 2
"""The line of the first row of numbers, as editors count."""
LONG_JUMP_S = 600.0
EARLIEST_WALL_S = 1e8
"""A first time above this counts from 1970, one below from the recording's own begin."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One column of the table: where it stands, and what it means."""

    index: int
    modality: str
    channel: str


def named_like_one(name: str) -> bool:
    return name.lower().endswith((".csv", ".csv.gz"))


def recognises(path: Path) -> bool:
    """By its name, or by a first line that names its times."""
    first = beginning(path, 4096)
    return named_like_one(path.name) or (TIME.encode() in first.split(b"\n")[0] and b"\0" not in first)


def read(path: Path) -> Recording:
    """Raises RecordingError naming the column or the line that is wrong."""
    with opened(path) as stream:
        return read_lines(Lines(stream, path.name, Allowance()))


def read_lines(lines: Lines) -> Recording:
    """Raises RecordingError naming the column or the line that is wrong."""
    rest = iter(lines)
    head = next(rest, "")
    separator = max(SEPARATORS, key=head.count)
    names = [name.strip() for name in head.split(separator)]
    columns = columns_of(names, lines.name)
    table, notes = numbers.rows(lines, rest, len(names), separator)
    times_s, zero_s = time_line(table[:, names.index(TIME)], lines.name)
    grouped: dict[str, list[Column]] = {}
    for column in columns:
        grouped.setdefault(column.modality, []).append(column)
    signals = []
    for modality, group in grouped.items():
        values = table[:, [column.index for column in group]]
        good = pieces.usable(values, singly=modality in pieces.SINGLY)
        if good.any():
            signals.append(signal_of(modality, group, values[good], times_s[good], lines.name))
        else:
            notes += (f"{modality} holds no samples",)
    notes += jumps(times_s)
    return Recording(lines.name, tuple(signals), wall_time(zero_s, lines.name) if zero_s else None, notes)


def columns_of(names: list[str], where: str) -> list[Column]:
    """All columns but the time. Raises RecordingError with the names there may be."""
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise RecordingError(f"{where}: column {min(repeated)!r} comes more than once")
    if TIME not in names:
        raise RecordingError(f"{where}: no column {TIME!r}; columns are {TIME}, {KNOWN}")
    return [column_of(index, name, where) for index, name in enumerate(names) if name != TIME]


def column_of(index: int, name: str, where: str) -> Column:
    try:
        return Column(index, *field(name, "column"))
    except SensorError as unknown:
        raise RecordingError(f"{where}: {unknown}") from unknown


def time_line(times_s: Floats, where: str) -> tuple[Floats, float]:
    """Times on the recording's own line, and its zero in seconds since 1970, 0 if unknown. Raises RecordingError."""
    for row in np.flatnonzero(~np.isfinite(times_s))[:1]:
        raise RecordingError(f"{where}, line {row + FIRST_ROW}: time_s is {times_s[row]}; expected seconds")
    for row in np.flatnonzero(np.diff(times_s) < 0)[:1]:
        raise RecordingError(
            f"{where}, line {row + 1 + FIRST_ROW}: time_s {times_s[row + 1]:.12g} comes after {times_s[row]:.12g}; "
            "time may not go backwards"
        )
    zero_s = float(times_s[0]) if len(times_s) and times_s[0] > EARLIEST_WALL_S else 0.0
    return times_s - zero_s, zero_s


def signal_of(modality: str, group: list[Column], values: Floats, times_s: Floats, where: str) -> Signal:
    """`values` (time, channel), all usable. Raises RecordingError when they are not steadily sampled."""
    name = f"{where}, {modality}"
    pieces.check_order(times_s, name)
    channels = tuple(column.channel for column in group)
    if modality == "rr":
        return Signal(StreamInfo(modality, modality, channels, None), pieces.intervals(values, times_s))
    if modality in pieces.EVENTS:
        return Signal(StreamInfo(modality, modality, channels, None), pieces.events(values, times_s))
    cut, rate_hz = pieces.timed(values, times_s, name)
    return Signal(StreamInfo(modality, modality, channels, rate_hz), cut)


def jumps(times_s: Floats) -> tuple[str, ...]:
    """What a clock that was set meanwhile looks like."""
    steps_s = np.diff(times_s)
    return tuple(
        f"time_s jumps by {steps_s[row] / 3600:.1f} h after {times_s[row]:.12g} s; nothing is put in between"
        for row in np.flatnonzero(steps_s > LONG_JUMP_S)
    )
