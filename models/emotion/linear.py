"""Regularised logistic of distances from the person's usual level, trained on people and calibrated on others."""

from __future__ import annotations

from collections.abc import Iterator

from models.affect import Affect
from models.body_words import compared
from models.evidence import Evidence, Judgement, unknown, why_nothing
from models.linear_weights import Weights, read
from models.person import Baseline, Person
from models.usual import usable
from sensors.readings import Features


class Estimator:
    """Remembers nothing between calls. Signals may be missing: each kind has its own calibration."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = read() if weights is None else weights
        self._judgement = Judgement(self._weights.calibrations, self._weights.rests)

    def estimate(self, features: Features, person: Person) -> Affect:
        if person.baseline is None:
            return unknown(features, person.why_no_rest)
        found = list(self._evidence(features, person, person.baseline))
        if not found:
            return unknown(features, why_nothing(features, [term.reading for term in self._weights.terms]))
        return self._judgement.affect(features, person, person.baseline, found)

    def _evidence(self, features: Features, person: Person, baseline: Baseline) -> Iterator[Evidence]:
        """Each usable reading, not yet calibrated."""
        for term in self._weights.terms:
            reading = features.readings.get(term.reading)
            if reading is None or reading.value is None or not usable(reading):
                continue
            level = person.usual.level(term.reading, baseline.medians.get(term.reading))
            if level is None:
                continue
            distance = person.usual.now(term.reading, reading.value) - level
            words = compared(term.reading, reading.value, level, distance / term.spread, "your usual level")
            yield Evidence(term.reading, term.signal, term.log_odds(distance), reading.quality, words)
