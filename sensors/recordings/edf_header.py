"""The head of an EDF or BDF file: 256 bytes, and 256 for each channel, all of it text (Kemp 1992, Kemp 2003)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from sensors.recordings.recording import RecordingError

MAGIC = {b"0       ": 2, b"\xffBIOSEMI": 3}
"""How a file begins, and the bytes of one sample: EDF 16 bit, BDF 24 bit."""
HEAD = 256
FIELDS = (
    ("label", 16),
    ("transducer", 80),
    ("unit", 8),
    ("physical_min", 8),
    ("physical_max", 8),
    ("digital_min", 8),
    ("digital_max", 8),
    ("prefilter", 80),
    ("samples", 8),
    ("reserved", 32),
)
"""Each stands for all channels before the next one does."""
NO_DATE = "01.01.85"
"""What is written where the day shall not be known."""
MOST_CHANNELS = 1024
LARGEST_RECORD_BYTES = 2**26


@dataclass(frozen=True)
class Channel:
    """`first` and `samples` place it within a record; `wrong` says why its values mean nothing, '' if they do."""

    label: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[float, float]
    first: int
    samples: int
    wrong: str

    @property
    def annotates(self) -> bool:
        return self.label in ("EDF Annotations", "BDF Annotations")


@dataclass(frozen=True)
class Header:
    """`claimed` is how many records the file says it has, -1 if it does not know."""

    name: str
    width: int
    began_at: datetime | None
    discontinuous: bool
    claimed: int
    record_s: float
    channels: tuple[Channel, ...]

    @property
    def length(self) -> int:
        return HEAD * (len(self.channels) + 1)

    @property
    def record_samples(self) -> int:
        return sum(channel.samples for channel in self.channels)

    @property
    def record_bytes(self) -> int:
        return self.record_samples * self.width


def parse(content: bytes, name: str) -> Header:
    """Raises RecordingError naming the field that is wrong. `content` may be longer than the head."""
    if len(content) < HEAD:
        raise RecordingError(f"{name} has {len(content)} bytes; an EDF file's head alone has {HEAD}")
    width = MAGIC[content[:8]]
    count = whole(content[252:256], name, "number of channels", 1, MOST_CHANNELS)
    if len(content) < HEAD * (count + 1):
        raise RecordingError(
            f"{name} breaks off within its head: {len(content)} bytes; {count} channels need {HEAD * (count + 1)}"
        )
    header = Header(
        name=name,
        width=width,
        began_at=start(text(content[168:176]), text(content[176:184])),
        discontinuous=content[192:197] in (b"EDF+D", b"BDF+D"),
        claimed=whole(content[236:244], name, "number of records", -1, 10**8 - 1),
        record_s=real(content[244:252], name, "duration of a record"),
        channels=channels(content[HEAD : HEAD * (count + 1)], count, name),
    )
    if header.record_s <= 0 and not all(channel.annotates for channel in header.channels):
        raise RecordingError(f"{name}: a record lasts {header.record_s:g} s; expected above 0")
    if not 0 < header.record_bytes <= LARGEST_RECORD_BYTES:
        limit = f"expected above 0 and at most {LARGEST_RECORD_BYTES}"
        raise RecordingError(f"{name}: a record has {header.record_bytes} bytes; {limit}")
    return header


def channels(content: bytes, count: int, name: str) -> tuple[Channel, ...]:
    columns: dict[str, list[bytes]] = {}
    at = 0
    for field, size in FIELDS:
        columns[field] = [content[at + i * size : at + (i + 1) * size] for i in range(count)]
        at += count * size
    found, first = [], 0
    for index in range(count):
        row = {field: column[index] for field, column in columns.items()}
        where = f"{name}, channel {index + 1}"
        found.append(channel(row, first, whole(row["samples"], where, "samples in a record", 0, 2**24)))
        first += found[-1].samples
    return tuple(found)


def channel(row: dict[str, bytes], first: int, samples: int) -> Channel:
    """Limits that make no scale are this channel's trouble only."""
    numbers, wrong = {}, ""
    for field in ("physical_min", "physical_max", "digital_min", "digital_max"):
        try:
            numbers[field] = number(row[field])
        except ValueError as error:
            numbers[field], wrong = 0.0, f"{field.replace('_', ' ')} {error}"
    physical = numbers["physical_min"], numbers["physical_max"]
    digital = numbers["digital_min"], numbers["digital_max"]
    if not wrong and (digital[0] >= digital[1] or physical[0] == physical[1]):
        wrong = f"physical range {physical[0]:g} to {physical[1]:g} for digital {digital[0]:g} to {digital[1]:g}"
    return Channel(text(row["label"]), text(row["unit"]), physical, digital, first, samples, wrong)


def text(field: bytes) -> str:
    """What is no ASCII (a micro sign, mostly) is read as Latin-1."""
    return field.decode("latin-1").strip("\0 ")


def number(field: bytes) -> float:
    """Raises ValueError."""
    try:
        value = float(text(field))
    except ValueError:
        raise ValueError(f"{text(field)!r} is no number") from None
    if not isfinite(value):
        raise ValueError(f"{value} is not finite")
    return value


def real(field: bytes, where: str, name: str) -> float:
    """Raises RecordingError."""
    try:
        return number(field)
    except ValueError as error:
        raise RecordingError(f"{where}: {name}: {error}") from error


def whole(field: bytes, where: str, name: str, least: int, most: int) -> int:
    """Raises RecordingError unless it is a whole number from `least` to `most`."""
    plain = text(field)
    value = int(plain) if re.fullmatch(r"[+-]?[0-9]{1,8}", plain) else least - 1
    if not least <= value <= most:
        raise RecordingError(f"{where}: {name} {plain!r}; expected a whole number from {least} to {most}")
    return value


def start(date: str, time: str) -> datetime | None:
    """None for a date that is none, or the first that there can be. Of a year two digits: 85 to 99 are 1985 to 1999."""
    if date == NO_DATE:
        return None
    parts = re.fullmatch(r"(\d\d)\.(\d\d)\.(\d\d) (\d\d)[.:](\d\d)[.:](\d\d)", f"{date} {time}", re.ASCII)
    if not parts:
        return None
    day, month, year, hour, minute, second = map(int, parts.groups())
    try:
        return datetime(year + (1900 if year >= 85 else 2000), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
