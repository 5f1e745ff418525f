"""`python -m models.training.separation_check DATA_DIR`: is the melody found when the instruments' names are hidden?

Truth: the singer's staff of the songs, the first violin of the quartets. Both lose their names and share one track.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import GRID
from models.training.corpus.archives import ArchiveMissing, opened
from models.training.corpus.melody import SINGER, Mask, melody, skyline, worth
from models.training.corpus.metre import bar_lines
from models.training.corpus.score import Refused, Score, Steps, Track
from models.training.corpus.sources import SOURCES

WINDOW = 4 * GRID  # melody is judged where the true one sounds, in stretches of four beats


def singer(score: Score) -> int | None:
    """The track of the voice, None where no name says which."""
    worths = [worth(track) for track in score.tracks]
    return worths.index(max(worths)) if worths and max(worths) >= SINGER else None


def first_violin(score: Score) -> int | None:
    return 0 if len(score.tracks) == 4 else None


TRUTHS: dict[str, tuple[Callable[[Score], int | None], int]] = {
    "openscore_lieder": (singer, 16),
    "openscore_string_quartets": (first_violin, 12),
}
METHODS: dict[str, Callable[[Steps], Mask]] = {
    "skyline": skyline,
    "skyline that keeps its line": lambda notes: melody(notes, (Track(""),)),
}


@dataclass
class Count:
    """Notes of the melody that were found, that were claimed, and that there are."""

    found: int = 0
    claimed: int = 0
    there: int = 0

    def figures(self) -> dict[str, float]:
        precision, recall = self.found / max(1, self.claimed), self.found / max(1, self.there)
        both = 2 * self.found / max(1, self.claimed + self.there)
        return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(both, 3)}


def add(count: Count, hidden: Steps, chosen: Mask, truth: set[tuple[int, int]]) -> None:
    """Compare the chosen notes with the true (onset, pitch) pairs; a doubled note counts wherever it was found."""
    stretches = {onset // WINDOW for onset, _ in truth}
    claimed = {(onset, pitch) for onset, _, pitch, *_ in hidden[chosen].tolist() if onset // WINDOW in stretches}
    count.found += len(claimed & truth)
    count.claimed += len(claimed)
    count.there += len(truth)


def without_names(score: Score) -> Steps:
    """The notes with one track for all, sorted by onset and pitch."""
    notes = score.notes.copy()
    notes[:, 3] = 0
    merged: Steps = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    return merged


def evaluate(scores: Sequence[tuple[Score, int]]) -> dict[str, object]:
    """Figures of each method over (score, track of the true melody), and of `melody` when it may read the names."""
    counts = {name: Count() for name in (*METHODS, "with the names")}
    for score, track in scores:
        own = score.notes[score.notes[:, 3] == track]
        truth = {(onset, pitch) for onset, _, pitch, *_ in own.tolist()}
        hidden = without_names(score)
        for name, method in METHODS.items():
            add(counts[name], hidden, method(hidden), truth)
        add(counts["with the names"], score.notes, melody(score.notes, score.tracks), truth)
    return {"pieces": len(scores), **{name: count.figures() for name, count in counts.items()}}


def scores_with_truth(folder: Path, name: str, every: int) -> Iterator[tuple[Score, int]]:
    """Pieces whose true melody is known, but for those that the costs were chosen on."""
    find, tuned = TRUTHS[name]
    for index, source in enumerate(SOURCES[name](folder)):
        if index % every or index % tuned == 0:
            continue
        try:
            score = source.read(source.load())
        except Refused:
            continue
        track = find(score)
        if track is not None:
            yield score, track


def pickups(folder: Path, every: int) -> dict[str, object]:
    """How often the first bar line stands where the MusicXML of a song puts it, when it is guessed and when ignored."""
    stated: list[int] = []
    guessed: list[int] = []
    for index, source in enumerate(SOURCES["openscore_lieder"](folder)):
        if index % every or index % 4 == 0:  # every fourth song was used to choose the constants of `metre`
            continue
        try:
            score = source.read(source.load())
        except Refused:
            continue
        if score.pickup is not None:
            stated.append(score.pickup % score.metres[0][1])
            first = int(np.diff(bar_lines(Score(score.notes, score.tracks, score.metres, ())))[0])
            guessed.append(first % score.metres[0][1])
    truth: NDArray[np.int64] = np.array(stated, dtype=np.int64)
    right = float(np.mean(truth == np.array(guessed))) if stated else float("nan")
    return {"songs": len(stated), "guessed": round(right, 3), "always none": round(float(np.mean(truth == 0)), 3)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.separation_check",
        description="Melody found against the singer and the first violin, their names hidden; pickups found.",
        epilog="example: python -m models.training.separation_check ~/scores --every 5",
    )
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth piece only")
    chosen = parser.parse_args(arguments)
    result: dict[str, object] = {}
    for name in TRUTHS:
        try:
            with opened(chosen.data, name) as folder:
                result[name] = evaluate(list(scores_with_truth(folder, name, max(1, chosen.every))))
                if name == "openscore_lieder":
                    result["pickups"] = pickups(folder, max(1, chosen.every))
        except ArchiveMissing as reason:
            sys.stderr.write(f"{reason}\n")
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0 if result else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
