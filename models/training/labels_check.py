"""`python -m models.training.labels_check DATA_DIR`: labels beside VGMIDI's raters, on whom nothing is fitted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from models.training.corpus.archives import ArchiveMissing, content, opened
from models.training.corpus.metre import bar_lines
from models.training.corpus.midi import read_midi
from models.training.corpus.roles import written_bars
from models.training.corpus.score import Refused
from models.training.labels import measured, played, scored, uniform

Array = NDArray[np.float64]
PUBLISHED = {
    "valence": 0.61,
    "arousal": 0.77,
}  # the unfitted rule on whole pieces, before this code


@dataclass(frozen=True)
class Rated:
    """A piece with the mean of its raters bar by bar, (bars of the raters,), and how many they were."""

    file: Path
    valence: Array
    arousal: Array
    raters: int


def rated_pieces(folder: Path) -> list[Rated]:
    """The labelled pieces of an unpacked VGMIDI whose files are there."""
    pieces = []
    for page in sorted((folder / "labelled" / "annotations").glob("*.json")):
        told = json.loads(page.read_bytes())
        for name, piece in sorted(told["pieces"].items()):
            own = [row for key, row in told["annotations"].items() if key.rpartition("_")[0] == name]
            file = folder / "labelled" / "midi" / piece["midi"]
            if file.is_file() and own:
                pieces.append(Rated(file, _mean(own, "valence"), _mean(own, "arousal"), len(own)))
    return pieces


def _mean(raters: Sequence[Mapping[str, list[float]]], scale: str) -> Array:
    """Over the raters who went through as many bars as most did."""
    lengths = [len(rater[scale]) for rater in raters]
    usual = max(set(lengths), key=lengths.count)
    mean: Array = np.mean([rater[scale] for rater in raters if len(rater[scale]) == usual], axis=0)
    return mean


def measures_of(piece: Rated) -> Array:
    """The piece's measures as the corpus has them, tempo as stated; (pairs of bars, 8). Raises Refused."""
    score = read_midi(content(piece.file))
    bars, starts = written_bars(score, bar_lines(score))
    at = np.searchsorted([step for step, _ in score.tempos], starts, side="right") - 1
    tempos = [score.tempos[max(0, index)][1] for index in at] if score.tempos else [120.0] * len(bars)
    return measured(played(bars, tempos), [True] * len(bars))


def heard(ratings: Array, pairs: int) -> Array:
    """The raters' curve at the middle of each pair of bars, (pairs,): their bars may be counted otherwise."""
    at = (np.arange(pairs) + 0.5) / pairs * len(ratings) - 0.5
    return np.interp(at, np.arange(len(ratings)), ratings)


def compare(pieces: Sequence[Rated]) -> dict[str, object]:
    """Pearson's r of label and raters: over pairs of bars, over pieces, and within pieces (mean)."""
    tables, used, unreadable = [], [], []
    for piece in pieces:
        try:
            tables.append(measures_of(piece))
            used.append(piece)
        except Refused as reason:
            unreadable.append(f"{piece.file.name}: {reason}")
    owner = np.repeat(np.arange(len(used)), [len(table) for table in tables])
    labels = dict(zip(("valence", "arousal"), map(uniform, scored(np.concatenate(tables))), strict=True))
    result: dict[str, object] = {"pieces": len(used), "pairs_of_bars": len(owner), "unreadable": unreadable}
    result["raters_a_piece"] = round(fmean(piece.raters for piece in used), 1)
    for scale, label in labels.items():
        raters = np.concatenate(
            [heard(getattr(piece, scale), len(table)) for piece, table in zip(used, tables, strict=True)]
        )
        result[scale] = _agreement(label, raters, owner) | {"published_for_pieces": PUBLISHED[scale]}
    return result


def _agreement(label: Array, raters: Array, owner: NDArray[np.intp]) -> dict[str, float | None]:
    by_piece = [(label[owner == index], raters[owner == index]) for index in np.unique(owner)]
    means = np.array([(np.nanmean(a), b.mean()) for a, b in by_piece if not np.isnan(a).all()])
    within = [r for a, b in by_piece if len(a) >= 4 and not np.isnan(r := correlation(a, b))]
    return {
        "pairs_of_bars": round(correlation(label, raters), 3),
        "pieces": round(correlation(means[:, 0], means[:, 1]), 3),
        "within_pieces": round(fmean(within), 3) if within else None,
    }


def correlation(a: Array, b: Array) -> float:
    """Pearson's r over the places where both are known; NaN where either does not vary."""
    known = ~(np.isnan(a) | np.isnan(b))
    if known.sum() < 2 or np.ptp(a[known]) == 0 or np.ptp(b[known]) == 0:
        return float("nan")
    return float(np.corrcoef(a[known], b[known])[0, 1])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.labels_check",
        description="Correlates the rule's labels with VGMIDI's raters. Evaluation only: nothing is fitted.",
        epilog="example: python -m models.training.labels_check ~/evaluation-only",
    )
    parser.add_argument("data", type=Path, help="folder that holds vgmidi.tar.gz or vgmidi/")
    chosen = parser.parse_args(arguments)
    try:
        with opened(chosen.data, "vgmidi") as folder:
            result = compare(rated_pieces(folder))
    except ArchiveMissing as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
