"""How much of a melody stands in training works. `python -m models.training.copying CORPUS_DIR`: of people's, too."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.music.ngrams import Line
from models.music.originality import COPY, SHORTEST, Originality
from models.shipped import WEIGHTS, WeightsError
from models.training.corpus import manifest
from models.training.corpus.shards import read_shard
from models.training.melodies import lines_of_rows, lines_of_shard

Mask = NDArray[np.bool_]

HELD_OUT = ("valid", "test")
LONG = 24
"""Notes in a row that a held-out piece hardly shares with a training work unless both are one tune or run in scales."""


def copied_share(lines: Sequence[Line], index: Originality, notes: int = COPY) -> float:
    """Share of all runs of `notes` notes that stand in a training work; 0 when no melody is that long."""
    known = [index.known(line, notes) for line in lines]
    runs = sum(map(len, known))
    return sum(int(one.sum()) for one in known) / runs if runs else 0.0


def share_of_tokens(rows: Sequence[ArrayLike], index: Originality, notes: int = COPY) -> float:
    """`copied_share` of sampled role tokens, each row (n,); also of rows that break off or are not well formed."""
    return copied_share(lines_of_rows(rows), index, notes)


def human(corpus: Path, index: Originality) -> dict[str, object]:
    """The same of works that people wrote and no model learned from: together, by split and by style."""
    used = manifest.used(manifest.read(corpus / "manifest.jsonl"))
    lines: dict[str, list[Line]] = {"held-out works": []}
    for split in HELD_OUT:
        shard = read_shard(corpus / f"{split}.npz")
        for piece, line in zip(shard.pieces.tolist(), lines_of_shard(shard), strict=True):
            if len(line) >= COPY:
                for group in ("held-out works", split, used[piece].style):
                    lines.setdefault(group, []).append(line)
    return {group: _figures(own, index) for group, own in lines.items()}


def _figures(lines: Sequence[Line], index: Originality) -> dict[str, object]:
    known = [index.known(line) for line in lines]
    longest = [found.notes if (found := index.longest(line)) else 0 for line in lines]
    other = [line for line, notes in zip(lines, longest, strict=True) if notes < LONG]
    return {
        "pieces": len(lines),
        "melody_notes": sum(map(len, lines)),
        f"pieces with a run of {COPY}": sum(notes > 0 for notes in longest),
        f"share of runs of {COPY}": round(copied_share(lines, index), 5),
        f"share of runs of {SHORTEST}": round(copied_share(lines, index, SHORTEST), 5),
        f"share of runs of {COPY} in even notes": _found([_even(line) for line in lines], known),
        f"share of runs of {COPY} in other rhythms": _found([~_even(line) for line in lines], known),
        f"pieces with a run of {LONG}": len(lines) - len(other),
        f"share of runs of {COPY} in the other pieces": round(copied_share(other, index), 5),
        f"share of runs of {SHORTEST} in the other pieces": round(copied_share(other, index, SHORTEST), 5),
    }


def _even(line: Line) -> Mask:
    """Which runs of `COPY` notes follow one another at one distance, as scales do; (runs,)."""
    gaps = np.lib.stride_tricks.sliding_window_view(np.diff(line[:, 0]), COPY - 1)
    even: Mask = (gaps == gaps[:, :1]).all(axis=1)
    return even


def _found(asked: Sequence[Mask], known: Sequence[Mask]) -> float:
    """Share of the runs asked for that are known."""
    runs = sum(int(own.sum()) for own in asked)
    return round(sum(int((own & found).sum()) for own, found in zip(asked, known, strict=True)) / max(1, runs), 5)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.copying",
        description="The human baseline: how many runs of melody of the held-out works stand in training works.",
        epilog="example: python -m models.training.copying ~/corpus",
    )
    parser.add_argument("corpus", type=Path, help="folder that `python -m models.training.corpus` wrote")
    parser.add_argument("--index", type=Path, default=WEIGHTS, metavar="DIR", help="folder of the index")
    chosen = parser.parse_args(arguments)
    try:
        figures = human(chosen.corpus, Originality.load(chosen.index))
    except FileNotFoundError as error:
        sys.stderr.write(f"no file {error.filename}; expected what `python -m models.training.corpus` writes\n")
        return 1
    except WeightsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
