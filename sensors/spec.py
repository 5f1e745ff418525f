"""The SPEC of a sensor as people type it: `name[:argument]`."""

from __future__ import annotations

import re

from sensors.blocks import SensorError

NAME = re.compile(r"[a-z][a-z0-9_]*")


def parse(spec: str) -> tuple[str, str]:
    """Split at the first colon only: addresses and paths keep theirs. Raises SensorError."""
    name, _, argument = spec.strip().partition(":")
    if not NAME.fullmatch(name):
        raise SensorError(
            f"no sensor in {told(spec)!r}; expected name[:argument], as in 'virtual:typical' or 'ble:auto'"
        )
    return name, argument


def told(spec: str) -> str:
    """A SPEC as it may be shown: the user and password of an address left out."""
    return re.sub(r"//.*@", "//…@", spec)
