"""A board's table of samples, as it is read bit by bit: what is missing, and when the rest was taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.boards.rows import Share, packages
from sensors.steady import Counted, Steady, unbroken
from sensors.supervise import Link

BATTERY_EACH_S = 30.0
AHEAD_S = 0.4
"""Samples this far ahead of now: the package numbers count something else."""


class Preset:
    """Streams that share one table: placed in time by counting."""

    def __init__(self, board: str, told: dict[str, Any], members: list[Share], flags: frozenset[str]) -> None:
        self.preset, self._members, self._flags = members[0].preset, members, flags
        self._rate_hz = float(told["sampling_rate"])
        self._number_row: int = told["package_num_channel"]
        self._battery_row: int | None = told.get("battery_channel")
        self._packages = packages(board, self.preset)
        self._steady = Steady(self._rate_hz, counts=self._packages is not None)
        self._counted = Counted(self._rate_hz)
        self._battery_at_s = -np.inf
        self._told = ""

    def take(self, link: Link, table: NDArray[np.float64], now_s: float) -> None:
        """`table` (row, time) arrived."""
        count = table.shape[1]
        if not count:
            return
        missing = self._packages.missing(table[self._number_row]) if self._packages else np.zeros(count, np.int64)
        wrong = self._counted.wrong(now_s, count + int(missing.sum()))
        if wrong and not self._told:
            self._told = wrong
            link.complain(wrong)
        edges = sorted({0, *np.flatnonzero(missing).tolist()})
        for first, last in zip(edges, [*edges[1:], count], strict=True):
            self._steady.skip(int(missing[first]))
            later_s = (1 + count - last + int(missing[last:].sum())) / self._rate_hz
            stamps_s = np.full(last - first, now_s - later_s)
            ((_, start_s),) = self._steady.place(stamps_s)
            self._deliver(link, table[:, first:last], start_s, 0.0 if wrong else None)
            self._doubt(link, start_s + (last - first) / self._rate_hz - now_s)
        self._tell_battery(link, table, now_s)

    def _deliver(self, link: Link, table: NDArray[np.float64], start_s: float, quality: float | None) -> None:
        for member in self._members:
            samples = member.of(table)
            for part in unbroken(samples):
                first_s = start_s + part.start / self._rate_hz
                link.deliver(member.info, first_s, samples[part], flags=self._flags, quality=quality)

    def _doubt(self, link: Link, ahead_s: float) -> None:
        if ahead_s > AHEAD_S and self._packages:
            self._packages, self._steady = None, Steady(self._rate_hz)
            link.complain("its package numbers don't count its samples; losses are told by their times only")

    def _tell_battery(self, link: Link, table: NDArray[np.float64], now_s: float) -> None:
        if self._battery_row is None or now_s < self._battery_at_s + BATTERY_EACH_S:
            return
        percent = float(table[self._battery_row, -1])
        if 0 < percent <= 100:
            self._battery_at_s = now_s
            link.battery(percent / 100)
