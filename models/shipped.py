"""The files that ship as weights: which there are, what their bytes must be, and the sentence when they are not."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).parent / "weights"
HASHES = "hashes.json"


class WeightsError(Exception):
    """Why weights can't be used, in a sentence; the rules generator needs none."""


def known(folder: Path = WEIGHTS) -> dict[str, str]:
    """SHA-256 of every file of weights, by name. Raises WeightsError when the list itself is damaged."""
    listed = folder / HASHES
    if not listed.is_file():
        return {}
    try:
        hashes: dict[str, str] = json.loads(listed.read_bytes())
    except ValueError as error:
        raise WeightsError(f"the list of hashes {HASHES} is no JSON: {error}") from error
    return hashes


def enter(name: str, digest: str, folder: Path = WEIGHTS) -> None:
    """List the hash of `NAME.safetensors`, in place of an earlier one."""
    hashes = {**known(folder), name: digest}
    (folder / HASHES).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def content(name: str, folder: Path = WEIGHTS) -> bytes:
    """The bytes of `NAME.safetensors`. Raises WeightsError when it is not listed, missing, cut short or altered."""
    listed = known(folder)
    if name not in listed:
        raise WeightsError(f"no weights named {name!r}; there are: {', '.join(sorted(listed)) or 'none'}")
    return checked(folder / f"{name}.safetensors", listed[name])


def checked(file: Path, digest: str) -> bytes:
    """The file's bytes, when they have this SHA-256. Raises WeightsError."""
    try:
        found = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"the weights {file.name} can't be read: {(error.strerror or 'unknown').lower()}") from error
    if sha256(found).hexdigest() != digest:
        raise WeightsError(f"the weights {file.name} are not the ones that were shipped; their hash differs")
    return found


def about(safetensors: bytes) -> dict[str, Any]:
    """What a file of weights says of itself."""
    length = int.from_bytes(safetensors[:8], "little")
    header = json.loads(safetensors[8 : 8 + length])
    said: dict[str, Any] = json.loads(header.get("__metadata__", {}).get("about", "{}"))
    return said
