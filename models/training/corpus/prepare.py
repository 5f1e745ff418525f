"""One piece from its file to what training needs, kept by the hash of its bytes so that it is done only once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import GRID, WrittenBar, encode
from models.training.corpus.conditions import features, rhythm_pattern, scale_masks
from models.training.corpus.metre import bar_lines
from models.training.corpus.roles import written_bars
from models.training.corpus.score import Refused, Score
from models.training.corpus.sources import Source
from models.training.corpus.themes import treatments
from models.training.labels import measured, played

VERSION = 2  # of everything that makes a piece's arrays; a change makes all pieces anew
CONVERTERS_TEMPO = 120.0  # what notation programs write when the score has no tempo
INCIPIT, LEAST_PITCHES = 20, 6  # melody notes, and different ones, by which a tune is known under another title

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """A piece's arrays, one row a bar unless said otherwise.

    `tokens` (n,) uint16 with `lengths` tokens a bar; `tonic`, `treatment` uint8; `scale`, `rhythm`, `back` uint16;
    `tempo` beats a minute, NaN for unknown; `features` (bars, 5) in the order of `FEATURES`;
    `measures` (pairs of bars, 8). `notes` counts them, `incipit` names the opening of the melody ('' if short).
    """

    tokens: NDArray[np.uint16]
    lengths: NDArray[np.uint16]
    tonic: NDArray[np.uint8]
    treatment: NDArray[np.uint8]
    scale: NDArray[np.uint16]
    rhythm: NDArray[np.uint16]
    back: NDArray[np.uint16]
    tempo: NDArray[np.float32]
    features: NDArray[np.float32]
    measures: NDArray[np.float32]
    notes: int
    incipit: str

    @property
    def bars(self) -> int:
        return len(self.lengths)


def prepare(source: Source, kept: Path) -> tuple[str, Prepared]:
    """(hash of the bytes, arrays) of a piece, from `kept` when it was made before. Raises Refused."""
    content = source.load()
    digest = sha256(content).hexdigest()
    file = kept / digest[:2] / f"{digest}-{VERSION}.npz"
    if file.is_file():
        return digest, _loaded(file)
    made = from_score(source.read(content))
    file.parent.mkdir(parents=True, exist_ok=True)
    _store(made, file)
    return digest, made


def from_score(score: Score) -> Prepared:
    """A score's bars as tokens with everything that is measured on them. Raises Refused when none sounds."""
    lines = bar_lines(score)
    bars, starts = written_bars(score, lines)
    if not bars:
        raise Refused("no bar sounds once reduced to roles")
    tempos = tempos_at(score, starts)
    each = [encode([bar]) for bar in bars[:-1]] + [encode(bars[-1:], end=True)]
    themes = np.array(treatments(bars), dtype=np.int64)
    return Prepared(
        tokens=np.concatenate(each),
        lengths=np.array([len(tokens) for tokens in each], dtype=np.uint16),
        tonic=np.array([bar.tonic for bar in bars], dtype=np.uint8),
        treatment=themes[:, 0].astype(np.uint8),
        scale=np.array(scale_masks(bars), dtype=np.uint16),
        rhythm=np.array([rhythm_pattern(bar) for bar in bars], dtype=np.uint16),
        back=themes[:, 1].astype(np.uint16),
        tempo=tempos.astype(np.float32),
        features=np.array([features(bar) for bar in bars], dtype=np.float32),
        measures=measured(played(bars, tempos.tolist()), (~np.isnan(tempos)).tolist()).astype(np.float32),
        notes=sum(len(bar.notes) for bar in bars),
        incipit=incipit(bars),
    )


def tempos_at(score: Score, starts: Sequence[int]) -> Array:
    """Beats a minute at these steps, (n,); NaN where the source has no more than its converter's own tempo."""
    if not score.tempos or set(score.tempos) == {(0, CONVERTERS_TEMPO)}:
        return np.full(len(starts), np.nan)
    at = np.searchsorted([step for step, _ in score.tempos], starts, side="right") - 1
    return np.array([score.tempos[max(0, index)][1] for index in at])


def incipit(bars: list[WrittenBar]) -> str:
    """A name for intervals and onset distances of the first `INCIPIT` melody notes, '' where they say too little."""
    line: list[tuple[int, int]] = []
    start = 0
    for bar in bars:
        line += [(start + round(n.start_beat * GRID), n.pitch) for n in bar.notes if n.role == "melody"]
        start += bar.steps
        if len(line) >= INCIPIT:
            if len({pitch for _, pitch in line[:INCIPIT]}) < LEAST_PITCHES:
                return ""
            steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(line[:INCIPIT])]
            return sha256(json.dumps(steps).encode()).hexdigest()[:16]
    return ""


ARRAYS = (
    "tokens", "lengths", "tonic", "treatment", "scale", "rhythm", "back", "tempo", "features", "measures",
)  # fmt: skip


def _store(made: Prepared, file: Path) -> None:
    """Written beside and moved into place, so that a broken-off run leaves no half file."""
    arrays = {name: getattr(made, name) for name in ARRAYS}
    beside = file.with_suffix(".part")
    with beside.open("wb") as stream:
        np.savez_compressed(stream, notes=np.int64(made.notes), incipit=np.array(made.incipit), **arrays)
    beside.replace(file)


def _loaded(file: Path) -> Prepared:
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in ARRAYS}
        return Prepared(**arrays, notes=int(stored["notes"]), incipit=str(stored["incipit"]))


def same_music(one: Prepared) -> str:
    """A name that two pieces share when they are the same notes in any key."""
    return sha256(one.tokens.tobytes()).hexdigest()
