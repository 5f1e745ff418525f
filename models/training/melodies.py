"""Melodies read out of role tokens, also out of sampled ones that are no well-formed bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.music.ngrams import Line, highest
from models.music.tokens import VOCABULARY
from models.music.tokens.codec import END, shift
from models.training.corpus.shards import Shard

KINDS = ("bar", "place", "melody")
BAR, PLACE, MELODY = 1, 2, 3
KIND = np.array([KINDS.index(kind) + 1 if kind in KINDS else 0 for kind, _ in VOCABULARY.meanings])
VALUE = np.array([value if isinstance(value, int) else 0 for _, value in VOCABULARY.meanings])
SHIFTS = np.array([shift(tonic) for tonic in range(12)])


def line_of(tokens: ArrayLike, tonics: Sequence[int] | NDArray[np.integer] | None = None) -> Line:
    """The melody of one piece's tokens. `tonics` (a pitch class a bar) undoes the shift of key-relative pitches.

    Without them all bars count as in one key. Tokens out of place are read for what they say; what stands before the
    first bar line, and what is no token, is left out.
    """
    given = np.asarray(tokens, dtype=np.int64)
    given = given[(given >= 0) & (given < len(VOCABULARY))]
    given = given[np.cumsum(KIND[given] == BAR) > 0]
    kind, value = KIND[given], VALUE[given]
    here = np.arange(len(given))
    lengths = np.where(kind == BAR, value, 0)
    starts = np.cumsum(lengths) - lengths  # of the bar that opens here
    opened = np.maximum.accumulate(np.where(kind == BAR, here, 0))
    placed = np.maximum.accumulate(np.where((kind == PLACE) | (kind == BAR), here, 0))
    onset = starts[opened] + np.where(kind[placed] == PLACE, value[placed], 0)
    notes = kind == MELODY
    pitch = value[notes]
    if tonics is not None:
        bar = np.cumsum(kind == BAR) - 1
        pitch = pitch + SHIFTS[np.asarray(tonics)[bar[notes]]]
    return highest(np.stack([onset[notes], pitch], axis=1))


def lines_of_rows(rows: Sequence[ArrayLike]) -> list[Line]:
    """The melodies of sampled rows; a row that goes on after an end token holds several pieces."""
    lines = []
    for row in rows:
        given = np.asarray(row, dtype=np.int64)
        lines += [line_of(part) for part in np.split(given, np.flatnonzero(given == END) + 1)]
    return [line for line in lines if len(line)]


def lines_of_shard(shard: Shard) -> list[Line]:
    """The melody of every piece of a split, in the shard's order; empty where a piece has none."""
    lines = []
    for piece in range(len(shard.pieces)):
        bars = shard.bars_of(piece)
        lines.append(line_of(shard.tokens_of(bars), shard.tonic[bars.start : bars.stop]))
    return lines
