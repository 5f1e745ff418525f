"""A folder or zip of CSV tables, one for each signal: what `therapy export --format signals` writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile

from sensors.recordings import table
from sensors.recordings.files import Allowance, Lines, opened, opened_zip
from sensors.recordings.labels import numbered
from sensors.recordings.recording import Recording, RecordingError, Signal

MOST_TABLES = 1000


def recognises(path: Path) -> bool:
    return bool(table_names(path))


def table_names(path: Path) -> list[str]:
    """Of a folder or zip, none for what is neither; hidden files are passed over. Raises RecordingError."""
    if path.is_dir():
        names = [file.name for file in path.iterdir() if file.is_file()]
    elif path.suffix.lower() == ".zip":
        with opened_zip(path) as archive:
            names = archive.namelist()
    else:
        return []
    return sorted(name for name in names if not hidden(name) and table.named_like_one(name))


def hidden(inside: str) -> bool:
    """What a system leaves behind in folders and archives: ._file, __MACOSX/file."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(inside).parts)


def read(path: Path) -> Recording:
    """Raises RecordingError when no table can be read; why single ones can't is noted."""
    names = table_names(path)
    if len(names) > MOST_TABLES:
        raise RecordingError(f"{path.name} holds {len(names)} tables; expected at most {MOST_TABLES}")
    read_ones, notes = [], []
    allowance = Allowance()
    with ExitStack() as stack:
        archive = None if path.is_dir() else stack.enter_context(opened_zip(path))
        for name in names:
            try:
                with member(path, archive, name) as stream:
                    read_ones.append(table.read_lines(Lines(stream, PurePosixPath(name).name, allowance)))
            except RecordingError as why:
                notes.append(f"{why}; it is left out")
    return together(path.resolve().name, read_ones, notes)


@contextmanager
def member(path: Path, archive: ZipFile | None, name: str) -> Iterator[IO[bytes]]:
    """Raises RecordingError."""
    if archive is None:
        with opened(path / name) as stream:
            yield stream
        return
    try:
        with archive.open(name) as stream:
            yield stream
    except (BadZipFile, NotImplementedError) as broken:
        raise RecordingError(f"{name} can't be unpacked: {broken}") from broken


def together(name: str, tables: list[Recording], notes: list[str]) -> Recording:
    """All signals on one time line; tables that tell the wall time are placed by it."""
    walls = [found.began_at for found in tables if found.began_at]
    zero = min(walls) if walls and len(walls) == len(tables) else None
    if walls and zero is None:
        notes.append("some tables tell the wall time and some do not; each is taken to begin at its own zero")
    signals = []
    for found in tables:
        later_s = (found.began_at - zero).total_seconds() if zero and found.began_at else 0.0
        signals += [Signal(s.info, tuple(piece.later(later_s) for piece in s.pieces)) for s in found.signals]
        notes += found.notes
    streams = numbered([signal.info for signal in signals])
    renamed = tuple(replace(signal, info=info) for signal, info in zip(signals, streams, strict=True))
    return Recording(name, renamed, zero, tuple(notes))
