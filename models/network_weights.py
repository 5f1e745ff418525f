"""What the recurrent estimator learned: a small network for the body and one for the brain, and their calibrations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models import calibration, shipped
from models.calibration import Calibrations, Rests
from models.linear_weights import FURTHEST
from models.shipped import WEIGHTS, WeightsError

NAME = "emotion_network"
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cell:
    """A GRU and what it says at the end, as torch keeps them: gates reset, update and new, one below the other.

    taken (3 width, 2 reading), kept (3 width, width), taken_bias and kept_bias (3 width), said (width), said_bias (1).
    """

    taken: Array
    kept: Array
    taken_bias: Array
    kept_bias: Array
    said: Array
    said_bias: Array

    def log_odds(self, x: Array) -> Array:
        """(row, step, 2 reading) -> (row,): log odds of stress after the last step, not yet calibrated."""
        width = len(self.said)
        given = x @ self.taken.T + self.taken_bias
        state = np.zeros((len(x), width))
        for step in range(x.shape[1]):
            own = state @ self.kept.T + self.kept_bias
            gates = _logistic(given[:, step, : 2 * width] + own[:, : 2 * width])
            reset, update = gates[:, :width], gates[:, width:]
            new = np.tanh(given[:, step, 2 * width :] + reset * own[:, 2 * width :])
            state = new + update * (state - new)
        odds: Array = state @ self.said + self.said_bias[0]
        return odds


def _logistic(x: Array) -> Array:
    """By tanh, which cannot overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


@dataclass(frozen=True, eq=False)
class Network:
    """Readings of one part of the body, as distances over `spreads`; those absent now are 0 and marked as absent."""

    readings: tuple[str, ...]
    signals: tuple[str, ...]
    spreads: Array
    cell: Cell

    def seen(self, distances: Array) -> Array:
        """(…, step, reading), NaN where absent -> (…, step, 2 reading): no single reading may decide.

        Gaps are as what follows them, so that neither they nor a beginning tell anything.
        """
        near = np.clip(distances / self.spreads, -FURTHEST, FURTHEST)
        for step in reversed(range(near.shape[-2] - 1)):
            near[..., step, :] = np.where(np.isnan(near[..., step, :]), near[..., step + 1, :], near[..., step, :])
        known = np.isfinite(near)
        return np.concatenate((np.where(known, near, 0.0), known), axis=-1)

    def log_odds(self, distances: Array) -> Array:
        """(row, step, reading) -> (row,)"""
        return self.cell.log_odds(self.seen(distances))


@dataclass(frozen=True, eq=False)
class Weights:
    networks: tuple[Network, ...]
    calibrations: Calibrations
    rests: Rests


def read(name: str = NAME, folder: Path = WEIGHTS) -> Weights:
    """Raises WeightsError when the file is missing, altered, or not of this kind."""
    content = shipped.content(name, folder)
    about = shipped.about(content)
    try:
        tensors = {key: value.astype(np.float64) for key, value in load(content).items()}
        columns = {key: value.tolist() for key, value in tensors.items() if value.ndim == 1}
        networks = [_network(i, tensors, row) for i, row in enumerate(about["networks"])]
        found = Weights(tuple(networks), *calibration.held(about, columns))
    except (KeyError, ValueError, TypeError, SafetensorError) as error:
        raise WeightsError(f"the weights of {name!r} are not those of a recurrent estimator: {error}") from error
    if not all(np.isfinite(value).all() for value in tensors.values()) or any(
        (network.spreads <= 0).any() for network in networks
    ):
        raise WeightsError("weights that are no numbers, or a spread that isn't above 0")
    return found


def _network(i: int, tensors: Mapping[str, Array], row: Mapping[str, Any]) -> Network:
    cell = Cell(**{field.name: tensors[f"{i}.{field.name}"] for field in fields(Cell)})
    return Network(tuple(row["readings"]), tuple(row["signals"]), tensors[f"{i}.spreads"], cell)


def ship(weights: Weights, about: Mapping[str, Any], folder: Path = WEIGHTS, name: str = NAME) -> str:
    """Write them beside what is told about them; returns the SHA-256 that is now listed."""
    told = {
        "kind": "network",
        "networks": [{"readings": [*one.readings], "signals": [*one.signals]} for one in weights.networks],
        **calibration.names_of(weights.calibrations, weights.rests),
        **about,
    }
    columns = calibration.rows_of(weights.calibrations, weights.rests)
    arrays = {key: np.array(values, np.float64) for key, values in columns.items()}
    for i, network in enumerate(weights.networks):
        arrays[f"{i}.spreads"] = network.spreads
        arrays |= {f"{i}.{field.name}": getattr(network.cell, field.name) for field in fields(Cell)}
    content = save(arrays, metadata={"about": json.dumps(told, sort_keys=True)})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    digest = sha256(content).hexdigest()
    shipped.enter(name, digest, folder)
    return digest
