"""Music that no model learned from, as batches: the test split, and the JSB chorales and Nottingham tunes.

The two are read for likelihood only. Both stand in part in the training corpus under other names; pieces that are known
from there are counted and left out of the second figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from models.music.ngrams import Hashes, Line, ngrams
from models.music.tokens import GRID
from models.training.corpus.abc import Tune, read_tune, tunes
from models.training.corpus.archives import content
from models.training.corpus.prepare import Prepared, from_score
from models.training.corpus.score import Refused, Score, Track
from models.training.corpus.shards import Shard, conditions, read_shard, write_shards
from models.training.melodies import line_of, lines_of_shard

SIXTEENTH = GRID // 4
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
MOVES = 10
"""A piece is a training work under another name when half of its melody's runs of ten moves stand in training works."""
TUNES_EVERY = 8


@dataclass(frozen=True)
class Unseen:
    """Pieces of an evaluation-only collection, and for each whether it stands in a training work."""

    name: str
    pieces: tuple[Prepared, ...]
    known: tuple[bool, ...]
    style: str

    def shard(self, only_new: bool = False) -> Shard:
        """As the training reads a split; conditions are ranks among these pieces."""
        chosen = [piece for piece, known in zip(self.pieces, self.known, strict=True) if not (only_new and known)]
        styles = [self.style] * len(chosen)
        vectors, scale = conditions(chosen, styles)
        with TemporaryDirectory(prefix="unseen-") as folder:
            write_shards(Path(folder), chosen, styles, ["test"] * len(chosen), vectors, scale)
            return read_shard(Path(folder) / "test.npz")


def moves(line: Line) -> Hashes:
    """Every run of ten moves of a melody as a number, whatever its key and rhythm; notes that repeat are one."""
    pitches = line[:, 1]
    turned = pitches[np.append(True, pitches[1:] != pitches[:-1])[: len(pitches)]]
    return ngrams(np.stack([np.arange(len(turned)), turned], axis=1), MOVES + 1)


def known_moves(train: Shard) -> Hashes:
    """Those of all training works, sorted."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *(moves(line) for line in lines_of_shard(train))]))


def chorales(folder: Path, known: Hashes) -> Unseen:
    """The usual 77 test chorales, a note where a voice's pitch changes."""
    told = json.loads(content(folder / "jsb-chorales-16th.json"))["test"]
    return _unseen("jsb", (_chorale(frames) for frames in told), known, "hymn")


def _chorale(frames: Sequence[Sequence[int]]) -> Score:
    rows = []
    for voice in range(len(VOICES)):
        line = [four(frame)[voice] for frame in frames]
        edges = [0, *(i for i in range(1, len(line)) if line[i] != line[i - 1]), len(line)]
        rows += [
            (first * SIXTEENTH, (after - first) * SIXTEENTH, line[first], voice, 64)
            for first, after in pairwise(edges)
            if line[first] > 0
        ]
    tracks = tuple(Track(name) for name in VOICES)
    return Score(np.array(sorted(rows), dtype=np.int32), tracks, ((0, 4 * GRID),), ())


def four(frame: Sequence[float]) -> list[int]:
    """Pitches of the four voices, 0 for one that is silent: of fewer, the last is the bass."""
    lacking = len(VOICES) - len(frame)
    upper = [int(pitch) for pitch in frame[:-1]]
    return [*upper, *[0] * min(lacking, 3), *(int(pitch) for pitch in frame[-1:] or [0])]


def nottingham(folder: Path, known: Hashes, every: int = TUNES_EVERY) -> Unseen:
    """Each eighth tune of the books, its melody alone: the reader leaves chord names out."""
    books = [tune for path in sorted(folder.glob("*.abc")) for tune in tunes(content(path).decode("latin-1"))]
    return _unseen("nottingham", _readable(books[::every]), known, "folk")


def _readable(books: Sequence[Tune]) -> Iterator[Score]:
    for tune in books:
        try:
            yield read_tune(tune)
        except Refused:
            continue


def _unseen(name: str, scores: Iterator[Score], known: Hashes, style: str) -> Unseen:
    pieces = []
    for score in scores:
        try:
            pieces.append(from_score(score))
        except Refused:
            continue
    runs = [moves(line_of(piece.tokens, piece.tonic)) for piece in pieces]
    return Unseen(name, tuple(pieces), tuple(_met(own, known) for own in runs), style)


def _met(own: Hashes, known: Hashes) -> bool:
    if not len(own) or not len(known):
        return False
    place = np.minimum(np.searchsorted(known, own), len(known) - 1)
    return bool((known[place] == own).mean() >= 0.5)
