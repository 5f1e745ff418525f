"""The card of the linear estimator: everything in it comes from what the weights say of themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.calibration import Calibrations
from models.linear_weights import Weights
from models.training.emotion.corpora import CORPORA

About = Mapping[str, Any]

LIMITS = (
    "It was trained on healthy adults in two laboratories, and on two protocols with one order each. On other "
    "devices, people and situations it will do worse than in the table; how much worse is not known.",
    "Arousal is anchored by labels that only say calm (-0.5) or stressed (+0.5). The interval is meant to hold that "
    "anchor for nine of ten people never seen; it is wide because single seconds of a wrist tell little.",
    "The probability is told as if calm and stressed were equally likely before looking.",
    "What lasts is forgotten: readings are compared with rest and with the last quarter of an hour, so an hour of "
    "unchanging tension shows less and less.",
    "Nobody in training wore wrist sensors and a headband at once. Worn together, their evidence is added as if "
    "independent, under the wider of the two intervals.",
    "It knows nothing of valence. It is no medical device and no measure of anyone's health.",
)


def card(weights: Weights, about: About, sha256: str) -> str:
    """In Markdown."""
    return "\n".join([*_head(about, sha256), *_terms(weights), *data(about), *results(about), *limits(), ""])


def _head(about: About, sha256: str) -> Iterator[str]:
    yield "# emotion_linear: arousal from heart, skin and EEG"
    yield ""
    yield f"*Made by `{about['made_by']}`; this card comes from the same facts as the weights' own.*"
    yield ""
    yield f"- SHA-256 `{sha256}`."
    yield f"- Read by `models/emotion/linear.py`. Readings came from the sensors' code with hash `{about['sensors']}`."
    yield "- No seed: no chance is involved, the same data and code give the same weights."


def _terms(weights: Weights) -> Iterator[str]:
    yield ""
    yield "## What it is"
    yield ""
    yield "Log odds of stress: gain × Σ weight × (distance from the usual level ÷ spread, at most ±1.5, − middle)."
    yield ""
    yield "| reading | signal | weight | spread | middle |"
    yield "|---|---|---|---|---|"
    for term in weights.terms:
        yield f"| {term.reading} | {term.signal} | {term.weight:.3f} | {term.spread:.3f} | {term.middle:.3f} |"
    yield ""
    yield from calibrated(weights.calibrations)


def calibrated(calibrations: Calibrations) -> Iterator[str]:
    yield "| signals present | gain | lapses | half-width of the 90 % interval |"
    yield "|---|---|---|---|"
    for kind, row in calibrations.items():
        yield f"| {kind} | {row.gain:.2f} | {row.lapses:.2f} | {row.half_width:.2f} |"
    yield ""
    yield (
        "*Lapses*: the share of people who react the other way round; it keeps probabilities away from 0 and 1. "
        "Gain and lapses come from people left out of the fit, as do the widths."
    )


def data(about: About) -> Iterator[str]:
    yield ""
    yield "## What it learned from"
    for row in about["corpora"]:
        corpus = CORPORA[row["corpus"]]
        yield ""
        yield (
            f"**{corpus.name}** ({row['people']} people): {corpus.people}. Labels: {corpus.labels}. "
            f"Licence: {corpus.licence}. Credit: {corpus.credit}. {corpus.order}"
        )


def results(about: About) -> Iterator[str]:
    yield ""
    yield "## How well it does"
    yield ""
    yield "Nested leave-one-person-out: choice, fit and calibration without the person. Each person counts the same."
    yield ""
    yield "| corpus | windows | balanced accuracy (95 %) | worst person | AUC | ECE | interval holds | resting |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in about["corpora"]:
        low, high = row["balanced_95"]
        yield (
            f"| {row['corpus']} | {row['window_s']} s | {row['balanced']:.3f} ({low:.3f} to {high:.3f}) | "
            f"{row['worst']:.3f} | {row['auc']:.3f} | {row['ece']:.3f} | {100 * row['coverage']:.0f} % | "
            f"{row['resting']:.3f} |"
        )
    yield ""
    yield (
        "*resting*: balanced accuracy of the hand-set rule. A coin and 'always calm' have 0.5. All floors, and the "
        "clock that beats every body signal, stand in `docs/models/emotion.md`."
    )


def limits() -> Iterator[str]:
    yield ""
    yield "## Limits"
    yield ""
    yield from (f"- {limit}" for limit in LIMITS)
