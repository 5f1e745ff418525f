"""What a table of counts reaches on the same held-out tokens: the floors that a network has to be far below."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import VOCABULARY
from models.training.music.windows import PAD, Batch

Tokens = NDArray[np.uint16]


def floors(learned: Tokens, batches: Iterable[Batch]) -> dict[str, float]:
    """Nats a token of the batches by single tokens and by pairs, counted on `learned` (n,).

    Pairs fall back on single tokens by as many as follow (Witten & Bell 1991), those by one for every token.
    """
    size = len(VOCABULARY)
    single = (np.bincount(learned, minlength=size) + 1.0) / (len(learned) + size)
    pairs = np.bincount(learned[:-1].astype(np.int64) * size + learned[1:], minlength=size * size)
    counts = pairs.reshape(size, size).astype(np.float64)
    kinds = np.maximum(1, (counts > 0).sum(axis=1, keepdims=True))
    pair = (counts + kinds * single) / (counts.sum(axis=1, keepdims=True) + kinds)
    before, after = _pairs(batches)
    return {
        "unigram": round(float(-np.log(single[after]).mean()), 4),
        "bigram": round(float(-np.log(pair[before, after]).mean()), 4),
    }


def _pairs(batches: Iterable[Batch]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every token that is told and the one before it."""
    parts = [(batch.tokens[:, :-1], batch.tokens[:, 1:]) for batch in batches]
    before = np.concatenate([own.ravel() for own, _ in parts])
    after = np.concatenate([own.ravel() for _, own in parts])
    told = after != PAD
    return before[told], after[told]
