"""What people left out of training showed of an estimator: how far its log odds can be believed, and who they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

BODY, BRAIN = ("heart", "skin"), "brain"
Rests = Mapping[str, tuple[float, float]]
"""Lowest and highest scaled rest of each reading among the people in training."""


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


Calibrations = Mapping[str, Calibration]
"""By the signals present: heart, skin, heart+skin, brain."""


def kind_of(signals: set[str]) -> str:
    """'heart+skin': the body's signals among these, as calibrations name them; '' for none."""
    return "+".join(signal for signal in BODY if signal in signals)


def kinds_of(signals: set[str]) -> tuple[str, ...]:
    """The calibrations that these signals ask for: one for the body's, one for the brain's."""
    body = kind_of(signals)
    return (*([body] if body else []), *([BRAIN] if BRAIN in signals else []))


def rows_of(calibrations: Calibrations, rests: Rests) -> dict[str, list[float]]:
    """As columns, to be written beside weights; `names_of` says what their rows are."""
    return {
        "gain": [row.gain for row in calibrations.values()],
        "lapses": [row.lapses for row in calibrations.values()],
        "half_width": [row.half_width for row in calibrations.values()],
        "rest_low": [low for low, _ in rests.values()],
        "rest_high": [high for _, high in rests.values()],
    }


def names_of(calibrations: Calibrations, rests: Rests) -> dict[str, list[str]]:
    return {"kinds": [*calibrations], "rests": [*rests]}


def held(about: Mapping[str, Any], columns: Mapping[str, Sequence[float]]) -> tuple[Calibrations, Rests]:
    """What `rows_of` and `names_of` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    numbers = zip(about["kinds"], columns["gain"], columns["lapses"], columns["half_width"], strict=True)
    ranges = zip(about["rests"], columns["rest_low"], columns["rest_high"], strict=True)
    return {kind: Calibration(*row) for kind, *row in numbers}, {name: (low, high) for name, low, high in ranges}
