"""Empatica E4 folders and zips: one CSV for each signal."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile

from sensors.recordings.e4_files import FILES, SOURCES, Contents, read_file
from sensors.recordings.e4_session import of_one_session, with_their_rate
from sensors.recordings.files import Allowance, Lines, opened, opened_zip
from sensors.recordings.recording import Recording, RecordingError, wall_time

Members = dict[str, tuple[str, IO[bytes]]]
"""By plain file name: the name it has here, and its bytes."""


def recognises(path: Path) -> bool:
    """A folder or zip with such a file, or without any other that is read. Raises RecordingError for a broken zip."""
    if path.is_dir():
        names = [file.name for file in path.iterdir()]
    elif path.suffix.lower() == ".zip":
        with opened_zip(path) as archive:
            names = [PurePosixPath(inside).name for inside in archive.namelist()]
    else:
        return False
    ours = {name.removesuffix(".gz") for name in names} & set(FILES)
    return bool(ours) or not any(name.lower().endswith((".csv", ".csv.gz", ".hea")) for name in names)


def read(path: Path) -> Recording:
    """Raises RecordingError when no file of it is usable; what single files lack is noted."""
    allowance = Allowance()
    contents: list[Contents] = []
    notes: list[str] = []
    with ExitStack() as stack:
        members = in_zip(path, stack) if path.is_file() else in_folder(path, stack)
        if not members:
            raise RecordingError(
                f"{path.resolve().name} holds no Empatica E4 file; expected some of {', '.join(FILES)}"
            )
        for source in SOURCES:
            if source.file in members:
                name, stream = members[source.file]
                contents.append(read_file(source, Lines(stream, name, allowance)))
            elif source.required:
                notes.append(f"{source.file} is missing")
    return assembled(path.name, contents, notes)


def assembled(name: str, contents: list[Contents], notes: list[str]) -> Recording:
    """All signals on one time line, which begins with the first of them."""
    notes += [note for found in contents for note in found.notes]
    filled = [found for found in contents if found.pieces]
    together = of_one_session(filled, name, notes)
    together = with_their_rate(together, notes)
    began_s = min((found.began_s for found in together), default=0.0)
    signals = tuple(found.signal(began_s) for found in together)
    return Recording(name, signals, wall_time(began_s, name) if signals else None, tuple(notes))


def in_folder(path: Path, stack: ExitStack) -> Members:
    """A file may be packed by itself, as `.csv.gz`."""
    there = ((file, path / f"{file}{ending}") for file in FILES for ending in (".gz", ""))
    return {file: (place.name, stack.enter_context(opened(place))) for file, place in there if place.is_file()}


def in_zip(path: Path, stack: ExitStack) -> Members:
    """Files in any one folder of the archive. Raises RecordingError when it holds several recordings."""
    archive = stack.enter_context(opened_zip(path))
    members: Members = {}
    for inside in archive.namelist():
        name = PurePosixPath(inside).name
        file = name.removesuffix(".gz")
        if file not in FILES or inside.startswith("__MACOSX/") or "/__MACOSX/" in inside:
            continue
        if file in members:
            raise RecordingError(f"{path.name} holds {file} more than once; expected one recording")
        try:
            members[file] = (name, stack.enter_context(archive.open(inside)))
        except (BadZipFile, NotImplementedError) as broken:
            raise RecordingError(f"{path.name}: {name} can't be unpacked: {broken}") from broken
    return members
