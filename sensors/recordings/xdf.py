"""XDF files, as LabRecorder writes them: every stream with the clock of its own machine, mapped to one."""

from __future__ import annotations

import gzip
import logging
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from math import isfinite
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyxdf
from numpy.typing import NDArray

from sensors.recordings import pieces
from sensors.recordings.files import LARGEST_BYTES, Allowance, beginning, opened, whole_file
from sensors.recordings.labels import LabelError, Meaning, grouped, meaning, numbered
from sensors.recordings.recording import Piece, Recording, RecordingError, Signal
from sensors.recordings.xdf_chunks import MAGIC, Parts, parts
from sensors.recordings.xdf_times import runs_of

PACKED = b"\x1f\x8b"
LATEST_S = 1e12
MOST_JUMPS = 100
"""A clock that was set more often than this is no clock."""
UNUSUAL_SHARE = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """What a stream says of itself."""

    name: str
    kind: str
    rate_hz: float
    labels: tuple[tuple[str, str], ...]
    """(label, unit) of each channel."""


def recognises(path: Path) -> bool:
    if beginning(path, 2) != PACKED:
        return beginning(path, 4) == MAGIC
    return path.name.lower().endswith((".xdfz", ".xdf.gz"))


def read(path: Path) -> Recording:
    """Raises RecordingError for what is no XDF file; what single streams lack is noted."""
    content = unpacked(path) if beginning(path, 2) == PACKED else whole_file(path).tobytes()
    found = parts(content, path.name)
    notes = list(found.notes)
    if found.text_streams:
        notes.append(f"{found.text_streams} streams of text are not used")
    signals: list[Signal] = []
    for stream, xml in found.xml.items():
        try:
            head = head_of(xml)
            signals += read_stream(head, *stamped(found, stream, notes), notes)
        except LabelError as why:
            notes.append(f"stream {stream} {why} and is left out")
    zero_s = min((signal.start_s for signal in signals), default=0.0)
    streams = tuple(
        Signal(info, tuple(piece.later(-zero_s) for piece in signal.pieces))
        for info, signal in zip(numbered([signal.info for signal in signals]), signals, strict=True)
    )
    return Recording(path.name, streams, began(found.head), tuple(notes))


def unpacked(path: Path) -> bytes:
    """Raises RecordingError when it is damaged or too large; what comes before its end is missing is kept."""
    out = bytearray()
    allowance = Allowance(LARGEST_BYTES)
    with opened(path) as stream, gzip.GzipFile(fileobj=stream) as packed:
        try:
            while chunk := packed.read1(2**18):
                allowance.spend(len(chunk), path.name)
                out += chunk
        except EOFError:
            return bytes(out)
        except (OSError, zlib.error) as broken:
            raise RecordingError(f"{path.name} is damaged: {broken}") from broken
    return bytes(out)


def head_of(xml: str) -> Head:
    """Raises LabelError."""
    try:
        root = ElementTree.fromstring(xml)
        rate_hz = float(root.findtext("nominal_srate", "0"))
        count = int(root.findtext("channel_count", "0"))
    except (ElementTree.ParseError, ValueError) as error:
        raise LabelError(f"has a head that can't be read ({error})") from error
    if not (isfinite(rate_hz) and 0 <= rate_hz <= pieces.FASTEST_HZ):
        raise LabelError(f"has {rate_hz:g} Hz (expected 0 to {pieces.FASTEST_HZ:g})")
    told = [
        ((row.findtext("label") or "").strip(), (row.findtext("unit") or row.findtext("units") or "").strip())
        for row in root.iterfind("desc/channels/channel")
    ]
    labels = told if len(told) == count else [("", "")] * count
    return Head(root.findtext("name") or "", root.findtext("type") or "", rate_hz, tuple(labels))


def stamped(found: Parts, stream: int, notes: list[str]) -> tuple[Floats, Floats, list[int]]:
    """(values (time, channel), times, where the clock was set anew). Raises LabelError."""
    offsets = np.array(found.offsets[stream]).reshape(-1, 2)
    steps = np.diff(offsets, axis=0)
    steady = np.count_nonzero((steps[:, 0] < 0) | (np.abs(steps[:, 1]) > 1)) <= MOST_JUMPS
    if not steady:
        notes.append(f"stream {stream}: its clock jumps more than {MOST_JUMPS} times and is not mapped")
    logger = logging.getLogger("pyxdf")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # what it has to say stands in the notes
    try:
        with np.errstate(all="ignore"):
            (loaded,), _ = pyxdf.load_xdf(
                BytesIO(found.alone(stream)), synchronize_clocks=steady, dejitter_timestamps=False
            )
    except Exception as error:  # whatever else its bytes make of it, the other streams can be read
        raise LabelError(f"can't be read ({type(error).__name__}: {error})") from error
    with np.errstate(invalid="ignore"):
        values = np.asarray(loaded["time_series"], np.float64)
        times_s = np.asarray(loaded["time_stamps"], np.float64)
    known = np.abs(times_s) < LATEST_S
    return (
        values[known],
        times_s[known],
        [first for first, _ in loaded["info"]["clock_segments"]] if known.all() else [],
    )


def read_stream(head: Head, values: Floats, times_s: Floats, resets: list[int], notes: list[str]) -> list[Signal]:
    """The channels that are ours. Raises LabelError when the stream's times make no sense."""
    title = head.name or head.kind
    usable: list[tuple[int, Meaning]] = []
    for index, (label, unit) in enumerate(head.labels):
        try:
            usable.append((index, meaning(label or (head.name if len(head.labels) == 1 else ""), unit, head.kind)))
        except LabelError as why:
            notes.append(f"{title}, channel {label or index + 1!r} {why} and is left out")
    if not usable:
        return []
    if not len(values):
        raise LabelError(f"({title}) holds no samples")
    uneven = usable[0][1].modality in pieces.EVENTS
    cuts, rate_hz = ([], 1.0) if uneven else runs_of(times_s, head.rate_hz, resets, title, notes)
    if not uneven and head.rate_hz and abs(rate_hz / head.rate_hz - 1) > UNUSUAL_SHARE:
        notes.append(f"{title} says {head.rate_hz:g} Hz, its times say {rate_hz:g} Hz; its times are used")
    signals = []
    for info, members in grouped([(meant, rate_hz) for _, meant in usable]):
        group = [usable[member] for member in members]
        worth, offset = np.array([(meant.worth, meant.offset) for _, meant in group]).T
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = values[:, [index for index, _ in group]] * worth + offset
        if info.rate_hz is None:
            signals.append(Signal(info, events(info.modality, scaled, times_s, title)))
        else:
            cut = (
                piece.later(at_s) for at_s, rows in cuts for piece in pieces.even(scaled[rows], rate_hz, info.modality)
            )
            signals.append(Signal(info, tuple(cut)))
    return [signal for signal in signals if signal.pieces]


def events(modality: str, values: Floats, times_s: Floats, title: str) -> tuple[Piece, ...]:
    """Raises LabelError."""
    good = pieces.usable(values)
    if np.any(np.diff(times_s[good]) <= 0):
        raise LabelError(f"({title}) has times that go backwards")
    return (pieces.intervals if modality == "rr" else pieces.events)(values[good], times_s[good])


def began(xml: bytes) -> datetime | None:
    """When LabRecorder says that the file was begun."""
    try:
        told = ElementTree.fromstring(xml).findtext("datetime") if b"<!" not in xml and len(xml) < 2**20 else None
        when = datetime.fromisoformat(told or "")
    except (ElementTree.ParseError, ValueError):
        return None
    return when.astimezone(UTC) if when.tzinfo else None
