"""What the linear estimator learned: a row for each reading, a calibration for each kind of signal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import exp, isfinite, log
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models import shipped
from models.shipped import WEIGHTS, WeightsError

NAME = "emotion_linear"
FURTHEST = 1.5
"""Distances are cut off at this many spreads: no single reading may decide."""
BODY, BRAIN = ("heart", "skin"), "brain"


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
class Calibration:
    """Fitted on people left out: `gain` on the log odds, the share of `lapses` (people who react the other way round,
    which keeps probabilities off 0 and 1), and the half-width of the 90 % interval."""

    gain: float
    lapses: float
    half_width: float

    def odds(self, log_odds: float) -> float:
        """Calibrated log odds; lapses bound them."""
        chance = self.lapses + (1 - 2 * self.lapses) / (1 + exp(-self.gain * log_odds))
        return log(chance / (1 - chance))


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


def kind_of(signals: set[str]) -> str:
    """'heart+skin': the body's signals among these, as calibrations name them; '' for none."""
    return "+".join(signal for signal in BODY if signal in signals)


def read(name: str = NAME, folder: Path = WEIGHTS) -> Weights:
    """Raises WeightsError when the file is missing, altered, or not of this kind."""
    content = shipped.content(name, folder)
    about = shipped.about(content)
    try:
        held = {key: value.tolist() for key, value in load(content).items()}
        rows = zip(about["readings"], about["signals"], held["weight"], held["spread"], held["middle"], strict=True)
        return Weights(
            tuple(Term(*row) for row in rows),
            {
                kind: Calibration(*row)
                for kind, *row in zip(about["kinds"], held["gain"], held["lapses"], held["half_width"], strict=True)
            },
            {
                reading: (low, high)
                for reading, low, high in zip(about["rests"], held["rest_low"], held["rest_high"], strict=True)
            },
        )
    except (KeyError, ValueError, TypeError, SafetensorError) as error:
        raise WeightsError(f"the weights of {name!r} are not those of a linear estimator: {error}") from error


def ship(weights: Weights, about: Mapping[str, Any], folder: Path = WEIGHTS, name: str = NAME) -> str:
    """Write them beside what is told about them; returns the SHA-256 that is now listed."""
    tensors = {
        "weight": [term.weight for term in weights.terms],
        "spread": [term.spread for term in weights.terms],
        "middle": [term.middle for term in weights.terms],
        "gain": [row.gain for row in weights.calibrations.values()],
        "lapses": [row.lapses for row in weights.calibrations.values()],
        "half_width": [row.half_width for row in weights.calibrations.values()],
        "rest_low": [low for low, _ in weights.rests.values()],
        "rest_high": [high for _, high in weights.rests.values()],
    }
    told = {
        "kind": "linear",
        "readings": [term.reading for term in weights.terms],
        "signals": [term.signal for term in weights.terms],
        "kinds": [*weights.calibrations],
        "rests": [*weights.rests],
        **about,
    }
    arrays = {key: np.array(values, np.float64) for key, values in tensors.items()}
    content = save(arrays, metadata={"about": json.dumps(told, sort_keys=True)})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    digest = sha256(content).hexdigest()
    shipped.enter(name, digest, folder)
    return digest
