"""The manifest: one line for every file met, with its work, licence and split, or why it was left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A line of the manifest. `formal` is whether the encoding has a licence; `skipped` is '' for what is used."""

    corpus: str
    file: str
    work: str
    title: str
    composer: str
    licence: str
    formal: bool
    credit: str
    style: str
    sha256: str
    bars: int
    notes: int
    tokens: int
    split: str
    skipped: str


def write(entries: Iterable[Entry], path: Path) -> None:
    """JSON Lines, in the order given."""
    lines = [json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries]
    path.write_text("".join(lines), encoding="utf-8")


def read(path: Path) -> list[Entry]:
    return [Entry(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def used(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.skipped]
