"""From what each reading says to estimated affect: calibrated by the kinds of signal, with interval and words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp

from models.affect import Affect, Contribution, Interval
from models.body_words import WORDS, absences
from models.calibration import Calibrations, Rests, kinds_of
from models.person import Baseline, Person
from models.usual import STALEST_S, scaled, usable
from models.valence import valence_of
from sensors.readings import Features

ANCHOR = 0.5
"""The labels only say calm or stressed. Arousal puts calm at -0.5 and stressed at +0.5: those who watched frightening
films rated them +0.4 and dull or relaxing ones -0.2 on average (CASE)."""
WIDENING = 0.3
"""Readings of quality 0 would widen the interval by this share."""
UNLIKE = 1.3
"""The interval of someone whose rest is unlike everyone's in training is this much wider."""


@dataclass(frozen=True)
class Evidence:
    """What one reading says: its log odds of stress, with its quality."""

    reading: str
    signal: str
    log_odds: float
    quality: float
    words: str


@dataclass(frozen=True)
class Judgement:
    """Turns the evidence of someone never seen into affect. Signals may be missing: each kind has its calibration."""

    calibrations: Calibrations
    rests: Rests

    def affect(self, features: Features, person: Person, baseline: Baseline, found: Sequence[Evidence]) -> Affect:
        """`found` is not yet calibrated, and not empty."""
        kinds = kinds_of({piece.signal for piece in found})
        evidence = [piece for kind in kinds for piece in self._calibrated(kind, found)]
        odds = sum(piece.log_odds for piece in evidence)
        stress = 1 / (1 + exp(-odds))
        arousal = ANCHOR * (2 * stress - 1)
        unlike = self._unlike([piece.reading for piece in evidence], baseline)
        quality = sum(piece.quality for piece in evidence) / len(evidence)
        half = self._half_width(kinds) * widened(quality) * (UNLIKE if unlike else 1.0)
        parts = _contributions(evidence, arousal, odds)
        return Affect(
            at_s=features.at_s,
            state="known",
            reason="; ".join([", ".join(part.words for part in parts[:3]), *absences(features), *unlike]),
            arousal=Interval(arousal, max(-1.0, arousal - half), min(1.0, arousal + half)),
            valence=valence_of(features, person),
            stress_probability=stress,
            contributions=parts,
        )

    def _calibrated(self, kind: str, found: Sequence[Evidence]) -> list[Evidence]:
        """The evidence of one kind of signal, scaled so that its sum is calibrated."""
        own = [piece for piece in found if piece.signal in kind.split("+")]
        total = sum(piece.log_odds for piece in own)
        factor = self.calibrations[kind].odds(total) / total if total else 0.0
        return [replace(piece, log_odds=piece.log_odds * factor) for piece in own]

    def _half_width(self, kinds: tuple[str, ...]) -> float:
        """That of the kind that tells least: none of the training people wore all signals at once."""
        return max(self.calibrations[kind].half_width for kind in kinds)

    def _unlike(self, used: Iterable[str], baseline: Baseline) -> list[str]:
        """In words, when rest lies outside everyone's in training."""
        strange = []
        for name in used:
            low, high = self.rests.get(name, (0.0, 0.0))
            rest = baseline.medians.get(name)
            if low < high and rest is not None and not low <= scaled(name, rest) <= high:
                strange.append(WORDS[name])
        return [f"your rest ({', '.join(strange)}) is unlike any it learned from: less sure"] if strange else []


def widened(quality: float) -> float:
    """How much wider the interval is at a mean quality from 0 to 1."""
    return 1.0 + WIDENING * (1.0 - quality)


def unknown(features: Features, reason: str) -> Affect:
    return Affect(features.at_s, "unknown", reason)


def why_nothing(features: Features, names: Sequence[str]) -> str:
    """Why an estimator that reads these names has no evidence."""
    if any(usable(features.readings.get(name)) for name in names):
        return "rest was measured without the signals that are here now"
    old = any(name in names and reading.age_s > STALEST_S for name, reading in features.readings.items())
    return "; ".join(absences(features)) or ("the signals are old" if old else "no signal that tells arousal")


def _contributions(evidence: list[Evidence], arousal: float, odds: float) -> tuple[Contribution, ...]:
    """Shares of arousal; they add up to it."""
    share = arousal / odds if odds else 0.0
    largest_first = sorted(evidence, key=lambda piece: -abs(piece.log_odds))
    return tuple(Contribution(piece.reading, piece.log_odds * share, piece.words) for piece in largest_first)
