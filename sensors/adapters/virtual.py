"""A virtual patient that hears the music: ECG, PPG, EDA, EEG and movement without a body."""

from __future__ import annotations

from math import isfinite
from typing import Self

import numpy as np

from sensors.blocks import Place, SampleBlock, Status, StreamInfo
from sensors.numbering import Numbering
from sensors.virtual.patients import DEFAULT, Patient, patient
from sensors.virtual.physiology import STEP_S, Body
from sensors.virtual.waveforms import every_waveform

LONGEST_CATCH_UP_S = 120.0
"""Whoever did not read for longer finds a gap: `read` must not take long."""
SYNTHETIC = frozenset({"synthetic"})


class Sensor:
    """Lives from the moment it is opened, in steps of STEP_S, up to the time it is read.

    The same chance and the same calls of `hear` give the same samples, however often it is read.
    """

    def __init__(self, who: Patient, place: Place) -> None:
        self.device = f"virtual:{who.name}"
        self._rng = place.rng.spawn(1)[0]
        self._body = Body(who, self._rng)
        self._waveforms = every_waveform()
        self._numbering = Numbering()
        self._born_s = place.clock()
        self._steps = 0
        self._was_silent = True
        self._closed = False

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        return cls(patient(argument or DEFAULT), place)

    def describe(self) -> tuple[StreamInfo, ...]:
        return tuple(waveform.info for waveform in self._waveforms)

    def hear(self, at_s: float, arousal: float, valence: float) -> None:
        """Music in [-1, 1] that plays from `at_s` on the session clock."""
        self._body.hear(at_s - self._born_s, arousal, valence)

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        if not isfinite(now_s):
            raise ValueError(f"read at {now_s} s; expected a finite time on the session clock")
        if self._closed:
            return []
        self._sleep_through(now_s)
        arrived: list[SampleBlock | Status] = []
        while self._at_s(self._steps + 1) <= now_s:
            arrived += self._step()
        return arrived

    def close(self) -> None:
        self._closed = True

    def _at_s(self, step: int) -> float:
        return self._born_s + step * STEP_S

    def _sleep_through(self, now_s: float) -> None:
        behind_s = now_s - self._at_s(self._steps)
        if behind_s > LONGEST_CATCH_UP_S:
            self._born_s += behind_s - LONGEST_CATCH_UP_S

    def _step(self) -> list[SampleBlock | Status]:
        self._body.step()
        start_s = self._at_s(self._steps)
        self._steps += 1
        blocks = [
            (waveform.info, waveform.step(self._body, self._rng).astype(np.float32)) for waveform in self._waveforms
        ]
        told = self._tell(start_s)
        if self._body.silent:
            return told
        contact = not self._body.loose
        return told + [
            self._numbering.block(info, start_s, samples, contact=contact, flags=SYNTHETIC) for info, samples in blocks
        ]

    def _tell(self, at_s: float) -> list[SampleBlock | Status]:
        """A status whenever the device falls silent or comes back."""
        was_silent, self._was_silent = self._was_silent, self._body.silent
        if was_silent == self._body.silent:
            return []
        if self._body.silent:
            return [Status(self.device, "stale", at_s, "the virtual sensor fell silent")]
        return [Status(self.device, "streaming", at_s)]
