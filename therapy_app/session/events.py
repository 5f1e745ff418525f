"""Everything that can happen in a session. A session is the ordered list of these, and nothing else is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from models.affect import Affect
from models.music.plan import Aim, MusicPlan, PerformedBar
from models.person import Baseline
from models.personal import Personal
from sensors.blocks import Status
from sensors.readings import Reading
from therapy_app.session.commands import Command
from therapy_app.session.prescription import Prescription


@dataclass(frozen=True)
class Started:
    """What the session was asked to be: with the raw blocks and the commands, all that a replay needs.

    The defaults are how sessions ran whose logs don't tell: no personal model, any minutes taken for rest.
    `weights` begins the SHA-256 of the estimator's, '' where it has none.
    """

    prescription: Prescription
    seed: int
    estimator: str
    generator: str
    baseline: Baseline | None
    personal: Personal | None = None
    uneven_heart: bool = False
    judges_rest: bool = False
    weights: str = ""


@dataclass(frozen=True)
class ConsentChecked:
    actor: str


@dataclass(frozen=True)
class SensorStatus:
    status: Status


@dataclass(frozen=True)
class StreamFound:
    stream: str
    modality: str
    rate_hz: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class PhaseBegun:
    """baseline, match, guide, hold, fade."""

    phase: str
    until_s: float


@dataclass(frozen=True)
class BaselineTaken:
    """`source` is 'measured', 'short' (under 3 min: not comparable), 'stored', 'none', 'refused' (it was no rest)."""

    source: str
    baseline: Baseline | None
    reason: str


@dataclass(frozen=True)
class PersonalTaken:
    """The personal model that estimates are adapted by from now on."""

    personal: Personal
    reason: str


@dataclass(frozen=True)
class FeaturesTaken:
    readings: Mapping[str, Reading]


@dataclass(frozen=True)
class AffectEstimated:
    affect: Affect


@dataclass(frozen=True)
class TargetSet:
    """Where the music is to go next: `wanted` by guidance, `aim` after authority, people and safety; `path` ahead."""

    wanted: Aim
    aim: Aim
    path: tuple[Aim, ...]
    reason: str


@dataclass(frozen=True)
class Suggested:
    """Under authority 'suggest': what guidance would do, waiting for 'accept'."""

    aim: Aim
    reason: str


@dataclass(frozen=True)
class BarPlanned:
    """A bar ordered from the generator. `revision` counts plans of the same bar; the highest one plays."""

    revision: int
    start_s: float
    loudness_db: float
    plan: MusicPlan
    reason: str


@dataclass(frozen=True)
class BarComposed:
    """An answer reached the session: by which generator, which is another than was asked where that was late."""

    bar: int
    generator: str


@dataclass(frozen=True)
class BarPerformed:
    """A bar ready to sound. `late` when it came less than a tick before its start."""

    bar: PerformedBar
    generator: str
    tokens: int
    late: bool


@dataclass(frozen=True)
class Override:
    """A person steered the music."""

    command: Command


@dataclass(frozen=True)
class CheckIn:
    """A person said how they feel."""

    command: Command


@dataclass(frozen=True)
class Marker:
    command: Command


@dataclass(frozen=True)
class Alarm:
    """`level` is 'notice', 'warning' or 'urgent'; `words` may be read over the shoulder."""

    code: str
    level: str
    words: str


@dataclass(frozen=True)
class AlarmCleared:
    code: str


@dataclass(frozen=True)
class TicksMissed:
    """The engine was asleep or overrun for this many ticks: nothing was sensed or decided in them."""

    count: int


@dataclass(frozen=True)
class Silenced:
    """Music fades out over `fade_s` and nothing more is composed until someone resumes."""

    fade_s: float
    reason: str


@dataclass(frozen=True)
class Ended:
    """The last event. `how` is 'finished', 'stopped' (STOP: silence now) or 'interrupted' (the engine went away)."""

    how: str
    reason: str


Event = (
    Started
    | ConsentChecked
    | SensorStatus
    | StreamFound
    | PhaseBegun
    | BaselineTaken
    | PersonalTaken
    | FeaturesTaken
    | AffectEstimated
    | TargetSet
    | Suggested
    | BarPlanned
    | BarComposed
    | BarPerformed
    | Override
    | CheckIn
    | Marker
    | Alarm
    | AlarmCleared
    | TicksMissed
    | Silenced
    | Ended
)

KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "started": Started,
        "consent": ConsentChecked,
        "sensor": SensorStatus,
        "stream": StreamFound,
        "phase": PhaseBegun,
        "baseline": BaselineTaken,
        "personal": PersonalTaken,
        "features": FeaturesTaken,
        "affect": AffectEstimated,
        "target": TargetSet,
        "suggestion": Suggested,
        "plan": BarPlanned,
        "composed": BarComposed,
        "bar": BarPerformed,
        "override": Override,
        "check_in": CheckIn,
        "marker": Marker,
        "alarm": Alarm,
        "alarm_cleared": AlarmCleared,
        "missed": TicksMissed,
        "silenced": Silenced,
        "ended": Ended,
    }
)
"""The word under which each event stands in the log."""

_WORD = {event: kind for kind, event in KINDS.items()}


@dataclass(frozen=True)
class Entry:
    """One line of the log. `seq` counts from 1 without gaps; `follows` are the seqs of the events that caused it."""

    seq: int
    tick: int
    at_s: float
    event: Event
    follows: tuple[int, ...]

    @property
    def kind(self) -> str:
        return _WORD[type(self.event)]


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


def body_of(event: Event) -> str:
    """The event as canonical JSON: the same event gives the same text, and no NaN or infinity passes."""
    fields = _adapter(_WORD[type(event)]).dump_python(event, mode="json")
    return json.dumps(fields, allow_nan=False, sort_keys=True, separators=(",", ":"))


def event_from(kind: str, body: str) -> Event:
    """Reads what `body_of` wrote. Raises pydantic's ValidationError on anything else."""
    event: Event = _adapter(kind).validate_json(body)
    return event
