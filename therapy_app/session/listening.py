"""The body's side of a session: samples to features, features to affect, quiet minutes to a baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from models.affect import Affect, Estimator
from models.person import Baseline, Person, Rest, SelfReport, judged, taken_for_rest
from models.personal import Personal, Told
from models.smoothing import Smoothing
from sensors.blocks import SampleBlock
from sensors.features.rhythm import PACED, VARIABILITY
from sensors.readings import Features, Reading
from sensors.window import Window
from therapy_app.session.events import Started

HEARTS = ("ecg", "ppg", "rr", "hr")
UNEVEN = "not used: a pacemaker or irregular heartbeat is noted for this person"


class Listening:
    """Holds the last minutes of one person's signals and what is known of the person."""

    def __init__(self, estimator: Estimator, started: Started) -> None:
        self._estimator, self._window, self._smoothing = estimator, Window(), Smoothing()
        self._started = started
        self._personal = started.personal
        self._person = Person(started.baseline, usual_valence=_usual_valence(started.personal))
        self._quiet: list[Features] = []
        self._unadapted: Affect | None = None

    @property
    def baseline(self) -> Baseline | None:
        return self._person.baseline

    def take(self, blocks: Iterable[SampleBlock]) -> None:
        for block in blocks:
            marked = self._started.uneven_heart and block.info.modality in HEARTS
            self._window.add(replace(block, flags=block.flags | {PACED}) if marked else block)

    def listen(self, at_s: float) -> Features:
        features = self._window.describe(at_s)
        return _without_variability(features) if self._started.uneven_heart else features

    def feel(self, features: Features) -> Affect:
        self._person = self._person.after(features)
        affect, self._smoothing = self._smoothing.after(self._estimator.estimate(features, self._person))
        self._unadapted = affect
        return self._personal.adapted(affect) if self._personal else affect

    def rest(self, features: Features) -> None:
        """Counts a quiet second towards the baseline."""
        self._quiet.append(features)

    def rest_anew(self) -> None:
        """Forgets the quiet seconds so far."""
        self._quiet = []

    def take_baseline(self) -> Rest:
        """The rest that was measured, or why there is none. The estimator uses it from now on."""
        seconds = self._quiet[-1].at_s - self._quiet[0].at_s + 1 if self._quiet else 0.0
        rest = (judged if self._started.judges_rest else taken_for_rest)(self._quiet, seconds)
        self._quiet = []
        self._person = replace(self._person, baseline=rest.baseline or self._person.baseline, refused=rest.refused)
        return rest

    def report(self, said: SelfReport, only: str = "") -> Personal | None:
        """Takes in what the person said, or `only` one half of it; gives the personal model when that moved it."""
        if only != "arousal":
            self._person = replace(self._person, reports=(*self._person.reports, said))
        if self._personal is None:
            return None
        before, self._personal = self._personal, self._taught(self._personal, said, only)
        self._person = replace(self._person, usual_valence=self._personal.usual_valence)
        return self._personal if self._personal != before else None

    def _taught(self, personal: Personal, said: SelfReport, only: str) -> Personal:
        arousal = self._unadapted.arousal if self._unadapted else None
        if only != "valence" and arousal is not None:
            personal = personal.after([Told(arousal.value, said.arousal)])
        return personal if only == "arousal" else personal.after_mood(said.valence)


def _usual_valence(personal: Personal | None) -> float:
    return personal.usual_valence if personal else 0.0


def _without_variability(features: Features) -> Features:
    readings = {
        name: Reading(None, 0.0, reading.coverage, reading.window_s, reading.age_s, UNEVEN)
        if name in VARIABILITY
        else reading
        for name, reading in features.readings.items()
    }
    return Features(features.at_s, readings)
