"""Rows of tokens that a network writes on its own: chance within the grammar, nothing else that a decoder knows."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from models.music.condition import SIZE
from models.music.networks.kinds import Network
from models.music.networks.transformer import Prompt
from models.music.tokens import FOLLOWERS, VOCABULARY
from models.training.music.windows import Batch

KINDS = tuple(section.kind for section in VOCABULARY.sections)
KIND_OF = np.array([KINDS.index(kind) for kind, _ in VOCABULARY.meanings])
MAY_FOLLOW = np.array([[KINDS[other] in FOLLOWERS[kind] for other in KIND_OF] for kind in KINDS])
"""By kind of the token before, (kinds, vocabulary)."""
MAY_FOLLOW[:, list(VOCABULARY.span("special"))] = False
BAR, PLACE = KINDS.index("bar"), KINDS.index("place")
FIRST_PLACE = VOCABULARY.span("place")[0] - 1  # the token of place p is this plus p

NOTHING_BEFORE = Prompt(torch.empty(0, dtype=torch.long), torch.empty(0, SIZE), torch.empty(0, dtype=torch.long))

Rows = NDArray[np.int64]


@torch.inference_mode()
def sampled(network: Network, asked: Batch, count: int, rng: np.random.Generator) -> list[Rows]:
    """A row for each of `asked`: its first bar line, then `count` tokens less the last bar if it is not whole.

    What its first bar is asked, a row is asked throughout.
    """
    writing = copy.deepcopy(network).cpu().eval()
    tokens = asked.tokens[:, :1]
    batch = writing.begin([NOTHING_BEFORE] * len(tokens), torch.from_numpy(asked.conditions[:, 0]), count)
    for _ in range(count):
        logits = (
            batch.step(torch.from_numpy(tokens[:, -1]))
            .double()
            .masked_fill(~torch.from_numpy(allowed(tokens)), -torch.inf)
        )
        held = logits.softmax(dim=-1).cumsum(dim=-1).numpy()
        drawn = (held < rng.random((len(held), 1)) * held[:, -1:]).sum(axis=1)
        tokens = np.concatenate([tokens, drawn[:, None]], axis=1)
    return [_whole(row) for row in tokens]


def allowed(rows: Rows) -> NDArray[np.bool_]:
    """Which tokens may come next after rows (rows, tokens) that begin with a bar line: (rows, vocabulary)."""
    mask: NDArray[np.bool_] = MAY_FOLLOW[KIND_OF[rows[:, -1]]]
    places = FIRST_PLACE + np.arange(1, 1 + len(VOCABULARY.span("place")))
    for row, tokens in enumerate(rows):
        line = int(np.flatnonzero(KIND_OF[tokens] == BAR)[-1])
        steps = int(VOCABULARY.meanings[tokens[line]][1])
        at = max([0, *(tokens[line:][KIND_OF[tokens[line:]] == PLACE] - FIRST_PLACE)])
        mask[row, places] &= (places - FIRST_PLACE > at) & (places - FIRST_PLACE < steps)
    return mask


def _whole(row: Rows) -> Rows:
    """Up to the last bar line, or all where there is but one."""
    last = int(np.flatnonzero(KIND_OF[row] == BAR)[-1])
    return row[: last or len(row)]
