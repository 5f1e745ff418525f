"""Which stream of the Lab Streaming Layer is meant, and how streams are named to people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

from sensors.blocks import SensorError
from sensors.recordings.pieces import FASTEST_HZ

ASKED = ("name", "type", "source_id", "hostname")
ADDED = ("unit", "rate")
TERM = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Wish:
    """Which stream is meant, and what is added to what it says."""

    asked: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    rate_hz: float = 0.0

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Raises SensorError."""
        if not re.match(r"[a-z_]+=", argument):
            return cls((("name", argument),) if argument.strip() else ())
        terms = {}
        for text in re.split(r",(?=[a-z_]+=)", argument):
            found = TERM.fullmatch(text)
            if found is None or found[1] not in (*ASKED, *ADDED) or not found[2]:
                raise SensorError(f"{text!r} says nothing of an LSL stream; expected {', '.join((*ASKED, *ADDED))}=…")
            terms[found[1]] = found[2]
        asked = tuple((key, terms[key]) for key in ASKED if key in terms)
        return cls(asked, terms.get("unit", ""), rate_of(terms.get("rate", "0")))

    def fits(self, told: Any) -> bool:
        return all(getattr(told, key)() == value for key, value in self.asked)

    def __str__(self) -> str:
        return " and ".join(f"{key} {value!r}" for key, value in self.asked) or "any name"


def rate_of(text: str) -> float:
    """Hz, 0 where none is added. Raises SensorError."""
    try:
        rate_hz = float(text)
    except ValueError:
        rate_hz = -1.0
    if not (isfinite(rate_hz) and 0 <= rate_hz <= FASTEST_HZ):
        raise SensorError(f"rate {text!r}; expected Hz, at most {FASTEST_HZ:g}")
    return rate_hz


def spec_of(told: Any) -> str:
    return f"lsl:source_id={told.source_id()}" if told.source_id() else f"lsl:name={told.name()}"


def choices(found: list[Any]) -> str:
    specs = sorted({f"{spec_of(told)} ({told.name()})" if told.source_id() else spec_of(told) for told in found})
    return f"there are: {', '.join(specs[:8])}" if specs else "there is none at all on this machine"


def words_of(told: Any, text_format: int) -> str:
    if told.channel_format() == text_format:
        return f"{told.name()}: markers, not used"
    rate = f"{told.nominal_srate():g} Hz" if told.nominal_srate() else "as it comes"
    count = told.channel_count()
    return f"{told.name()}: {told.type() or 'of no type'}, {count} channel{'s' * (count > 1)}, {rate}"
