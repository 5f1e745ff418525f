"""The members of a JSON message, each with the rule it has to keep."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sensors.blocks import SensorError

LARGEST_BYTES = 64 * 1024
MOST_SEQ = 2**53
"""As far as JSON's numbers count one by one."""
STREAM = re.compile(r"[a-z][a-z0-9_]{0,31}")
SHOWN = 40
"""So much of a wrong value is repeated in an error."""


class MessageError(SensorError):
    """A message that breaks the protocol; says the value and the rule."""


def decoded(text: str | bytes) -> Any:
    if len(text) > LARGEST_BYTES:
        raise MessageError(f"a message of {len(text)} bytes; expected at most {LARGEST_BYTES}")
    try:
        return json.loads(text, parse_constant=_no_number)
    except MessageError:
        raise
    except RecursionError as deep:
        raise MessageError("a message nested too deeply to be one") from deep
    except ValueError as wrong:
        raise MessageError(f"no JSON: {getattr(wrong, 'msg', type(wrong).__name__)}") from wrong


def _no_number(word: str) -> float:
    raise MessageError(f"{word} is no number in JSON; leave out what was not measured")


def shown(value: Any) -> str:
    """A wrong value as it stands in an error, never more than a line of it."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def number(said: Mapping[str, Any], name: str, low: float, high: float) -> float:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise MessageError(f"{name} {shown(value)}; expected a number from {low:g} to {high:g}")
    return float(value)


def whole(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_SEQ:
        raise MessageError(f"{name} {shown(value)}; expected a whole number from 0 on")
    return value


def word(said: Mapping[str, Any], name: str, pattern: re.Pattern[str], expected: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MessageError(f"{name} {shown(value)}; expected {expected}")
    return value


def stream_name(said: Mapping[str, Any]) -> str:
    return word(said, "stream", STREAM, "a name of small letters, digits and _, as in 'ecg'")


def yes_or_no(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name)
    if not isinstance(value, bool):
        raise MessageError(f"{name} {shown(value)}; expected true or false")
    return value
