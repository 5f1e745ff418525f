"""Composes with a transformer trained on free scores, steered bar by bar; the default."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.checkpoints import WEIGHTS, read
from models.music.networks.attention import attention_of
from models.music.networks.kinds import transformer_of
from models.music.neural import compose
from models.music.plan import Bar, BarRequest

NAME = "transformer"


class Generator:
    """Writes the pitched roles and the percussion within the plan's frame. Deterministic in request and seed.

    Raises WeightsError when the weights are missing or not the ones that were shipped.
    """

    def __init__(self, folder: Path = WEIGHTS) -> None:
        checkpoint = read(NAME, folder)
        self.network, self.weights_sha256 = transformer_of(checkpoint).ready(), checkpoint.sha256

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        return compose(self.network, requests, NAME)

    def attention(self, request: BarRequest, bar: Bar) -> list[float]:
        """How much of its attention a bar that was written here paid to each of `request.previous`."""
        return attention_of(request, bar, self.network)
