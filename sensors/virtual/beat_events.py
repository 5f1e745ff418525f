"""What a strap or a watch would send of a body's beats: intervals, or a pulse number once a second."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.virtual.physiology import STEP_S, Body

Times = NDArray[np.float64]
AVERAGED_S = 5.0
"""A watch shows the pulse of the last seconds."""


class Events(Protocol):
    info: StreamInfo

    def step(self, body: Body) -> tuple[Times, Times]:
        """(when, values) of the step's events, on the body's clock; both of shape (event,)."""
        ...


class Intervals:
    """Every beat with the milliseconds since the one before, in ticks of 1/1024 s as straps have them."""

    info = StreamInfo("rr", "rr", ("rr",), None)

    def step(self, body: Body) -> tuple[Times, Times]:
        beats_s = np.array([beat.at_s for beat in body.beats])
        new = (beats_s[1:] >= body.now_s) & (beats_s[1:] < body.now_s + STEP_S)
        ticks = np.round(1024 * np.diff(beats_s)[new])
        return beats_s[1:][new], ticks * 1000 / 1024


class PulseNumbers:
    """Whole beats a minute over the last seconds, once a second."""

    info = StreamInfo("hr", "hr", ("hr",), None)

    def step(self, body: Body) -> tuple[Times, Times]:
        beats_s = np.array([beat.at_s for beat in body.beats])
        recent_s = beats_s[(beats_s > body.now_s - AVERAGED_S) & (beats_s <= body.now_s)]
        if len(recent_s) < 3 or round(body.now_s / STEP_S) % round(1 / STEP_S):
            return np.empty(0), np.empty(0)
        return np.array([body.now_s]), np.round([60 / np.diff(recent_s).mean()])


def every_event() -> tuple[Events, ...]:
    return (Intervals(), PulseNumbers())
