"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


class FileError(ValueError):
    """Why a file can't be written, in a sentence."""


def write_whole(path: Path, content: bytes) -> bool:
    """Whether a file of this name was replaced. Raises FileError; the old file, if any, then stays as it was.

    Written beside its place and moved there when all of it is on the disk.
    """
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {path.parent}; make it first, or choose another")
    if path.is_dir():
        raise FileError(f"{path} is a folder; name a file in it")
    replaces = path.exists()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as trouble:
        part.unlink(missing_ok=True)
        why = (trouble.strerror or str(trouble)).lower()
        raise FileError(f"{path} can't be written: {why}; {len(content)} bytes are needed, none were left") from trouble
    return replaces
