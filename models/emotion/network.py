"""A small recurrent network over the last minute of heart, skin and EEG, compared with the usual level."""

from __future__ import annotations

from functools import cache
from math import factorial

import numpy as np
from numpy.typing import NDArray

from models.affect import Affect
from models.body_words import compared
from models.evidence import Evidence, Judgement, unknown, why_nothing
from models.network_weights import Array, Network, Weights, read
from models.person import Baseline, Person
from models.usual import usable
from sensors.readings import Features


class Estimator:
    """Remembers nothing between calls: the last minute comes with the person. Signals may be missing.

    A signal that is not usable now says nothing, whatever it said before.
    """

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = read() if weights is None else weights
        self._judgement = Judgement(self._weights.calibrations, self._weights.rests)

    def estimate(self, features: Features, person: Person) -> Affect:
        if person.baseline is None:
            return unknown(features, person.why_no_rest)
        known = person.after(features)
        found = [p for one in self._weights.networks for p in _evidence(one, features, known, person.baseline)]
        if not found:
            return unknown(features, why_nothing(features, [n for one in self._weights.networks for n in one.readings]))
        return self._judgement.affect(features, person, person.baseline, found)


def _evidence(network: Network, features: Features, person: Person, baseline: Baseline) -> list[Evidence]:
    """Each usable reading with its share of what the network says, not yet calibrated."""
    levels = _levels(network, features, person, baseline)
    if not levels:
        return []
    distances = person.recent.steps(network.readings, features.at_s)
    distances -= [levels.get(name, np.nan) for name in network.readings]
    columns = [i for i, name in enumerate(network.readings) if name in levels]
    said = network.cell.log_odds(_with_some_as_usual(network.seen(distances), columns))
    odds = said[0] / len(columns) + shares(len(columns)) @ said
    found = []
    for i, amount in zip(columns, odds.tolist(), strict=True):
        name, reading = network.readings[i], features.readings[network.readings[i]]
        assert reading.value is not None
        spreads = (person.usual.now(name, reading.value) - levels[name]) / float(network.spreads[i])
        words = compared(name, reading.value, levels[name], spreads, "your usual level")
        found.append(Evidence(name, network.signals[i], amount, reading.quality, words))
    return found


def _levels(network: Network, features: Features, person: Person, baseline: Baseline) -> dict[str, float]:
    """The usual level of each reading that is usable now."""
    present = [name for name in network.readings if usable(features.readings.get(name))]
    levels = {name: person.usual.level(name, baseline.medians.get(name)) for name in present}
    return {name: level for name, level in levels.items() if level is not None}


def _with_some_as_usual(seen: Array, columns: list[int]) -> Array:
    """(2 ** readings, step, 2 reading): as it was where a bit of the row is set, at its usual level where not."""
    rows = np.repeat(seen[None], 2 ** len(columns), axis=0)
    for bit, column in enumerate(columns):
        rows[_lacking(len(columns), bit), :, column] = 0.0
    return rows


@cache
def _lacking(readings: int, bit: int) -> NDArray[np.int64]:
    return np.flatnonzero(~np.arange(2**readings) >> bit & 1)


@cache
def shares(readings: int) -> Array:
    """(reading, row): times what is said of every row, the Shapley value of each reading.

    They add up to the last row (all as they were) less the first (all as usual).
    """
    table = np.zeros((readings, 2**readings))
    for row in range(2**readings):
        others = row.bit_count()
        for bit in range(readings):
            if not row >> bit & 1:
                weight = factorial(others) * factorial(readings - others - 1) / factorial(readings)
                table[bit, row | 1 << bit] += weight
                table[bit, row] -= weight
    return table
