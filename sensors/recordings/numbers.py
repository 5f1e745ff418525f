"""Numbers out of lines of separated text."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sensors.recordings.files import Lines
from sensors.recordings.recording import RecordingError


def number(cell: str) -> float:
    """NaN for an empty cell. Raises ValueError."""
    stripped = cell.strip()
    try:
        if "_" in stripped:
            raise ValueError
        return float(stripped) if stripped else float("nan")
    except ValueError:
        raise ValueError(f"{stripped[:40]!r} is no number") from None


def rows(
    lines: Lines, rest: Iterator[str], width: int, separator: str = ","
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """What is left of `lines` as an array (time, width), NaN where a cell is empty, and notes.

    A last line that is cut short is left out and noted. Raises RecordingError naming the line of anything else
    that is no number.
    """
    values, notes, blank = array("d"), [], 0
    for line in rest:
        if not line.strip():
            blank = blank or lines.number
            continue
        try:
            if blank:
                raise ValueError(f"line {blank} before it is empty")
            values.extend(row(line, width, separator))
        except ValueError as wrong:
            if not lines.unfinished:
                raise RecordingError(f"{lines.here}: {wrong}") from wrong
            notes.append(f"{lines.name}: its last line is cut short and left out")
    if lines.cut:
        notes.append(f"{lines.name}: its end is missing")
    return np.array(values, dtype=np.float64).reshape(-1, width), tuple(notes)


def row(line: str, width: int, separator: str) -> list[float]:
    """Raises ValueError."""
    cells = line.split(separator)
    if len(cells) != width:
        raise ValueError(f"{len(cells)} values; expected {width}")
    return [number(cell) for cell in cells]
