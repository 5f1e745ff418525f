"""Wishes as people type them: 'density=0.8', 'rhythm=0,4,8,12', 'style=folk:0.7,hymn:0.3'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.music.condition import CONTINUOUS, Condition


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(word) for word in text.split(","))


def _weights(text: str) -> dict[str, float]:
    pairs = (word.partition(":") for word in text.split(","))
    return {name.strip(): float(weight or 1) for name, _, weight in pairs}


READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(CONTINUOUS, float),
    "style": _weights,
    "scale": _numbers,
    "rhythm": _numbers,
    "theme": str,
    "roles": lambda text: tuple(word.strip() for word in text.split(",")),
}
"""How the value of each wish is read."""


def read_wishes(words: Sequence[str]) -> Condition:
    """The condition of NAME=VALUE words. Raises ValueError naming the word and what would be right."""
    wishes: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in READERS:
            raise ValueError(f"wish {word!r}; expected NAME=VALUE with one of {', '.join(READERS)}")
        if name in wishes:
            raise ValueError(f"wish {name!r} twice; expected each once")
        try:
            wishes[name] = READERS[name](value)
        except ValueError as error:
            raise ValueError(f"wish {word!r}; expected {EXPECTED.get(name, 'a number')}") from error
    return Condition(**wishes)


EXPECTED = {
    "style": "styles with weights such as folk:0.7,hymn:0.3",
    "scale": "semitones above the tonic such as 0,2,4,7,9",
    "rhythm": "eighths from the bar line such as 0,4,8,12",
}
