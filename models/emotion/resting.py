"""Arousal as distance from the person's own rest, with fixed weights; the floor every other estimator must beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, tanh

from models.affect import Affect, Contribution, Interval
from models.body_words import absences, compared
from models.person import Baseline, Person
from models.usual import STALEST_S, logarithm, plain, usable
from models.valence import valence_of
from sensors.readings import Features

LEAST_EVIDENCE = 0.1
"""Sum of weight times quality. One clean EEG band, or a poor pulse, is still evidence; less is none."""
FURTHEST = 3.0


@dataclass(frozen=True)
class Term:
    """One reading's part: (now - rest) on its own scale, over `spread`, clipped to +-3, times `weight`.

    `spread` is the population's, not the person's: three minutes of rest are too short to learn one from.
    """

    weight: float
    spread: float
    scale: Callable[[float], float]


TERMS = {
    "hr_bpm": Term(0.35, 7.5, plain),
    "rmssd_ms": Term(-0.1, 0.37, logarithm),
    "eda_tonic_us": Term(0.15, 0.8, logarithm),
    "scr_per_min": Term(0.15, 4.0, plain),
    "eeg_beta": Term(0.1, 0.22, plain),
    "eeg_alpha": Term(-0.15, 0.26, plain),
}
"""Spreads: pooled SD of each second's difference from rest, heart and skin from Stress-Predict (34 people, wrist), EEG
from EEGMAT (36 people, F7 F8 T5 T6), rounded; `python -m benchmarks.resting` prints them. Weights are set by hand, not
fitted; tonic EDA has little because it drifts upward with time in any session."""
WHOLE = sum(abs(term.weight) for term in TERMS.values())
GAIN = 0.6
"""One spread in everything moves arousal to tanh(0.6) = 0.54."""

NARROWEST, WIDEST = 0.5, 0.8
"""Half-widths of the 90 % interval, with all signals clean and with hardly any. Set by hand, wide on purpose: a
quarter of the whole range either way at best. They are not calibrated on held-out people."""

STRESS_SLOPE, STRESS_CENTRE = 1.7, 0.26
"""Logistic of arousal, rounded from a fit to all of Stress-Predict with both classes weighted alike (same command):
a monotone map to read beside arousal, not a calibrated probability."""


@dataclass(frozen=True)
class Pull:
    """What one reading pulls: `amount` = weight * quality * distance from rest in spreads."""

    name: str
    evidence: float
    amount: float
    words: str


class Estimator:
    """Stateless. Missing signals are normal: their weight goes to the others, and the interval widens."""

    def estimate(self, features: Features, person: Person) -> Affect:
        if person.baseline is None:
            return _unknown(features, person.why_no_rest)
        pulls = _pulls(features, person.baseline)
        evidence = sum(pull.evidence for pull in pulls)
        if evidence < LEAST_EVIDENCE:
            return _unknown(features, _why_nothing(features, person.baseline))
        total = sum(pull.amount for pull in pulls) / evidence
        arousal = tanh(GAIN * total)
        parts = _contributions(pulls, arousal)
        return Affect(
            at_s=features.at_s,
            state="known",
            reason=_sentence(parts, features),
            arousal=_around(arousal, evidence),
            valence=valence_of(features, person),
            stress_probability=1 / (1 + exp(-STRESS_SLOPE * (arousal - STRESS_CENTRE))),
            contributions=parts,
        )


def _pulls(features: Features, baseline: Baseline) -> list[Pull]:
    found = []
    for name, term in TERMS.items():
        reading = features.readings.get(name)
        if reading is None or reading.value is None or not usable(reading) or name not in baseline.medians:
            continue
        rest = baseline.medians[name]
        distance = (term.scale(reading.value) - term.scale(rest)) / term.spread
        distance = min(FURTHEST, max(-FURTHEST, distance))
        evidence = abs(term.weight) * reading.quality
        words = compared(name, reading.value, rest, distance, "your rest")
        found.append(Pull(name, evidence, distance * reading.quality * term.weight, words))
    return found


def _contributions(pulls: list[Pull], arousal: float) -> tuple[Contribution, ...]:
    """Shares of arousal; they add up to it."""
    total = sum(pull.amount for pull in pulls)
    share = arousal / total if total else 0.0
    largest_first = sorted(pulls, key=lambda pull: -abs(pull.amount))
    return tuple(Contribution(pull.name, pull.amount * share, pull.words) for pull in largest_first)


def _around(arousal: float, evidence: float) -> Interval:
    half = WIDEST - (WIDEST - NARROWEST) * min(1.0, evidence / WHOLE)
    return Interval(arousal, max(-1.0, arousal - half), min(1.0, arousal + half))


def _sentence(parts: tuple[Contribution, ...], features: Features) -> str:
    """'pulse 9 above your rest, skin conductance up; EEG: not worn'."""
    return ", ".join(part.words for part in parts[:3]) + "".join(f"; {gap}" for gap in absences(features))


def _why_nothing(features: Features, baseline: Baseline) -> str:
    present = [name for name in TERMS if usable(features.readings.get(name))]
    if present and not any(name in baseline.medians for name in present):
        return "rest was measured without the signals that are here now"
    if any(name in TERMS and reading.age_s > STALEST_S for name, reading in features.readings.items()):
        return "; ".join(absences(features)) or "the signals are old"
    return "; ".join(absences(features)) or "no signal that tells arousal"


def _unknown(features: Features, reason: str) -> Affect:
    return Affect(features.at_s, "unknown", reason)
