"""Composes with an LSTM trained on the same scores and steered by the same wishes; small, and steady in pace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.checkpoints import WEIGHTS, read
from models.music.networks.kinds import rebuilt
from models.music.neural import compose
from models.music.plan import Bar, BarRequest

NAME = "lstm"


class Generator:
    """Writes within the plan's frame as the transformer does. Deterministic in request and seed.

    Raises WeightsError when the weights are missing or not the ones that were shipped.
    """

    def __init__(self, folder: Path = WEIGHTS) -> None:
        checkpoint = read(NAME, folder)
        self.network, self.weights_sha256 = rebuilt(checkpoint).ready(), checkpoint.sha256

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        return compose(self.network, requests, NAME)
