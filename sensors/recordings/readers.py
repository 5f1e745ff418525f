"""The readers there are; a new kind of recording is a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sensors.recordings import e4, edf, table, tables, wfdb, xdf
from sensors.recordings.plausible import checked
from sensors.recordings.recording import Recording, RecordingError


@dataclass(frozen=True)
class Reader:
    """One kind of recording: what it is called, how to tell it, how to read it."""

    kind: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Recording]


READERS = (
    Reader("an Empatica E4 folder or .zip", e4.recognises, e4.read),
    Reader("a .csv or .csv.gz table", table.recognises, table.read),
    Reader("EDF or BDF", edf.recognises, edf.read),
    Reader("XDF", xdf.recognises, xdf.read),
    Reader("a WFDB .hea or its folder", wfdb.recognises, wfdb.read),
    Reader("a folder or .zip of such tables", tables.recognises, tables.read),
)
"""Files are told by their content where they have a mark; the first that recognises a path reads it."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_recording(path: Path | str, clock: Callable[[], datetime] = utc_now) -> Recording:
    """Raises RecordingError when there is nothing, or nothing that can be read."""
    place = Path(path)
    if not place.exists():
        raise RecordingError(f"no recording at {place}")
    for reader in READERS:
        if reader.recognises(place):
            return checked(reader.read(place), clock())
    if place.is_file() and not place.stat().st_size:
        raise RecordingError(f"{place.name} is empty")
    kinds = ", ".join(reader.kind for reader in READERS)
    raise RecordingError(f"{place.name} is no recording that can be read; there are: {kinds}")
