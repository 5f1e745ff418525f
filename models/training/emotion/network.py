"""The training of the recurrent estimator: fit, calibration on people left out in groups, seeded throughout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.calibration import Calibration
from models.network_weights import Cell, Network, Weights
from models.recent import STEP_S, STEPS
from models.training.emotion.calibrate import KINDS, Part, calibration
from models.training.emotion.course import DESIGNS, enough, rests_of
from models.training.emotion.distances import Distances, even, stretches
from models.training.emotion.fit import SIGNALS, Design, chosen, spread
from models.training.emotion.people import NAMES, Array
from models.training.emotion.sequences import sequences

WIDTH = 12
EVERY_S = STEP_S
ROUNDS, BATCH = 150, 256
RATE, DECAY = 0.01, 0.01
GROUPS = 3
ALONE = 0.5
"""This share of examples has one kind of signal only: whoever wears less is to be estimated too."""
SEED = 5


class Recurrent(nn.Module):
    """(row, step, 2 reading) -> (row,): log odds of stress after the last step. `Cell` is the same in numpy."""

    def __init__(self, readings: int) -> None:
        super().__init__()
        self.memory = nn.GRU(2 * readings, WIDTH, batch_first=True)
        self.said = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        _, last = self.memory(x)
        odds: Tensor = self.said(last[0])[:, 0]
        return odds

    def cell(self) -> Cell:
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        tensors = (*(self.memory.get_parameter(name) for name in names), self.said.weight[0], self.said.bias)
        return Cell(*(tensor.detach().numpy().astype(np.float64) for tensor in tensors))


def learned(people: Mapping[str, Sequence[Distances]], designs: Sequence[Design] = DESIGNS) -> Weights:
    """From people by corpus, over the readings that the logistic would choose. Raises ValueError for too few."""
    networks: list[Network] = []
    calibrations: dict[str, Calibration] = {}
    rests: dict[str, tuple[float, float]] = {}
    for design in designs:
        own = enough(people[design.corpus], design)
        names = chosen(own, design).names
        tables = [sequences(one, names) for one in own]
        networks.append(fitted(own, tables, names))
        calibrations |= _calibrated(own, tables, names, design.window_s)
        rests |= rests_of(own, names)
    return Weights(tuple(networks), calibrations, rests)


@dataclass(frozen=True, eq=False)
class Examples:
    """Every fifth second after rest that has a label and any reading: x (second, step, reading), y, whose, and how many
    `steps` its recording lets it look back on."""

    x: Array
    y: Array
    who: NDArray[np.int64]
    steps: NDArray[np.int64]

    def of_length(self, steps: int) -> tuple[NDArray[np.int64], Array]:
        """(rows that look back at least as far, their weights): people count alike, and so do calm and stressed, also
        among those who lack the same signals: neither a gap nor a beginning may tell anything."""
        rows = np.flatnonzero(self.steps >= steps)
        weights, y = even(self.y[rows], self.who[rows]), self.y[rows]
        present = np.isfinite(self.x[rows, -1]) @ (2 ** np.arange(self.x.shape[2]))
        for pattern in np.unique(present):
            calm, stressed = ((present == pattern) & (y == label) for label in (0.0, 1.0))
            both = weights[calm].sum() + weights[stressed].sum()
            for own in (calm, stressed):
                weights[own] *= 0.5 * both / max(weights[own].sum(), 1e-9) if calm.any() and stressed.any() else 0.0
        return rows, weights


def fitted(people: Sequence[Distances], tables: Sequence[Array], names: Sequence[str]) -> Network:
    """`tables` are each person's `sequences`."""
    examples = _examples(people, tables)
    spreads = np.array([spread(column[np.isfinite(column)]) for column in np.moveaxis(examples.x, 2, 0)])
    signals = tuple(SIGNALS[name] for name in names)
    with _repeatable():
        network = Recurrent(len(names))
        _learn(network, Network(tuple(names), signals, spreads, network.cell()), examples)
    return Network(tuple(names), signals, spreads, network.cell())


@contextmanager
def _repeatable() -> Iterator[None]:
    """One seed and one thread: the same numbers on every run, and small matrices are no faster on more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(SEED)
            yield
    finally:
        torch.set_num_threads(threads)


def _examples(people: Sequence[Distances], tables: Sequence[Array]) -> Examples:
    x, y, who, steps = [], [], [], []
    for number, (one, table) in enumerate(zip(people, tables, strict=True)):
        since = np.concatenate([np.arange(end - begin) for begin, end in stretches(one.person)])
        seconds = np.arange(one.person.rest_s, len(table), EVERY_S)
        told = seconds[np.isfinite(one.person.labels[seconds]) & np.isfinite(table[seconds, -1]).any(axis=1)]
        x.append(table[told])
        y.append(one.person.labels[told])
        who.append(np.full(len(told), number))
        steps.append(np.minimum(STEPS, 1 + since[told] // STEP_S))
    return Examples(np.concatenate(x), np.concatenate(y), np.concatenate(who), np.concatenate(steps))


def _learn(network: Recurrent, blank: Network, examples: Examples) -> None:
    """In every round all look back equally far: how long a recording has run tells nothing."""
    rng = np.random.default_rng(SEED)
    lengths = {length: examples.of_length(length) for length in range(1, STEPS + 1)}
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, ROUNDS)
    for _ in range(ROUNDS):
        length = int(rng.integers(1, STEPS + 1))
        rows, weights = lengths[length]
        picked = rng.integers(0, len(rows), BATCH)
        x = _less(examples.x[rows[picked]], length, blank.signals, rng)
        parts = (blank.seen(x), examples.y[rows[picked]], weights[picked])
        seen, label, weight = (torch.tensor(part, dtype=torch.float32) for part in parts)
        optimiser.zero_grad()
        losses = nn.functional.binary_cross_entropy_with_logits(network(seen), label, reduction="none")
        (losses * weight).mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        slower.step()


def _less(x: Array, length: int, signals: Sequence[str], rng: np.random.Generator) -> Array:
    """The last steps; some rows without one of the signals."""
    kinds = sorted(set(signals))
    left = rng.integers(0, len(kinds), len(x))
    alone = (rng.random(len(x)) < ALONE) & (len(kinds) > 1)
    gone = alone[:, None] & (np.array([kinds.index(signal) for signal in signals]) != left[:, None])
    earlier = np.arange(STEPS) < STEPS - length
    return np.where(gone[:, None, :] | earlier[:, None], np.nan, x)


def _calibrated(
    people: Sequence[Distances], tables: Sequence[Array], names: Sequence[str], window_s: int
) -> dict[str, Calibration]:
    """A calibration for every kind of signal that these readings can bring, by networks of all other groups."""
    groups = np.arange(len(people)) % GROUPS
    networks = [fitted(*_but(groups, group, people, tables), names) for group in range(GROUPS)]
    signals = [SIGNALS[name] for name in names]
    found = {}
    for kind, wanted in KINDS.items():
        if set(wanted) <= set(signals):
            heard = zip(people, tables, groups.tolist(), strict=True)
            parts = [_part(one, table, networks[group], wanted) for one, table, group in heard]
            found[kind] = calibration(parts, window_s)
    return found


def _but(
    groups: NDArray[np.int64], group: int, people: Sequence[Distances], tables: Sequence[Array]
) -> tuple[list[Distances], list[Array]]:
    others = np.flatnonzero(groups != group).tolist()
    return [people[i] for i in others], [tables[i] for i in others]


def _part(one: Distances, table: Array, network: Network, wanted: Sequence[str]) -> Part:
    """What the network says of seconds that have every one of these signals, without the others."""
    own = [signal in wanted for signal in network.signals]
    known = np.isfinite(table[:, -1]) & own
    there = np.all([known[:, [s == signal for s in network.signals]].any(axis=1) for signal in wanted], axis=0)
    odds = np.full(len(table), np.nan)
    odds[there] = network.log_odds(np.where(own, table[there], np.nan))
    qualities = one.person.qualities[:, [NAMES.index(name) for name in network.readings]]
    quality = np.where(known, qualities, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return Part(one, odds, quality)
