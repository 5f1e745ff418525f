"""`python -m models.training.originality CORPUS_DIR OUT_DIR`: the index of all training works' melodies."""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from models import shipped
from models.music.ngrams import BITS, MOST_WORKS, Line, Table, packed, table
from models.music.originality import COPY, NAME, SHORTEST, WORKS, Work
from models.training.corpus import manifest
from models.training.corpus.manifest import Entry
from models.training.corpus.shards import read_shard
from models.training.melodies import lines_of_shard

MOST = np.iinfo(np.uint16).max + 1
ADDRESS = re.compile(r"\s*<[^<>]*@[^<>]*>|@[\w.-]+")
MUTOPIAN = re.compile(r"^(.*?[a-z])([A-Z][A-Za-z]{0,3})$")


def build(corpus: Path, out: Path) -> dict[str, object]:
    """Write the index, its works and its hash into `out`; sizes and counts as a summary.

    The training split alone is read. The same corpus gives the same bytes. Raises ValueError when there are more works
    than numbers for them.
    """
    shard = read_shard(corpus / "train.npz")
    used = manifest.used(manifest.read(corpus / "manifest.jsonl"))
    met = zip(shard.pieces.tolist(), lines_of_shard(shard), strict=True)
    pieces = [(used[index], line) for index, line in met if len(line) >= SHORTEST]
    if len(pieces) > MOST:
        raise ValueError(f"{len(pieces)} works with a melody; expected at most {MOST}")
    tables = {notes: table([line for _, line in pieces], notes) for notes in (SHORTEST, COPY)}
    out.mkdir(parents=True, exist_ok=True)
    works = _works([entry for entry, _ in pieces])
    (out / WORKS).write_bytes(works)
    content = _content(tables, {"works": len(pieces), "works_sha256": sha256(works).hexdigest()})
    (out / f"{NAME}.safetensors").write_bytes(content)
    shipped.enter(NAME, sha256(content).hexdigest(), out)
    return _summary(tables, [line for _, line in pieces], {f"{NAME}.safetensors": len(content), WORKS: len(works)})


def _works(entries: Sequence[Entry]) -> bytes:
    """A line a work, in the order of their numbers."""
    works = [
        Work(one.title, composer(one), one.licence, ADDRESS.sub("", one.credit).strip(), one.corpus) for one in entries
    ]
    text = "".join(json.dumps(asdict(work), ensure_ascii=False) + "\n" for work in works)
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def composer(entry: Entry) -> str:
    """The composer as people write it: Mutopia's 'BachJS' is 'Bach, J. S.'."""
    hit = MUTOPIAN.match(entry.composer) if entry.corpus == "mutopia" else None
    return f"{hit[1]}, {'. '.join(hit[2])}." if hit else entry.composer


def _content(tables: dict[int, Table], about: dict[str, object]) -> bytes:
    tensors = {f"{notes}.{name}": part for notes, found in tables.items() for name, part in packed(found).items()}
    told = {**about, "notes": sorted(tables), "hash_bits": BITS, "most_works": MOST_WORKS}
    content: bytes = save(tensors, metadata={"about": json.dumps(told, sort_keys=True)})
    return content


def _summary(tables: dict[int, Table], lines: Sequence[Line], sizes: dict[str, int]) -> dict[str, object]:
    return {
        "works": len(lines),
        "melody_notes": sum(map(len, lines)),
        "ngrams": {notes: len(found.hashes) for notes, found in tables.items()},
        "found_by_chance": {notes: len(found.hashes) / 2**BITS for notes, found in tables.items()},
        "bytes": sizes,
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.originality",
        description="Indexes the melodies of the training split, so that copies are found and their works named.",
        epilog="example: python -m models.training.originality ~/corpus models/weights",
    )
    parser.add_argument("corpus", type=Path, help="folder that `python -m models.training.corpus` wrote")
    parser.add_argument("out", type=Path, help="folder of weights; its hashes.json keeps its other lines")
    chosen = parser.parse_args(arguments)
    try:
        summary = build(chosen.corpus, chosen.out)
    except FileNotFoundError as error:
        sys.stderr.write(f"no file {error.filename}; expected what `python -m models.training.corpus` writes\n")
        return 1
    sys.stdout.write(json.dumps(summary, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
