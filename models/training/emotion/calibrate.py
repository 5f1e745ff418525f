"""Gains and interval widths, from the log odds of people who were left out of the fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from models.calibration import Calibration
from models.evidence import ANCHOR, widened
from models.linear_weights import Term
from models.smoothing import TIME_CONSTANT_S
from models.training.emotion.distances import Distances, even, rows, windows
from models.training.emotion.fit import SIGNALS, Choice, Design, fit, log_odds
from models.training.emotion.people import NAMES, Array

LEVEL = 0.9
GAINS = np.geomspace(0.3, 4.0, 53)
LAPSES = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2)
KINDS: Mapping[str, tuple[str, ...]] = {
    "heart": ("heart",),
    "skin": ("skin",),
    "heart+skin": ("heart", "skin"),
    "brain": ("brain",),
}


@dataclass(frozen=True, eq=False)
class Heard:
    """What terms fitted without this person say of each second (second, term), with the readings' qualities."""

    one: Distances
    odds: Array
    qualities: Array


@dataclass(frozen=True, eq=False)
class Part:
    """The log odds of one kind of signal, second by second, and the mean quality of the readings behind them."""

    one: Distances
    odds: Array
    quality: Array


def left_out(people: Sequence[Distances], choice: Choice, design: Design) -> list[Heard]:
    """Every person by the terms of all others."""
    data = rows(people, choice.names, design.window_s)
    columns = [NAMES.index(name) for name in choice.names]
    heard = []
    for number, one in enumerate(people):
        terms = fit(data.only(data.who != number), choice.names, choice.shrinkage)
        heard.append(Heard(one, log_odds(terms, one.of(choice.names)), one.person.qualities[:, columns]))
    return heard


def calibrated(heard: Sequence[Heard], names: Sequence[str], window_s: int) -> dict[str, Calibration]:
    """A calibration for every kind of signal that these readings can bring: seconds that have just these."""
    signals = [SIGNALS[name] for name in names]
    found = {}
    for kind, wanted in KINDS.items():
        if set(wanted) <= set(signals):
            columns = [i for i, signal in enumerate(signals) if signal in wanted]
            parts = [_part(h, columns, [signals[i] for i in columns]) for h in heard]
            found[kind] = calibration(parts, window_s)
    return found


def calibration(parts: Sequence[Part], window_s: int) -> Calibration:
    """Of one kind of signal, from what was said of people left out."""
    gain, lapses = _slope(parts, window_s)
    return Calibration(gain, lapses, _half_width(parts, gain, lapses))


def _part(heard: Heard, columns: list[int], signals: list[str]) -> Part:
    """Log odds of seconds in which every one of the signals is there, NaN elsewhere."""
    said = heard.odds[:, columns]
    known = np.isfinite(said)
    there = np.all([known[:, [s == signal for s in signals]].any(axis=1) for signal in set(signals)], axis=0)
    odds = np.where(there, np.nansum(said, axis=1), np.nan)
    quality = np.where(known, heard.qualities[:, columns], 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return Part(heard.one, odds, quality)


def _slope(parts: Sequence[Part], window_s: int) -> tuple[float, float]:
    """(gain, lapses) under which the windows' mean probabilities lose least, on a grid: Platt's slope with a floor."""
    sure, labels, who = [], [], []
    for number, part in enumerate(parts):
        chances = 1 / (1 + np.exp(-part.odds[:, None] * GAINS))
        for start, end, label in windows(part.one.person, window_s):
            known = chances[start:end][np.isfinite(part.odds[start:end])]
            if len(known):
                sure.append(known.mean(axis=0))
                labels.append(label)
                who.append(number)
    if not labels:
        raise ValueError("nobody has all the signals of one kind at once; expected people who wear them")
    y, weights = np.array(labels)[:, None], even(np.array(labels), np.array(who))
    right = np.where(y == 1, np.array(sure), 1 - np.array(sure))
    best = min((_loss(right, lapses, weights), lapses) for lapses in LAPSES)
    (_, gain), lapses = best
    return gain, lapses


def _loss(right: Array, lapses: float, weights: Array) -> tuple[float, float]:
    """(least log loss, the gain that has it); `right` is the chance given to what was true, (window, gain)."""
    losses = np.average(-np.log(lapses + (1 - 2 * lapses) * right + 1e-9), axis=0, weights=weights)
    return float(losses.min()), float(GAINS[int(np.argmin(losses))])


def _half_width(parts: Sequence[Part], gain: float, lapses: float) -> float:
    """The quantile of the errors of people left out, each person counting the same (pooled conformal)."""
    errors, weights = [], []
    for part in parts:
        person = part.one.person
        shown = smoothed(ANCHOR * (1 - 2 * lapses) * np.tanh(gain * part.odds / 2), person.parts)
        scored = np.isfinite(shown) & np.isfinite(person.labels)
        scored[: person.rest_s] = False
        if scored.any():
            error = np.abs(ANCHOR * (2 * person.labels[scored] - 1) - shown[scored])
            errors.append(error / np.array([widened(q) for q in part.quality[scored].tolist()]))
            weights.append(np.full(len(error), 1 / len(error)))
    return quantile(np.concatenate(errors), np.concatenate(weights), LEVEL)


def quantile(values: Array, weights: Array, share: float) -> float:
    """The least value that has at least this share of the weight at or below it."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(len(values) - 1, int(np.searchsorted(reached, min(share, 1.0) - 1e-12)))])


def smoothed(values: Array, parts: Sequence[int] = ()) -> Array:
    """As `models.smoothing` shows it: second after second, unknown where unknown."""
    shown = np.full(len(values), np.nan)
    last, since = np.nan, 0
    for second, value in enumerate(values.tolist()):
        since += 1
        if second in parts:
            last = np.nan
        if value != value:
            continue
        keep = exp(-since / TIME_CONSTANT_S) if last == last else 0.0
        last = keep * last + (1 - keep) * value if keep else value
        shown[second], since = last, 0
    return shown


def terms_of(people: Sequence[Distances], choice: Choice, design: Design) -> tuple[Term, ...]:
    """Fitted on all of these people."""
    return fit(rows(people, choice.names, design.window_s), choice.names, choice.shrinkage)
