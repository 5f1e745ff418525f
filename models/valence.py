"""Valence from what the person says, and hardly anything else: no physiology tells it apart on unseen people."""

from __future__ import annotations

from math import exp

from models.affect import Interval
from models.person import Person
from sensors.readings import Features

PRIOR_HALF_WIDTH = 0.8
"""Most of the range: before a person has said anything, they may feel anything."""
REPORT_HALF_WIDTH = 0.35
REPORT_DECAY_S = 300.0
"""After this a report counts 1/e; its half-life is three and a half minutes."""
PRIOR_WEIGHT = 0.25
"""A fresh report counts four times as much as 'nothing known'."""

ASYMMETRY_WEIGHT, ASYMMETRY_SPREAD, ASYMMETRY_QUALITY = 0.05, 0.28, 0.3
"""Frontal alpha asymmetry may move valence by 0.1 at most: across subjects it stays near chance."""


def valence_of(features: Features, person: Person) -> Interval:
    """Self-reports decaying over about five minutes into how the person usually says they feel, a whisper of EEG, and
    a wide interval. Never the heart."""
    recent = [(exp((report.at_s - features.at_s) / REPORT_DECAY_S), report.valence) for report in person.reports]
    recent = [(weight, valence) for weight, valence in recent if weight <= 1.0]
    said = sum(weight for weight, _ in recent)
    usual = PRIOR_WEIGHT * person.usual_valence
    value = (sum(weight * valence for weight, valence in recent) + usual) / (said + PRIOR_WEIGHT)
    value = min(1.0, max(-1.0, value + _asymmetry(features, person)))
    trust = said / (said + PRIOR_WEIGHT)
    half = PRIOR_HALF_WIDTH - (PRIOR_HALF_WIDTH - REPORT_HALF_WIDTH) * trust
    return Interval(value, max(-1.0, value - half), min(1.0, value + half))


def _asymmetry(features: Features, person: Person) -> float:
    reading = features.readings.get("eeg_faa")
    rest = person.baseline.medians.get("eeg_faa") if person.baseline else None
    if reading is None or reading.value is None or reading.quality < ASYMMETRY_QUALITY or rest is None:
        return 0.0
    distance = (reading.value - rest) / ASYMMETRY_SPREAD
    return ASYMMETRY_WEIGHT * min(2.0, max(-2.0, distance))
