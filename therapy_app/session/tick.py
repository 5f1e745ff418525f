"""What goes into a step and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

from models.music.plan import Bar, BarRequest
from sensors.blocks import SampleBlock, Status
from therapy_app.session.commands import Command
from therapy_app.session.events import Alarm, AlarmCleared, Entry, TicksMissed

TICK_S = 0.25
TICKS_PER_SECOND = 4
ORIGINALITY = "originality"
"""The notice that melodies are not looked up among the training works."""
COMPOSER = "composer"
"""The notice that another than the session's generator composes, and why."""

Notice = Alarm | AlarmCleared | TicksMissed
"""What the engine tells a session about itself: a full disk, a sleep."""


@dataclass(frozen=True)
class Tick:
    """Everything that reached the session since the tick before; `number` times TICK_S is the session's time."""

    number: int
    arrivals: tuple[SampleBlock | Status, ...] = ()
    commands: tuple[Command, ...] = ()
    answers: tuple[Bar, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def at_s(self) -> float:
        return self.number * TICK_S


@dataclass(frozen=True)
class Outcome:
    """What happened, and the bar that is now wanted from the generator, if any."""

    entries: tuple[Entry, ...]
    request: BarRequest | None
