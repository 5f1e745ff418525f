"""What the linear estimator learned: a row for each reading, a calibration for each kind of signal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models import calibration, shipped
from models.calibration import Calibration
from models.shipped import WEIGHTS, WeightsError

NAME = "emotion_linear"
FURTHEST = 1.5
"""Distances are cut off at this many spreads: no single reading may decide."""


@dataclass(frozen=True)
class Term:
    """One reading. Its log odds are weight * (distance / spread, cut off, - middle); an absent one adds nothing.

    `distance` is from the person's usual level, scaled as in `models.usual`. `spread` is the training people's pooled
    SD. `middle` is the distance that tells neither way.
    """

    reading: str
    signal: str
    weight: float
    spread: float
    middle: float

    def log_odds(self, distance: float) -> float:
        return self.weight * (min(FURTHEST, max(-FURTHEST, distance / self.spread)) - self.middle)


@dataclass(frozen=True)
class Weights:
    """`calibrations` by the signals present: heart, skin, heart+skin, brain. `rests`: lowest and highest scaled rest
    of each reading among the people it was trained on."""

    terms: tuple[Term, ...]
    calibrations: Mapping[str, Calibration]
    rests: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        numbers = [n for term in self.terms for n in (term.weight, term.spread, term.middle)]
        numbers += [n for row in self.calibrations.values() for n in (row.gain, row.lapses, row.half_width)]
        if not all(map(isfinite, numbers)) or any(term.spread <= 0 for term in self.terms):
            raise WeightsError("weights that are no numbers, or a spread that isn't above 0")


def read(name: str = NAME, folder: Path = WEIGHTS) -> Weights:
    """Raises WeightsError when the file is missing, altered, or not of this kind."""
    content = shipped.content(name, folder)
    about = shipped.about(content)
    try:
        held = {key: value.tolist() for key, value in load(content).items()}
        rows = zip(about["readings"], about["signals"], held["weight"], held["spread"], held["middle"], strict=True)
        return Weights(tuple(Term(*row) for row in rows), *calibration.held(about, held))
    except (KeyError, ValueError, TypeError, SafetensorError) as error:
        raise WeightsError(f"the weights of {name!r} are not those of a linear estimator: {error}") from error


def ship(weights: Weights, about: Mapping[str, Any], folder: Path = WEIGHTS, name: str = NAME) -> str:
    """Write them beside what is told about them; returns the SHA-256 that is now listed."""
    tensors = {
        "weight": [term.weight for term in weights.terms],
        "spread": [term.spread for term in weights.terms],
        "middle": [term.middle for term in weights.terms],
        **calibration.rows_of(weights.calibrations, weights.rests),
    }
    told = {
        "kind": "linear",
        "readings": [term.reading for term in weights.terms],
        "signals": [term.signal for term in weights.terms],
        **calibration.names_of(weights.calibrations, weights.rests),
        **about,
    }
    arrays = {key: np.array(values, np.float64) for key, values in tensors.items()}
    content = save(arrays, metadata={"about": json.dumps(told, sort_keys=True)})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    digest = sha256(content).hexdigest()
    shipped.enter(name, digest, folder)
    return digest
