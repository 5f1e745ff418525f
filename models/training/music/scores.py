"""The scores of a run: the corpus as prepared, or made first from the folder of its collections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from models.training.corpus import manifest
from models.training.corpus.build import build
from models.training.corpus.collections import COLLECTIONS
from models.training.corpus.manifest import Entry
from models.training.corpus.shards import SPLITS, Shard, chosen, read_shard

MADE = ("manifest.jsonl", *(f"{split}.npz" for split in SPLITS))


@dataclass(frozen=True)
class Scores:
    """Shards by split and the lines of the manifest they come from, where `folder` has them all."""

    folder: Path
    shards: dict[str, Shard]
    entries: dict[str, list[Entry]]


def scores_in(data: Path, out: Path, formal_only: bool, progress: TextIO) -> Scores:
    """The scores of a prepared corpus, or of one that is made from the collections in `data` into `out/corpus`.

    Pieces that were prepared before are not read again. Raises ValueError for a folder that holds neither, or too few
    works for a part of the split.
    """
    if not data.is_dir():
        raise ValueError(f"no folder {data}; expected one with collections of scores or with a prepared corpus")
    folder = (
        data if all((data / name).is_file() for name in MADE) else _made(data, out / "corpus", formal_only, progress)
    )
    used = manifest.used(manifest.read(folder / "manifest.jsonl"))
    shards = {split: read_shard(folder / f"{split}.npz") for split in SPLITS}
    if formal_only:
        shards = {split: _formal(shard, used) for split, shard in shards.items()}
    if short := [split for split, shard in shards.items() if not len(shard.style)]:
        raise ValueError(
            f"no works for {', '.join(short)} in {data}; expected more of them: the split is 90/5/5, by work"
        )
    return Scores(folder, shards, {name: [used[piece] for piece in shard.pieces] for name, shard in shards.items()})


def _made(data: Path, folder: Path, formal_only: bool, progress: TextIO) -> Path:
    names = [name for name, row in COLLECTIONS.items() if row.formal or not formal_only]
    summary = build(data, folder, names, 1, progress)
    missing: Mapping[str, str] = summary["missing"]  # type: ignore[assignment]
    for name, why in missing.items():
        progress.write(f"{name} is left out: {why}\n")
    if not summary["pieces"]:
        raise ValueError(f"no score in {data}; expected NAME or NAME.tar.gz of: {', '.join(names)}")
    return folder


def _formal(shard: Shard, used: Sequence[Entry]) -> Shard:
    return chosen(shard, [place for place, piece in enumerate(shard.pieces) if used[piece].formal])


def corpora(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """For every corpus its pieces, works, tokens and licences, and whom the licences ask to be named."""
    found = []
    for name in sorted({entry.corpus for entry in entries}):
        own = [entry for entry in entries if entry.corpus == name]
        found.append({
            "corpus": name,
            "pieces": len(own),
            "works": len({entry.work for entry in own}),
            "tokens": sum(entry.tokens for entry in own),
            "licences": dict(sorted(Counter(entry.licence for entry in own).items())),
            "formal": all(entry.formal for entry in own),
            "credits": sorted({entry.credit for entry in own if _asks_for_names(entry)}),
        })  # fmt: skip
    return found


def _asks_for_names(entry: Entry) -> bool:
    return bool(entry.credit) and (entry.licence.startswith("CC-BY") or "Attribution" in entry.licence)


def split_of(scores: Scores) -> dict[str, dict[str, int]]:
    """Pieces, works, bars and tokens of each part of the split."""
    return {
        split: {
            "pieces": len(own),
            "works": len({entry.work for entry in own}),
            "bars": sum(entry.bars for entry in own),
            "tokens": sum(entry.tokens for entry in own),
        }
        for split, own in scores.entries.items()
    }
