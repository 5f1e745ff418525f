"""What a virtual sensor is asked to show: who, which streams, and what goes wrong when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

import numpy as np

from sensors.blocks import SensorError
from sensors.virtual.faults import EVERY, WAVES, Fault, Striking, fault
from sensors.virtual.patients import DEFAULT, Patient, patient

SPELL = re.compile(r"(?P<name>[^/@]*)(/(?P<streams>[^@]*))?(@(?P<from>\d+(\.\d+)?)(-(?P<to>\d+(\.\d+)?))?)?")


@dataclass(frozen=True)
class Spell:
    """A fault from `from_s` to `to_s` seconds after the sensor is opened, of these streams or of all it can have."""

    fault: Fault
    streams: tuple[str, ...] = ()
    from_s: float = 0.0
    to_s: float = inf

    def __post_init__(self) -> None:
        if not self.from_s < self.to_s:
            raise SensorError(f"{self.fault.name} from {self.from_s:g} s to {self.to_s:g} s; expected an end after it")

    def striking(self, born_s: float, rng: np.random.Generator) -> Striking:
        return Striking(self.fault, born_s + self.from_s, born_s + self.to_s, rng, self.streams)


@dataclass(frozen=True)
class Scene:
    patient: Patient
    streams: tuple[str, ...] = WAVES
    spells: tuple[Spell, ...] = ()


def scene(argument: str) -> Scene:
    """`[patient][/stream,stream][+fault[/stream,stream][@from[-to]]]...`, as in `typical/ecg,eda+off_body@60-120`.

    Streams are named by modality; rr and hr are there only where they are asked for. Raises SensorError.
    """
    head, *spells = argument.split("+")
    who, _, streams = head.partition("/")
    return Scene(patient(who or DEFAULT), _streams(streams) or WAVES, tuple(_spell(text) for text in spells))


def _streams(text: str | None) -> tuple[str, ...]:
    named = tuple(text.split(",")) if text else ()
    for name in named:
        if name not in EVERY:
            raise SensorError(f"no virtual stream named {name!r}; there are: {', '.join(EVERY)}")
    return named


def _spell(text: str) -> Spell:
    found = SPELL.fullmatch(text)
    if found is None:
        raise SensorError(f"no fault in {text!r}; expected name[/streams][@from[-to]], as in 'off_body@60-120'")
    ends = float(found["from"] or 0.0), float(found["to"] or inf)
    return Spell(fault(found["name"]), _streams(found["streams"]), *ends)
