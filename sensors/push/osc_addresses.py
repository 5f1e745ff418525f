"""What OSC messages mean: a Muse's, as Mind Monitor and MuseIO send them, and this house's own `/therapy/FIELD`.

Source: MuseIO 3.6 'OSC paths' and 'Available data' (InteraXon), Mind Monitor's technical manual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_packet import OscPacket

from sensors.blocks import SensorError
from sensors.fields import EVENTS, field
from sensors.push.members import MessageError, shown
from sensors.push.messages import LARGEST_VALUE, Battery

HORSESHOE_BAD = 4
"""Of an electrode: 1 is good, 2 fair, 4 touches nothing."""
MOST_G = 16.0
OWN = "therapy"
PATH = re.compile(r"/?([^/]+)/(.+)")


@dataclass(frozen=True)
class Rows:
    """Rows of one stream (sample, channel); `rates_hz` are those its devices are known to have, () for events."""

    stream: str
    modality: str
    channels: tuple[str, ...]
    rates_hz: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Fit:
    """How the electrodes sit: `quality` 0 to 1, None where only the contact is told."""

    contact: bool
    quality: float | None


@dataclass(frozen=True)
class Rate:
    """A rate that the sender declares for one of its streams."""

    stream: str
    rate_hz: float


Heard = Rows | Fit | Battery | Rate


def messages_of(datagram: bytes) -> list[tuple[str, list[Any]]]:
    """(address, arguments) of a message or a bundle, whose time tags are not believed. Raises MessageError."""
    try:
        return [(timed.message.address, list(timed.message.params)) for timed in OscPacket(datagram).messages]
    except Exception as wrong:  # the library lets whatever its parser meets through
        raise MessageError(f"a datagram of {len(datagram)} bytes that is no OSC") from wrong


def meaning(address: str, arguments: Sequence[Any]) -> Heard | None:
    """None for what is no measurement of ours. Raises MessageError when one holds what it can't."""
    found = PATH.fullmatch(address)
    if found is None:
        return None
    if found[1] == OWN:
        return declared(arguments) if found[2] == "rate" else own(found[2], arguments)
    reader = MUSE.get(found[2])
    return reader(arguments) if reader else None


def floats(what: str, arguments: Sequence[Any], least: int) -> list[float]:
    if len(arguments) < least:
        raise MessageError(f"{what} with {len(arguments)} values; expected at least {least}")
    for value in arguments:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_VALUE:
            raise MessageError(f"{what} holds {shown(value)}; expected numbers in the unit of its name")
    return [float(value) for value in arguments]


def eeg(arguments: Sequence[Any]) -> Rows:
    """Auxiliary electrodes, after the fourth, are left out."""
    row = floats("eeg", arguments[:4], 4)
    return Rows("eeg", "eeg", ("TP9", "AF7", "AF8", "TP10"), (256.0, 220.0, 500.0), (tuple(row),))


def acc(arguments: Sequence[Any]) -> Rows:
    row = floats("acc", arguments[:3], 3)
    if max(map(abs, row)) > MOST_G:
        raise MessageError(f"acc of {max(row, key=abs):g}; expected g, at most {MOST_G:g} (older programs send mg)")
    return Rows("acc", "acc", ("x", "y", "z"), (52.0, 50.0), (tuple(row),))


def horseshoe(arguments: Sequence[Any]) -> Fit:
    marks = floats("horseshoe", arguments[:4], 4)
    shares = [min(1.0, max(0.0, (HORSESHOE_BAD - mark) / (HORSESHOE_BAD - 1))) for mark in marks]
    return Fit(any(shares), sum(shares) / len(shares))


def forehead(arguments: Sequence[Any]) -> Fit:
    return Fit(floats("touching_forehead", arguments, 1)[0] > 0, None)


def battery(arguments: Sequence[Any]) -> Battery:
    """Hundredths of a percent."""
    (charge,) = floats("batt", arguments[:1], 1)
    if not 0 <= charge <= 10_000:
        raise MessageError(f"batt {charge:g}; expected 0 to 10000, hundredths of a percent")
    return Battery(charge / 10_000)


def declared(arguments: Sequence[Any]) -> Rate:
    if len(arguments) != 2 or not isinstance(arguments[0], str):
        raise MessageError("rate needs a field and its rate in Hz, as in /therapy/rate eda_us 4.0")
    (rate_hz,) = floats("rate", arguments[1:], 1)
    if not 0.001 <= rate_hz <= 20_000:
        raise MessageError(f"rate {rate_hz:g} Hz; expected 0.001 to 20000")
    return Rate(arguments[0].lower(), rate_hz)


def own(name: str, arguments: Sequence[Any]) -> Rows:
    """`/therapy/FIELD v [v …]`: samples of one channel, one after the other; `/therapy/acc x y z` is one row."""
    if name == "acc":
        return acc(arguments)
    try:
        modality, channel = field(name)
    except SensorError as unknown:
        raise MessageError(f"/therapy/{name[:40]}: {unknown}") from unknown
    rows = tuple((value,) for value in floats(name, arguments, 1))
    return Rows(name.lower(), modality, (channel,), () if modality in EVENTS else (0.0,), rows)


MUSE: dict[str, Callable[[Sequence[Any]], Heard]] = {
    "eeg": eeg,
    "acc": acc,
    "elements/horseshoe": horseshoe,
    "elements/touching_forehead": forehead,
    "batt": battery,
}
"""What stands after the headband's name."""
