"""Runs a stored session again from what went into it, and compares what comes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.music.plan import Bar, BarRequest
from sensors.blocks import SampleBlock, Status
from therapy_app.session.commands import Command
from therapy_app.session.events import (
    Alarm,
    AlarmCleared,
    BarComposed,
    CheckIn,
    ConsentChecked,
    Ended,
    Entry,
    Marker,
    Override,
    SensorStatus,
    Started,
    TicksMissed,
)
from therapy_app.session.step import GROOVE, UNRECORDED, Session
from therapy_app.session.tick import COMPOSER, ORIGINALITY, Notice, Tick

FROM_OUTSIDE = (UNRECORDED, GROOVE, ORIGINALITY, COMPOSER)
"""Alarms that the engine raises: they went in, the others came out."""


@dataclass(frozen=True)
class Inputs:
    """What reached the session from outside at one tick, as far as the log tells; `composed` by which generators."""

    statuses: tuple[Status, ...] = ()
    commands: tuple[Command, ...] = ()
    notices: tuple[Notice, ...] = ()
    composed: tuple[str, ...] = ()


def started_of(entries: Sequence[Entry]) -> tuple[Started, str]:
    """(how the session began, who checked consent). Raises ValueError for a log without a beginning."""
    if not entries or not isinstance(entries[0].event, Started):
        raise ValueError("the log does not begin with 'started'; there is nothing to run again")
    consent = next((entry.event.actor for entry in entries if isinstance(entry.event, ConsentChecked)), "")
    return entries[0].event, consent


def inputs_of(entries: Iterable[Entry]) -> dict[int, Inputs]:
    """What the log says was put in, by tick."""
    statuses: dict[int, list[Status]] = defaultdict(list)
    commands: dict[int, list[Command]] = defaultdict(list)
    notices: dict[int, list[Notice]] = defaultdict(list)
    composed: dict[int, list[str]] = defaultdict(list)
    for entry in entries:
        match entry.event:
            case SensorStatus(status=status):
                statuses[entry.tick].append(status)
            case Override(command=command) | CheckIn(command=command) | Marker(command=command):
                commands[entry.tick].append(command)
            case BarComposed(generator=generator):
                composed[entry.tick].append(generator)
            case TicksMissed() as missed:
                notices[entry.tick].append(missed)
            case (Alarm(code=code) | AlarmCleared(code=code)) as alarm if code in FROM_OUTSIDE:
                notices[entry.tick].append(alarm)
    ticks = {*statuses, *commands, *notices, *composed}
    return {n: Inputs(tuple(statuses[n]), tuple(commands[n]), tuple(notices[n]), tuple(composed[n])) for n in ticks}


def replay(
    session: Session,
    entries: Sequence[Entry],
    blocks: Iterable[tuple[int, SampleBlock]],
    compose: Callable[[str, BarRequest], Bar],
) -> Iterator[Entry]:
    """The events of the session run again, up to the tick of the log's last event.

    `compose` writes a bar by the generator of that name: whoever wrote it then writes it again.
    """
    inputs = inputs_of(entries)
    arrived: dict[int, list[SampleBlock]] = defaultdict(list)
    for tick, block in blocks:
        arrived[tick].append(block)
    ordered: BarRequest | None = None
    for number in _ticks(inputs, entries[-1].tick):
        given = inputs.get(number, Inputs())
        answers = tuple(compose(name, ordered) for name in given.composed if ordered)
        tick_in = Tick(number, (*given.statuses, *arrived[number]), given.commands, answers, given.notices)
        outcome = session.step(tick_in)
        yield from outcome.entries
        ordered = outcome.request or ordered


def _ticks(inputs: Mapping[int, Inputs], last: int) -> Iterator[int]:
    """All ticks but the missed ones."""
    missed: set[int] = set()
    for number, given in inputs.items():
        for notice in given.notices:
            if isinstance(notice, TicksMissed):
                missed |= set(range(number - notice.count, number))
    return (number for number in range(last + 1) if number not in missed)


def computed_part(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that the session itself wrote: up to its end, without an end that another engine wrote for it."""
    for number, entry in enumerate(entries):
        if isinstance(entry.event, Ended):
            return list(entries[: number + (entry.event.how != "interrupted")])
    return list(entries)
