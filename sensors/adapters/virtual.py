"""A virtual patient that hears the music: ECG, PPG, EDA, EEG and movement without a body.

`virtual:typical`, `virtual:restless/rr,eda` (these streams only), `virtual:typical+off_body@60-120` (a fault, see
`sensors.virtual.faults`; more of them one after the other, each of some streams where they are named).
"""

from __future__ import annotations

from math import isfinite
from typing import Self

import numpy as np

from sensors.blocks import Place, SampleBlock, Status, StreamInfo
from sensors.numbering import Numbering
from sensors.virtual.beat_events import every_event
from sensors.virtual.physiology import STEP_S, Body
from sensors.virtual.scene import Scene, scene
from sensors.virtual.waveforms import every_waveform

LONGEST_CATCH_UP_S = 120.0
"""Whoever did not read for longer finds a gap: `read` must not take long."""
SYNTHETIC = frozenset({"synthetic"})


class Sensor:
    """Lives from the moment it is opened, in steps of STEP_S, up to the time it is read.

    The same chance and the same calls of `hear` give the same samples, however often it is read and whatever goes
    wrong with them on the way.
    """

    def __init__(self, shown: Scene, place: Place) -> None:
        self.device = f"virtual:{shown.patient.name}"
        self._streams = shown.streams
        self._rng = place.rng.spawn(1)[0]
        self._body = Body(shown.patient, self._rng)
        self._waveforms = every_waveform()
        self._events = every_event() if {"rr", "hr"} & set(shown.streams) else ()
        self._numbering = Numbering()
        self._born_s = place.clock()
        self._faults = [spell.striking(self._born_s, self._rng.spawn(1)[0]) for spell in shown.spells]
        self._steps = 0
        self._was_silent = True
        self._closed = False

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        return cls(scene(argument), place)

    def describe(self) -> tuple[StreamInfo, ...]:
        infos = [*(waveform.info for waveform in self._waveforms), *(events.info for events in self._events)]
        return tuple(info for info in infos if info.stream in self._streams)

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
        blocks = self._blocks(start_s)
        told = self._tell(start_s)
        if self._body.silent:
            return told
        for fault in self._faults:
            blocks = fault.over(blocks)
        return told + [self._numbered(block) for block in blocks if block.info.stream in self._streams]

    def _blocks(self, start_s: float) -> list[SampleBlock]:
        """What every sensor sees in this step. No number is given yet: blocks may be lost on the way."""
        contact = not self._body.loose
        blocks = []
        for waveform in self._waveforms:
            samples = waveform.step(self._body, self._rng).astype(np.float32)
            blocks.append(SampleBlock(waveform.info, 0, start_s, samples, contact=contact, flags=SYNTHETIC))
        for events in self._events:
            at_s, values = events.step(self._body)
            if len(at_s) and (contact or events.info.modality == "hr"):
                times_s = at_s + start_s - self._body.now_s
                samples = values.astype(np.float32)[:, None] * contact
                blocks.append(SampleBlock(events.info, 0, float(times_s[0]), samples, times_s, 0.0, contact, SYNTHETIC))
        return blocks

    def _numbered(self, block: SampleBlock) -> SampleBlock:
        return self._numbering.block(
            block.info, block.start_s, block.samples, block.times_s, contact=block.contact, flags=block.flags
        )

    def _tell(self, at_s: float) -> list[SampleBlock | Status]:
        """A status whenever the device falls silent or comes back."""
        was_silent, self._was_silent = self._was_silent, self._body.silent
        if was_silent == self._body.silent:
            return []
        if self._body.silent:
            return [Status(self.device, "stale", at_s, "the virtual sensor fell silent")]
        return [Status(self.device, "streaming", at_s)]
