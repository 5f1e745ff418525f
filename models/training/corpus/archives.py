"""Archives and folders of files, opened so that a bomb or a path out of the folder does no harm."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from models.training.corpus.score import MOST_FILE_BYTES, Refused

MOST_ARCHIVE_BYTES = 2**30  # unpacked, of one archive
MOST_MEMBERS = 50_000


class ArchiveMissing(LookupError):
    """Neither the archive nor the folder is there."""


@contextmanager
def opened(data: Path, name: str) -> Iterator[Path]:
    """The folder `name` under `data`, or its unpacked `name.tar.gz`. Raises ArchiveMissing, or Refused for a bomb."""
    folder, archive = data / name, data / f"{name}.tar.gz"
    if folder.is_dir():
        yield folder
    elif archive.is_file():
        with TemporaryDirectory(prefix="corpus-") as scratch:
            _unpack(archive, Path(scratch))
            yield Path(scratch) / name
    else:
        raise ArchiveMissing(f"no {name} or {name}.tar.gz in {data}")


def _unpack(archive: Path, target: Path) -> None:
    """Plain files within the caps; the 'data' filter refuses links and paths that leave the folder."""
    total = 0
    try:
        with tarfile.open(archive) as tar:
            for count, member in enumerate(tar):
                total += member.size
                if total > MOST_ARCHIVE_BYTES or count >= MOST_MEMBERS:
                    raise Refused(f"unpacks to more than {MOST_ARCHIVE_BYTES} bytes or {MOST_MEMBERS} files")
                if member.isdir() or (member.isfile() and member.size <= 8 * MOST_FILE_BYTES):
                    tar.extract(member, target, filter="data")
    except (tarfile.TarError, EOFError, OSError) as reason:
        raise Refused(f"not readable as an archive: {reason}") from reason


def content(path: Path) -> bytes:
    """The file's bytes. Raises Refused when it is larger than a score may be."""
    size = path.stat().st_size
    if size > MOST_FILE_BYTES:
        raise Refused(f"{size} bytes; at most {MOST_FILE_BYTES}")
    return path.read_bytes()


def beginning_of_musicxml(path: Path, most: int = 2**18) -> str:
    """The first `most` bytes of the score in a compressed MusicXML file, '' where none is. Inflates no more."""
    try:
        with zipfile.ZipFile(path) as packed:
            for member in packed.namelist():
                if member.endswith((".xml", ".musicxml")) and not member.startswith("META-INF"):
                    with packed.open(member) as stream:
                        return stream.read(most).decode("utf-8", "replace")
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as reason:
        raise Refused(f"not readable as compressed MusicXML: {reason}") from reason
    return ""
