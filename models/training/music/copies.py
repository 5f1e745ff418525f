"""How much of what a network writes stands in training works, and how much may: no more than in what people write."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.music.networks.kinds import Network
from models.music.originality import Originality
from models.training.copying import share_of_tokens
from models.training.music.sampling import sampled
from models.training.music.windows import Windows

ROWS, TOKENS = 16, 200
MOST_SAMPLES = 64
CARD_ROWS = 64
PEOPLE = 0.95  # of samples of people's works copy less than what is allowed


class Copies:
    """Looks up samples of `ROWS` rows of `TOKENS` tokens, begun as `held_out` works are, in an index of melodies."""

    def __init__(self, index: Originality, held_out: Windows, seed: int) -> None:
        self._index, self._held_out, self._seed = index, held_out, seed

    def of(self, network: Network, rows: int = ROWS) -> float:
        """Share of runs of nine melody notes that a training work has too; the same network gives the same share."""
        (asked,) = self._held_out.in_order(rows, 1)
        rng = np.random.default_rng([self._seed, 9])
        return share_of_tokens(sampled(network, asked, TOKENS, rng), self._index)

    def people(self) -> float:
        """The same share of the held-out works themselves."""
        return share_of_tokens(self._rows(), self._index)

    def allowed(self) -> float:
        """What 19 of 20 samples of the same size from held-out works of people stay below."""
        rows = self._rows()
        samples = max(1, len(rows) // ROWS)  # each of them spread over all works, as the network's is
        shares = [share_of_tokens(rows[first::samples], self._index) for first in range(samples)]
        return float(np.quantile(shares, PEOPLE))

    def _rows(self) -> list[NDArray[np.int64]]:
        return [row for batch in self._held_out.in_order(ROWS, MOST_SAMPLES) for row in batch.tokens]
