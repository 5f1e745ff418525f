"""How well the networks expect music they never met, in nats a token and bits a note, beside counting floors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from models.music.networks.kinds import Network
from models.music.tokens import VOCABULARY
from models.training.corpus.shards import Shard
from models.training.music.loop import loss_of
from models.training.music.windows import PAD, ROLE_OF, Batch, Windows

Ids = NDArray[np.int64]
Odds = Callable[[Ids, Ids], NDArray[np.float64]]

ROWS, LENGTH = 16, 384
PULL = 20.0
"""How many tokens the unigram counts for beside a bigram's own counts."""


@dataclass(frozen=True)
class Surprise:
    """Mean negative log-likelihood over `tokens` tokens that hold `notes` notes."""

    nats_a_token: float
    tokens: int
    notes: int

    @property
    def bits_a_note(self) -> float:
        return self.nats_a_token * self.tokens / max(1, self.notes) / math.log(2)


def batches(shard: Shard, most: int) -> list[Batch]:
    """Windows from bar lines on, spread over the shard, every wish told; each is read without what went before."""
    return list(Windows(shard, LENGTH).in_order(ROWS, most))


def unconditioned(batch: Batch) -> Batch:
    return replace(batch, conditions=np.zeros_like(batch.conditions))


@torch.inference_mode()
def surprise(model: Network, told: list[Batch], conditions: bool) -> Surprise:
    model.eval()
    total, count, notes = 0.0, 0, 0
    device = next(model.parameters()).device
    for batch in told:
        loss, tokens = loss_of(model, batch if conditions else unconditioned(batch), device)
        total, count = total + float(loss) * tokens, count + tokens
        notes += _notes(batch)
    return Surprise(total / max(1, count), count, notes)


def _notes(batch: Batch) -> int:
    return int((ROLE_OF[batch.tokens[:, 1:]] >= 0).sum())


class Counts:
    """Unigram and bigram of a split's tokens."""

    def __init__(self, tokens: NDArray[np.uint16]) -> None:
        size = len(VOCABULARY)
        pairs = tokens[:-1].astype(np.int64) * size + tokens[1:]
        self._pairs = np.bincount(pairs, minlength=size * size).reshape(size, size)
        single = np.bincount(tokens, minlength=size) + 0.5
        self._single = single / single.sum()

    def unigram(self, told: list[Batch]) -> Surprise:
        return _over(told, lambda before, after: self._single[after])

    def bigram(self, told: list[Batch]) -> Surprise:
        """Counts of pairs, drawn towards the unigram where they are few."""
        known = self._pairs.sum(axis=1)

        def odds(before: Ids, after: Ids) -> NDArray[np.float64]:
            counted = self._pairs[before, after] + PULL * self._single[after]
            found: NDArray[np.float64] = counted / (known[before] + PULL)
            return found

        return _over(told, odds)


def _over(told: list[Batch], odds: Odds) -> Surprise:
    total, count, notes = 0.0, 0, 0
    for before, after in _pairs(told):
        total -= float(np.log(odds(before, after)).sum())
        count += len(after)
        notes += int((ROLE_OF[after] >= 0).sum())
    return Surprise(total / max(1, count), count, notes)


def _pairs(told: list[Batch]) -> Iterator[tuple[Ids, Ids]]:
    for batch in told:
        heard = batch.tokens[:, 1:] != PAD
        yield batch.tokens[:, :-1][heard], batch.tokens[:, 1:][heard]
