"""Lines of text out of plain, gzipped and zipped files, with a limit on how much."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from sensors.recordings.recording import RecordingError

LARGEST_BYTES = 512 * 2**20
"""Of a whole recording, uncompressed: a small file may unpack to any size."""
LONGEST_LINE_BYTES = 2**16
CHUNK_BYTES = 2**18


class Allowance:
    """The bytes a recording may still unpack to."""

    def __init__(self, left: int = LARGEST_BYTES) -> None:
        self._all = self._left = left

    def spend(self, count: int, name: str) -> None:
        """Raises RecordingError when there are none left."""
        self._left -= count
        if self._left < 0:
            raise RecordingError(f"{name}: the recording holds more than {self._all / 2**20:g} MB; split it")


class Lines:
    """The lines of one UTF-8 file, `.gz` or not, read as they are asked for; `number` is the last one's.

    `unfinished` is True while the last line, without an end of its own, is handed out. When a gzip file breaks off,
    its last whole line is the last and `cut` becomes True.
    """

    def __init__(self, stream: IO[bytes], name: str, allowance: Allowance) -> None:
        self.name = name
        self.number = 0
        self.unfinished = False
        self.cut = False
        # GzipFile.read would lose what comes right before a break, read1 gives it first
        self._read = gzip.GzipFile(fileobj=stream).read1 if name.endswith(".gz") else stream.read
        self._allowance = allowance

    @property
    def here(self) -> str:
        return f"{self.name}, line {self.number}"

    def __iter__(self) -> Iterator[str]:
        rest = b""
        for chunk in self._chunks():
            whole, end, rest = (rest + chunk).rpartition(b"\n")
            if len(rest) > LONGEST_LINE_BYTES:
                raise RecordingError(f"{self.name}: a line of more than {LONGEST_LINE_BYTES} bytes is no table's")
            yield from self._decoded(whole) if end else ()
        if rest and not self.cut:
            self.unfinished = True
            yield from self._decoded(rest)

    def _decoded(self, part: bytes) -> Iterator[str]:
        try:
            text = part.decode("utf-8-sig" if self.number == 0 else "utf-8")
        except UnicodeDecodeError as no_text:
            raise RecordingError(f"{self.name} is no UTF-8 text after line {self.number}") from no_text
        for line in text.split("\n"):
            self.number += 1
            yield line.rstrip("\r")

    def _chunks(self) -> Iterator[bytes]:
        """Raises RecordingError for a damaged file; a gzip file that only ends too early is `cut`."""
        try:
            while chunk := self._read(CHUNK_BYTES):
                self._allowance.spend(len(chunk), self.name)
                yield chunk
        except EOFError:
            self.cut = True
        except (OSError, zlib.error, BadZipFile) as broken:
            raise RecordingError(f"{self.name} is damaged: {broken}") from broken


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Raises RecordingError when there is no such file, or it may not be read."""
    try:
        stream = path.open("rb")
    except OSError as trouble:
        raise RecordingError(f"{path.name} can't be read: {trouble.strerror}") from trouble
    with stream:
        yield stream


def beginning(path: Path, count: int) -> bytes:
    """The first bytes of a file; b'' for a folder. Raises RecordingError when it may not be read."""
    if not path.is_file():
        return b""
    with opened(path) as stream:
        return stream.read(count)


def whole_file(path: Path) -> NDArray[np.uint8]:
    """Raises RecordingError when it may not be read or is larger than a recording may be."""
    with opened(path) as stream:
        content = stream.read(LARGEST_BYTES + 1)
    Allowance().spend(len(content), path.name)
    return np.frombuffer(content, np.uint8)


@contextmanager
def opened_zip(path: Path) -> Iterator[ZipFile]:
    """Raises RecordingError for what is no zip, is encrypted, or has members that point outside of it."""
    with opened(path) as stream:
        try:
            archive = ZipFile(stream)
        except BadZipFile as broken:
            raise RecordingError(f"{path.name} is not a zip file, or its end is missing") from broken
        for member in archive.infolist():
            place = PurePosixPath(member.filename.replace("\\", "/"))
            if place.is_absolute() or ".." in place.parts:
                raise RecordingError(f"{path.name} holds {member.filename!r}, which points outside the archive")
            if member.flag_bits & 1:
                raise RecordingError(f"{path.name} is encrypted; unpack it first")
        yield archive
