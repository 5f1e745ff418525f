"""Keeps a device's connection alive: back-off, a watchdog for silence, and the truth about what is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import Clock, SensorError, State, Status, StreamInfo
from sensors.mailbox import Mailbox
from sensors.numbering import Numbering

log = logging.getLogger(__name__)


class LinkLost(SensorError):
    """The connection could not be made, or ended; says why in words a person understands."""


@dataclass(frozen=True)
class Patience:
    """How long a supervisor waits: to try again, for a connection, and for data on a connection."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 2.0
    connect_s: float = 20.0
    silence_s: float = 5.0

    def pause_s(self, failures: int) -> float:
        """Doubles with every failure in a row; `failures` counts from 0."""
        return min(self.first_pause_s * 2.0 ** min(failures, 30), self.longest_pause_s)


class Link:
    """One life of a connection, and what it tells its supervisor. Used from the supervisor's own loop only."""

    def __init__(self, supervisor: Supervisor, deadline: asyncio.Timeout) -> None:
        self.heard = False
        self.is_connected = False
        self._supervisor = supervisor
        self._deadline = deadline
        self._battery: float | None = None

    def connected(self, battery: float | None = None) -> None:
        """From now on silence counts. It is not streaming yet: devices say they are connected when nothing comes."""
        self.is_connected = True
        self._battery = battery
        if self.heard:  # the first samples may come before the battery has been asked
            self._supervisor.tell("streaming", battery=battery)
        self._postpone()

    def battery(self, level: float) -> None:
        """The share of charge left, 0 to 1. Told when it changes by a hundredth."""
        if self._battery is None or abs(level - self._battery) >= 0.01:
            self._battery = level
            self._supervisor.tell("streaming" if self.heard else "connecting", battery=level)

    def alive(self) -> None:
        """Something arrived, even if it held no samples."""
        if not self.heard:
            self.heard = True
            self._supervisor.tell("streaming", battery=self._battery)
        self._postpone()

    def complain(self, reason: str) -> None:
        """Something arrived that is no data; it does not count as a sign of life."""
        self._supervisor.tell("streaming" if self.heard else "connecting", reason)

    def deliver(
        self,
        info: StreamInfo,
        start_s: float,
        samples: NDArray[np.float32],
        times_s: NDArray[np.float64] | None = None,
        *,
        missing_s: float = 0.0,
        contact: bool | None = None,
        flags: frozenset[str] = frozenset(),
        device_s: float | None = None,
        quality: float | None = None,
        counted: bool = False,
    ) -> None:
        """Samples arrived; `missing_s` is what the device itself knows to be missing before them.

        `counted` when it knows all of it: a crystal that is a percent off its rate makes no gaps.
        """
        self.alive()
        self._supervisor.mailbox.put(
            self._supervisor.numbering.block(
                info,
                start_s,
                samples,
                times_s,
                missing_s=missing_s,
                contact=contact,
                flags=flags,
                device_s=device_s,
                arrived_s=self._supervisor.clock(),
                quality=quality,
                counted=counted,
            )
        )

    def _postpone(self) -> None:
        self._deadline.reschedule(asyncio.get_running_loop().time() + self._supervisor.patience.silence_s)


Connection = Callable[[Link], Awaitable[None]]
"""Connects, calls `link.connected`, delivers until the link ends, then raises LinkLost. Tidies up when cancelled."""


class Supervisor:
    """Lives a device's connection again and again; its numbers go on over every reconnection."""

    def __init__(self, device: str, clock: Clock, mailbox: Mailbox, patience: Patience) -> None:
        self.device = device
        self.mailbox = mailbox
        self.patience = patience
        self.numbering = Numbering()
        self.clock = clock
        self._told: tuple[State, str, float | None] | None = None

    async def run(self, connection: Connection) -> None:
        """Until cancelled."""
        failures = 0
        self.tell("connecting")
        while True:
            heard, reason = await self._live(connection)
            failures = 0 if heard else failures + 1
            self.numbering.hole()
            self.tell("reconnecting" if heard else "lost", reason)
            await asyncio.sleep(self.patience.pause_s(max(failures - 1, 0)))

    def tell(self, state: State, reason: str = "", battery: float | None = None) -> None:
        """A status, unless it is the one that was told last."""
        if (state, reason, battery) != self._told:
            self._told = (state, reason, battery)
            self.mailbox.put(Status(self.device, state, self.clock(), reason, battery))

    async def _live(self, connection: Connection) -> tuple[bool, str]:
        """One life of the connection: whether anything was heard, and why it ended."""
        deadline = asyncio.timeout(self.patience.connect_s)
        link = Link(self, deadline)
        try:
            async with deadline:
                await connection(link)
        except LinkLost as lost:
            return link.heard, str(lost)
        except TimeoutError:
            if not deadline.expired():
                return link.heard, "the device did not answer in time"
            return link.heard, self._overdue(link)
        except Exception as fault:  # a device must never end a session: it is lost, said so, and tried again
            log.exception("the adapter of %s broke", self.device.partition(":")[0])
            return link.heard, f"the adapter broke: {type(fault).__name__}"
        return link.heard, "the device ended the connection"

    def _overdue(self, link: Link) -> str:
        if not link.is_connected:
            return f"no connection within {self.patience.connect_s:g} s"
        reason = f"connected, but silent for {self.patience.silence_s:g} s"
        self.tell("stale", reason)
        return reason
