"""The body's side of a session: samples to features, features to affect, quiet minutes to a baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from models.affect import Affect, Estimator
from models.person import Baseline, Person, SelfReport, rest_of
from models.smoothing import Smoothing
from sensors.blocks import SampleBlock
from sensors.readings import Features
from sensors.window import Window


class Listening:
    """Holds the last minutes of one person's signals and what is known of the person."""

    def __init__(self, estimator: Estimator, baseline: Baseline | None) -> None:
        self._estimator, self._window, self._smoothing = estimator, Window(), Smoothing()
        self._person = Person(baseline)
        self._quiet: list[Features] = []

    def take(self, blocks: Iterable[SampleBlock]) -> None:
        for block in blocks:
            self._window.add(block)

    def listen(self, at_s: float) -> Features:
        return self._window.describe(at_s)

    def feel(self, features: Features) -> Affect:
        self._person = replace(self._person, usual=self._person.usual.after(features))
        affect, self._smoothing = self._smoothing.after(self._estimator.estimate(features, self._person))
        return affect

    def rest(self, features: Features) -> None:
        """Counts a quiet second towards the baseline."""
        self._quiet.append(features)

    def take_baseline(self) -> Baseline | None:
        """The rest that was measured, None when too little of it was usable. The estimator uses it from now on."""
        seconds = self._quiet[-1].at_s - self._quiet[0].at_s + 1 if self._quiet else 0.0
        baseline = rest_of(self._quiet, seconds)
        self._quiet = []
        if baseline is not None:
            self._person = replace(self._person, baseline=baseline)
        return baseline

    def report(self, said: SelfReport) -> None:
        self._person = replace(self._person, reports=(*self._person.reports, said))
