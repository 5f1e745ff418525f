"""Readings of a corpus kept on disk, under the hash of the code that made them: a changed sensor makes them anew."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np

import sensors
from models.training.corpus.archives import opened
from models.training.emotion import people
from models.training.emotion.people import CORPORA, NAMES, Recorded


def key() -> str:
    """Hash of all that turns samples into readings."""
    digest = sha256()
    root = Path(sensors.__file__).parent
    files = [
        *(file for part in ("features", "recordings") for file in (root / part).rglob("*.py")),
        *root.glob("*.py"),
        Path(people.__file__),
    ]
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def read(data: Path, work: Path, say: Callable[[str], object], most: int | None = None) -> dict[str, list[Recorded]]:
    """The people of every corpus below `data`, which holds archives or folders; `most` of each.

    What was read is kept in `work`. Raises ArchiveMissing.
    """
    shelf = work / key()
    return {name: _corpus(name, data, shelf / name, say, most) for name in CORPORA}


def _corpus(name: str, data: Path, shelf: Path, say: Callable[[str], object], most: int | None) -> list[Recorded]:
    done = shelf / "all"
    if not done.is_file():
        shelf.mkdir(parents=True, exist_ok=True)
        say(f"reading {name} second by second; kept in {shelf.parent.name}")
        with opened(place_of(data, name), name) as folder:
            for person in CORPORA[name](folder):
                _keep(person, shelf)
        done.touch()
    files = sorted(shelf.glob("*.npz"))[:most]
    return [_kept(name, file) for file in files]


def place_of(data: Path, name: str) -> Path:
    """The folder at or near `data` that holds `name` or its archive; `data` itself when none does."""
    places = [data, data / "emotion", data / "evaluation-only", data.parent / "evaluation-only"]
    return next((p for p in places if (p / name).is_dir() or (p / f"{name}.tar.gz").is_file()), data)


def _keep(person: Recorded, shelf: Path) -> None:
    with (shelf / f"{person.name}.part").open("wb") as file:
        np.savez_compressed(
            file,
            values=person.values,
            qualities=person.qualities,
            labels=person.labels,
            rest_s=person.rest_s,
            parts=np.array(person.parts, np.int64),
            names=np.array(NAMES),
        )
    (shelf / f"{person.name}.part").replace(shelf / f"{person.name}.npz")


def _kept(corpus: str, file: Path) -> Recorded:
    with np.load(file, allow_pickle=False) as held:
        parts = tuple(held["parts"].tolist())
        return Recorded(
            corpus, file.stem, held["values"], held["qualities"], held["labels"], int(held["rest_s"]), parts
        )
