"""The autonomic state of a virtual patient: what music does to it, and what it does by itself.

Music moves heart rate by a few beats a minute, late, slowly, and less and less; it does not entrain it
(Van Dyck et al. 2017; Mütze et al. 2018).
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from math import exp, isfinite, pi, sin, sqrt

import numpy as np

from sensors.virtual.patients import Patient

STEP_S = 0.5
DELAY_S = 3.0
RESPONSE_TAU_S = 25.0
HABITUATION_TAU_S = 240.0
HABITUATED_SHARE = 0.5
"""What is lost of a response to music that never changes."""
DRIFT_TAU_S = 90.0
LARGEST_UNREST = 3.0
BPM_PER_ACTIVATION = 6.0
BREATH_HZ = 0.25
LF_HZ = 0.1
BEATS_AHEAD_S = 0.7
"""The P wave of a beat begins before its R peak: a beat must be known before its step comes."""
REMEMBERED_S = 30.0


class Spells:
    """Times that begin by chance, `per_min` times a minute, and last about `length_s`."""

    def __init__(self, per_min: float, length_s: float, rng: np.random.Generator) -> None:
        self._chance = per_min / 60 * STEP_S
        self._length_s = length_s
        self._rng = rng
        self._until_s = 0.0

    def covers(self, now_s: float) -> bool:
        """Ask once per step, in order."""
        begins, length = self._rng.random(2)
        if now_s >= self._until_s and begins < self._chance:
            self._until_s = now_s + self._length_s * (0.5 + length)
        return now_s < self._until_s


@dataclass(frozen=True)
class Beat:
    """One heart beat: when its R peak falls, and how long after the one before."""

    at_s: float
    rr_s: float


@dataclass(frozen=True)
class Pulse:
    """Something that rises and dies away: a skin conductance response (uS), a blink (uV)."""

    at_s: float
    size: float


class Body:
    """Moves on by STEP_S seconds at a time. `now_s` is the step's beginning, counted from the body's start.

    `activation` is 0 at rest, 1 where very arousing music brings someone who follows it fully.
    """

    def __init__(self, patient: Patient, rng: np.random.Generator) -> None:
        self.patient = patient
        self.now_s = -STEP_S
        self.activation = 0.0
        self.pleasantness = 0.0
        self.beats: list[Beat] = []
        self.responses: list[Pulse] = []
        self.blinks: list[Pulse] = []
        self.movement_g = 0.0
        self.silent = False
        self.loose = False
        self._rng = rng
        # beats draw by themselves: how many there are must not change what else happens by chance
        self._beat_rng = rng.spawn(1)[0]
        self._heard: list[tuple[float, float, float]] = []
        self._music = (0.0, 0.0)
        self._response = self._habituation = self._drift = 0.0
        self._breath = float(rng.uniform(0, 2 * pi))
        self._next_beat_s = float(rng.uniform(0, 0.8))
        self._movements = Spells(patient.movements_per_min, patient.movement_s, rng)
        self._silences = Spells(patient.silences_per_min, 9.0, rng)
        self._loosenings = Spells(patient.loosenings_per_min, 6.0, rng)

    def hear(self, at_s: float, arousal: float, valence: float) -> None:
        """Music in [-1, 1] that plays from `at_s`; the body answers DELAY_S later. Raises ValueError."""
        if not (isfinite(at_s) and isfinite(arousal) and isfinite(valence)):
            raise ValueError(f"heard arousal {arousal}, valence {valence} at {at_s} s; expected finite numbers")
        insort(self._heard, (at_s + DELAY_S, min(max(arousal, -1.0), 1.0), min(max(valence, -1.0), 1.0)))

    def step(self) -> None:
        self._breath += 2 * pi * self.breath_hz * STEP_S
        self.now_s += STEP_S
        while self._heard and self._heard[0][0] <= self.now_s:
            self._music = self._heard.pop(0)[1:]
        self._feel(*self._music)
        self._suffer()
        self._beat()
        self._sweat_and_blink()

    def breath(self, after_s: float = 0.0) -> float:
        """The breath's phase in radians, `after_s` seconds into the step."""
        return self._breath + 2 * pi * self.breath_hz * after_s

    @property
    def breath_hz(self) -> float:
        return BREATH_HZ * (1 + 0.12 * max(self.activation, -1.0))

    @property
    def hr_bpm(self) -> float:
        """Heart rate before its variability."""
        return self.patient.rest_hr_bpm + BPM_PER_ACTIVATION * self.activation

    def _feel(self, arousal: float, valence: float) -> None:
        self._habituation += (1 - exp(-STEP_S / HABITUATION_TAU_S)) * (arousal - self._habituation)
        fresh = arousal - HABITUATED_SHARE * self._habituation
        self._response += (1 - exp(-STEP_S / RESPONSE_TAU_S)) * (fresh - self._response)
        self.pleasantness += (1 - exp(-STEP_S / RESPONSE_TAU_S)) * (valence - self.pleasantness)
        keep = exp(-STEP_S / DRIFT_TAU_S)
        self._drift = keep * self._drift + self.patient.drift * sqrt(1 - keep**2) * self._rng.standard_normal()
        unrest = min(self.patient.unrest_per_min * self.now_s / 60, LARGEST_UNREST)
        self.activation = self.patient.reactivity * self._response + self._drift + unrest

    def _suffer(self) -> None:
        moving = self._movements.covers(self.now_s)
        self.movement_g = self.patient.movement_g * (0.5 + self._rng.random()) if moving else 0.0
        self.silent = self._silences.covers(self.now_s)
        self.loose = self._loosenings.covers(self.now_s)

    def _beat(self) -> None:
        while self._next_beat_s < self.now_s + STEP_S + BEATS_AHEAD_S:
            at_s, noise = self._next_beat_s, self._beat_rng.standard_normal()
            vagal = exp(-0.5 * self.activation)
            swing_ms = self.patient.rsa_ms * vagal * sin(self.breath(at_s - self.now_s))
            swing_ms += 15 * sin(2 * pi * LF_HZ * at_s) + 5 * noise
            rr_s = max(60 / self.hr_bpm + swing_ms / 1000, 0.3)
            self.beats.append(Beat(at_s, rr_s))
            self._next_beat_s = at_s + rr_s
        while self.beats[0].at_s < self.now_s - REMEMBERED_S:
            self.beats.pop(0)

    def _sweat_and_blink(self) -> None:
        chance, size, when, blinks, blink_size = self._rng.random(5)
        if chance < max(3 + 6 * self.activation, 0.3) / 60 * STEP_S:
            self.responses.append(Pulse(self.now_s + when * STEP_S, 0.1 + 0.4 * size))
        if blinks < 14 / 60 * STEP_S:
            self.blinks.append(Pulse(self.now_s + when * STEP_S, 70 + 60 * blink_size))
        self.responses = [seen for seen in self.responses if self.now_s - seen.at_s < REMEMBERED_S]
        self.blinks = [seen for seen in self.blinks if self.now_s - seen.at_s < 2]
