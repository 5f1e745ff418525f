"""A small recurrent network over the seconds of a window, fitted as the linear estimator is; for comparison only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from models.linear_weights import FURTHEST
from models.training.emotion.distances import Distances, even, mean_known, windows
from models.training.emotion.fit import Design
from models.training.emotion.people import Array

STEP_S = 5
WIDTH = 12
STEPS = 150
RATE, DECAY = 0.02, 0.01
SEED = 5


class Sequences(nn.Module):
    """(window, step, 2 * reading) -> (window,): log odds of stress. Absent readings are 0 and marked as absent."""

    def __init__(self, readings: int) -> None:
        super().__init__()
        self.memory = nn.GRU(2 * readings, WIDTH, batch_first=True)
        self.said = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        _, last = self.memory(x)
        odds: Tensor = self.said(last[0])[:, 0]
        return odds


def chances(people: Sequence[Distances], names: Sequence[str], design: Design) -> list[Array]:
    """Each person's windows, by a network fitted on all others; nothing about it was chosen by looking."""
    tables = [_sequences(one, names, design.window_s) for one in people]
    labels = [np.array([label for _, _, label in windows(one.person, design.window_s)]) for one in people]
    return [_without(number, tables, labels) for number in range(len(people))]


def _without(number: int, tables: Sequence[Array], labels: Sequence[Array]) -> Array:
    others = [i for i in range(len(tables)) if i != number]
    who = np.repeat(others, [len(labels[i]) for i in others])
    x, y = np.concatenate([tables[i] for i in others]), np.concatenate([labels[i] for i in others])
    spreads = np.nanstd(x, axis=(0, 1))
    network = _fitted(_input(x, spreads), torch.tensor(y, dtype=torch.float32), torch.tensor(even(y, who)))
    with torch.no_grad():
        told: Array = torch.sigmoid(network(_input(tables[number], spreads))).numpy().astype(np.float64)
    return told


def _fitted(x: Tensor, y: Tensor, weights: Tensor) -> Sequences:
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        network = Sequences(x.shape[2] // 2)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        optimiser.zero_grad()
        losses = nn.functional.binary_cross_entropy_with_logits(network(x), y, reduction="none")
        (losses * weights).mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return network


def _sequences(one: Distances, names: Sequence[str], window_s: int) -> Array:
    """(window, step, reading): means of five seconds, NaN where there is nothing."""
    table = one.of(names)
    spans = [range(a, b, STEP_S) for a, b, _ in windows(one.person, window_s)]
    steps = [[mean_known(table[s : s + STEP_S]) for s in span] for span in spans]
    return np.array(steps).reshape(len(spans), window_s // STEP_S, len(names))


def _input(x: Array, spreads: Array) -> Tensor:
    near = np.clip(x / spreads, -2 * FURTHEST, 2 * FURTHEST)
    known = np.isfinite(near)
    return torch.tensor(np.concatenate((np.where(known, near, 0.0), known), axis=2), dtype=torch.float32)
