"""What comes from a stream once it is attached: placed on the session clock, and handed on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import Clock
from sensors.clock import DeviceClock
from sensors.lsl.channels import Share
from sensors.steady import Counted, Steady, unbroken
from sensors.supervise import Link

Times = NDArray[np.float64]

OLDEST_S, NEWEST_S = 10.0, 0.5
"""Stamps older than this at arrival, or this far ahead, come from a clock that is not LSL's."""


class Run(NamedTuple):
    """Rows with no hole between them; `start_s` counts only where the rate is steady."""

    values: NDArray[Any]
    theirs_s: Times
    stamps_s: Times
    start_s: float
    quality: float | None


class Life:
    """Of a stream, from one attachment to its end."""

    def __init__(self, link: Link, shares: list[Share], rate_hz: float, clock: Clock, lsl_clock: Clock) -> None:
        self._link, self._shares, self._clock, self._lsl_clock = link, shares, clock, lsl_clock
        self._steady = Steady(rate_hz) if rate_hz else None
        self._counted = Counted(rate_hz) if rate_hz else None
        self._foreign: DeviceClock | None = None
        self._told = ""

    def take(self, values: NDArray[Any], theirs_s: Times, lsl_s: Times) -> None:
        """`values` (time, channel) stamped by their own clock, and by this machine's LSL clock."""
        if not len(theirs_s):
            return
        stamps_s = self._session_s(theirs_s, lsl_s)
        wrong = self._counted.wrong(float(stamps_s[-1]), len(stamps_s)) if self._counted else ""
        if wrong and not self._told:
            self._told = wrong
            self._link.complain(wrong)
        runs = self._steady.place(stamps_s) if self._steady else [(slice(0, len(stamps_s)), 0.0)]
        for share in self._shares:
            for rows, start_s in runs:
                run = Run(values[rows], theirs_s[rows], stamps_s[rows], start_s, 0.0 if wrong else None)
                self._deliver(share, run)

    def _session_s(self, theirs_s: Times, lsl_s: Times) -> Times:
        """Stamps of a clock that is not LSL's are mapped by their arrival."""
        now_s = self._clock()
        ages_s: Times = self._lsl_clock() - lsl_s
        if self._foreign is None and not -NEWEST_S < ages_s[-1] < OLDEST_S:
            self._foreign = DeviceClock()
            self._link.complain(f"its stamps are {ages_s[-1]:.3g} s old at arrival; their arrival counts")
        if self._foreign is None:
            return now_s - ages_s
        last_s = float(theirs_s[-1])
        return theirs_s + (self._foreign.place(last_s, now_s) - last_s)

    def _deliver(self, share: Share, run: Run) -> None:
        samples, rate_hz = share.of(run.values), share.info.rate_hz
        for part in unbroken(samples):
            times_s = run.stamps_s[part] if rate_hz is None else None
            first_s = float(run.stamps_s[part.start]) if rate_hz is None else run.start_s + part.start / rate_hz
            self._link.deliver(
                share.info,
                first_s,
                samples[part],
                times_s,
                device_s=float(run.theirs_s[part.start]),
                quality=run.quality,
            )
