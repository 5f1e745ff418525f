"""The readers there are; a new kind of recording is a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sensors.recordings import e4, table
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
)


def open_recording(path: Path | str) -> Recording:
    """Raises RecordingError when there is nothing, or nothing that can be read."""
    place = Path(path)
    if not place.exists():
        raise RecordingError(f"no recording at {place}")
    for reader in READERS:
        if reader.recognises(place):
            return reader.read(place)
    kinds = ", ".join(reader.kind for reader in READERS)
    raise RecordingError(f"{place.name} is no recording that can be read; there are: {kinds}")
