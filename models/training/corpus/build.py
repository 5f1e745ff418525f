"""The whole corpus: every collection read, works split, shards and manifest written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from models.training.corpus import manifest
from models.training.corpus.archives import ArchiveMissing, opened
from models.training.corpus.collections import COLLECTIONS, NOT_SCORES
from models.training.corpus.manifest import Entry
from models.training.corpus.prepare import Prepared, prepare, same_music
from models.training.corpus.score import Refused
from models.training.corpus.shards import SPLITS, conditions, write_shards
from models.training.corpus.sources import SOURCES, Source
from models.training.corpus.works import joined, split_of, work_keys

KIND_OF_REASON = re.compile(r"^\d+ (?=notes|bytes)|(?<=the same music) as .*|(?<=readable as MIDI): .*")


@dataclass(frozen=True)
class Met:
    """A piece that was met: its line in the manifest so far, the names of its work, its arrays unless skipped."""

    entry: Entry
    keys: tuple[str, ...]
    prepared: Prepared | None


def build(data: Path, out: Path, names: Sequence[str], every: int, progress: TextIO) -> dict[str, object]:
    """Write `manifest.jsonl`, the shards and `conditions.json` into `out`; counts as a summary.

    Pieces made before are taken from `out/pieces` by the hash of their files. The same files give the same bytes.
    """
    out.mkdir(parents=True, exist_ok=True)
    missing: dict[str, str] = {}
    met: list[Met] = []
    for name in names:
        found = list(_collection(data, out / "pieces", name, every, missing))
        met += found
        progress.write(f"{name}: {sum(m.prepared is not None for m in found)} of {len(found)} pieces\n")
    met = _without_doubles(met)
    entries = _entries(met)
    kept = [(m.prepared, entry) for m, entry in zip(met, entries, strict=True) if m.prepared is not None]
    pieces, used = [piece for piece, _ in kept], [entry for _, entry in kept]
    styles, splits = [entry.style for entry in used], [entry.split for entry in used]
    vectors, scale = conditions(pieces, styles)
    sizes = write_shards(out, pieces, styles, splits, vectors, scale)
    manifest.write(entries, out / "manifest.jsonl")
    return _summary(entries, missing, sizes)


def _collection(data: Path, kept: Path, name: str, every: int, missing: dict[str, str]) -> Iterator[Met]:
    try:
        with opened(data, name) as folder:
            for index, source in enumerate(SOURCES[name](folder)):
                if index % every == 0:
                    yield _met(source, name, kept)
    except (ArchiveMissing, Refused, FileNotFoundError) as reason:
        missing[name] = str(reason)


def _met(source: Source, name: str, kept: Path) -> Met:
    digest, prepared, why = "", None, ""
    try:
        digest, prepared = prepare(source, kept)
    except Refused as reason:
        why = str(reason)
    row = COLLECTIONS[name]
    keys = (source.work,) if source.work else work_keys(source.composer, (source.title, *source.aliases))
    keys = keys or (f"{name}|{source.file}",)
    if prepared is not None and prepared.incipit:
        keys = (*keys, f"~incipit|{prepared.incipit}")  # '~' sorts last: a work is named by its title
    credit = ", ".join(part for part in (source.credit, row.credit) if part)
    entry = Entry(
        corpus=name,
        file=source.file,
        work="",
        title=source.title,
        composer=source.composer,
        licence=source.licence,
        formal=row.formal,
        credit=credit,
        style=source.style,
        sha256=digest,
        bars=prepared.bars if prepared else 0,
        notes=prepared.notes if prepared else 0,
        tokens=len(prepared.tokens) if prepared else 0,
        split="",
        skipped=why,
    )
    return Met(entry, keys, prepared)


def _without_doubles(met: Sequence[Met]) -> list[Met]:
    """The second and later of pieces with the same notes are skipped; they still tie their works together."""
    first: dict[str, str] = {}
    kept = []
    for one in met:
        if one.prepared is not None:
            place = f"{one.entry.corpus}/{one.entry.file}"
            original = first.setdefault(same_music(one.prepared), place)
            if original != place:
                one = Met(replace(one.entry, skipped=f"the same music as {original}"), one.keys, None)
        kept.append(one)
    return kept


def _entries(met: Sequence[Met]) -> list[Entry]:
    works = joined({f"{index}": one.keys for index, one in enumerate(met)})
    entries = []
    for index, one in enumerate(met):
        work = works[f"{index}"]
        split = split_of(work) if one.prepared is not None else ""
        entries.append(replace(one.entry, work=work, split=split))
    return entries


def _summary(entries: Sequence[Entry], missing: dict[str, str], sizes: dict[str, int]) -> dict[str, object]:
    used = manifest.used(entries)
    reasons = Counter(KIND_OF_REASON.sub("", entry.skipped) for entry in entries if entry.skipped)

    def counts(rows: Sequence[Entry]) -> dict[str, int]:
        sums = {name: sum(getattr(row, name) for row in rows) for name in ("bars", "notes", "tokens")}
        return {"pieces": len(rows), "works": len({row.work for row in rows}), **sums}

    return {
        **counts(used),
        "formal": counts([entry for entry in used if entry.formal]),
        "informal": counts([entry for entry in used if not entry.formal]),
        "collections": {name: counts(own) for name in COLLECTIONS if (own := [e for e in used if e.corpus == name])},
        "splits": {split: counts([entry for entry in used if entry.split == split]) for split in SPLITS},
        "skipped": dict(reasons.most_common()),
        "missing": missing,
        "not_read": dict(NOT_SCORES),
        "mebibytes": {name: round(size / 2**20, 3) for name, size in sizes.items()},
    }
