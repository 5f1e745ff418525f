"""WFDB records (PhysioNet): a .hea file of text that names the files with the samples; beats in .atr.

https://physionet.org/physiotools/wag/header-5.htm and annot-5.htm
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.recordings import pieces
from sensors.recordings.files import LARGEST_BYTES
from sensors.recordings.labels import LabelError, Meaning, grouped, meaning, numbered
from sensors.recordings.recording import Piece, Recording, RecordingError, Signal
from sensors.recordings.wfdb_beats import beats

BITS = {"8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12, "310": 32 / 3, "311": 32 / 3}
"""Bits of one sample in each format that is read."""
COLUMNS = ("file_name", "fmt", "samps_per_frame", "byte_offset", "adc_gain", "baseline", "units", "sig_name")
"""What a head tells of each channel."""
LARGEST_HEAD_BYTES = 2**20
MOST_CHANNELS = 1024
MOST_SEGMENTS = 10_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """A single-segment record and when it begins, counted in frames."""

    path: Path
    first: int


def recognises(path: Path) -> bool:
    return head_path(path) is not None


def head_path(path: Path) -> Path | None:
    """The .hea file of a record that is given as that file, as its .dat file, or as the folder that it is alone in."""
    if path.is_dir():
        heads = sorted(path.glob("*.hea"))
        layout = [head for head in heads if b"/" in first_line(head)]
        return (layout or heads)[0] if len(heads) == 1 or len(layout) == 1 else None
    head = path.with_suffix(".hea") if path.suffix == ".dat" else path
    return head if head.suffix == ".hea" and head.is_file() else None


def first_line(head: Path) -> bytes:
    """The first one that is no comment."""
    with head.open("rb") as stream:
        lines = (line.strip() for line in stream.read(LARGEST_HEAD_BYTES).splitlines())
        return next((line for line in lines if line and not line.startswith(b"#")), b"").split(b" ")[0]


def read(path: Path) -> Recording:
    """Raises RecordingError for a head that can't be read; what single channels lack is noted."""
    head = head_path(path)
    assert head is not None
    header = parsed(head)
    notes: list[str] = []
    found: list[Signal] = []
    for segment in segments_of(head, header):
        found += read_segment(segment, float(header.fs), notes)
    signals = merged(found)
    signals += beats(head, float(header.fs), {signal.info.modality for signal in signals}, notes)
    return Recording(head.name, tuple(signals), began(header), tuple(dict.fromkeys(notes)))


def parsed(head: Path) -> Any:
    """What wfdb makes of the head. Raises RecordingError naming what is wrong in it."""
    import wfdb  # brings pandas, which whoever reads no WFDB shall not wait for

    if head.stat().st_size > LARGEST_HEAD_BYTES:
        raise RecordingError(f"{head.name} has {head.stat().st_size} bytes; a head has at most {LARGEST_HEAD_BYTES}")
    try:
        header = wfdb.rdheader(str(head.with_suffix("")))
    except Exception as error:  # the parser raises whatever its parts raise
        raise RecordingError(f"{head.name} can't be read as a WFDB head: {error}") from error
    fs = header.fs
    if not isinstance(fs, int | float) or not isfinite(fs) or not pieces.SLOWEST_HZ <= fs <= pieces.FASTEST_HZ:
        limits = f"{pieces.SLOWEST_HZ:g} to {pieces.FASTEST_HZ:g}"
        raise RecordingError(f"{head.name}: {fs} frames a second; expected {limits}")
    if not 0 <= (header.n_sig or 0) <= MOST_CHANNELS:
        raise RecordingError(f"{head.name}: {header.n_sig} channels; expected at most {MOST_CHANNELS}")
    lines = min((len(getattr(header, column, None) or ()) for column in COLUMNS), default=0)
    if getattr(header, "seg_name", None) is None and lines < (header.n_sig or 0):
        raise RecordingError(f"{head.name} says that it has {header.n_sig} channels, and describes {lines}")
    return header


def segments_of(head: Path, header: Any) -> Iterator[Segment]:
    """Raises RecordingError for a name that points elsewhere."""
    names = getattr(header, "seg_name", None)
    if names is None:
        yield Segment(head, 0)
        return
    if len(names) > MOST_SEGMENTS:
        raise RecordingError(f"{head.name} has {len(names)} segments; expected at most {MOST_SEGMENTS}")
    first = 0
    for name, length in zip(names, header.seg_len, strict=True):
        if name != "~" and length > 0:
            yield Segment(neighbour(head, f"{name}.hea"), first)
        first += max(0, length)


def neighbour(head: Path, name: str) -> Path:
    """A file beside the head. Raises RecordingError when it is elsewhere or missing."""
    if Path(name).name != name or "\\" in name or ":" in name:
        raise RecordingError(f"{head.name} names {name[:60]!r}; its files lie beside it")
    if not (head.parent / name).is_file():
        raise RecordingError(f"{head.name} names {name[:60]!r}, which is not there")
    return head.parent / name


def read_segment(segment: Segment, fs: float, notes: list[str]) -> list[Signal]:
    """Raises RecordingError."""
    import wfdb

    header = parsed(segment.path)
    if getattr(header, "seg_name", None) is not None:
        raise RecordingError(f"{segment.path.name} has segments, and is a segment itself")
    if not header.n_sig:
        return []
    frames = frames_there(segment.path, header, notes)
    if not frames:
        notes.append(f"{segment.path.name} holds no samples")
        return []
    try:
        with np.errstate(all="ignore"):
            record = wfdb.rdrecord(str(segment.path.with_suffix("")), sampto=frames, smooth_frames=False)
    except Exception as error:  # the parser raises whatever its parts raise
        raise RecordingError(f"{segment.path.name} can't be read: {type(error).__name__}: {error}") from error
    kept = usable(record, fs, notes)
    signals = []
    for info, members in grouped([(meant, rate_hz) for meant, rate_hz, _ in kept]):
        columns = [kept[member][2] * kept[member][0].worth + kept[member][0].offset for member in members]
        cut = pieces.even(np.column_stack(columns), kept[members[0]][1], info.modality)
        signals.append(Signal(info, tuple(piece.later(segment.first / fs) for piece in cut)))
    return signals


def usable(record: Any, fs: float, notes: list[str]) -> list[tuple[Meaning, float, Floats]]:
    """The channels that are ours: meaning, rate and values in the file's unit."""
    kept = []
    for label, unit, per_frame, values in zip(
        record.sig_name, record.units, record.samps_per_frame, record.e_p_signal, strict=True
    ):
        try:
            rate_hz = fs * per_frame
            if not rate_hz <= pieces.FASTEST_HZ:
                raise LabelError(f"has {rate_hz:g} Hz (expected at most {pieces.FASTEST_HZ:g})")
            kept.append((meaning(label or "", unit or ""), rate_hz, values.astype(np.float64)))
        except LabelError as why:
            notes.append(f"channel {label!r} {why} and is left out")
    return kept


def frames_there(head: Path, header: Any, notes: list[str]) -> int:
    """How many frames all files of the record hold. Raises RecordingError."""
    bits: dict[str, float] = {}
    skipped: dict[str, int] = {}
    for name, form, per_frame, offset in zip(
        header.file_name, header.fmt, header.samps_per_frame, header.byte_offset, strict=True
    ):
        if form not in BITS:
            raise RecordingError(f"{head.name}: samples in format {form}; expected one of {', '.join(BITS)}")
        if not 0 < (per_frame or 0) <= pieces.FASTEST_HZ:
            raise RecordingError(f"{head.name}: {per_frame} samples a frame; expected at least 1")
        bits[name] = bits.get(name, 0.0) + BITS[form] * per_frame
        skipped[name] = max(0, offset or 0)
    sizes = {name: neighbour(head, name).stat().st_size for name in bits}
    if sum(sizes.values()) > LARGEST_BYTES:
        raise RecordingError(f"{head.name}: the recording holds more than {LARGEST_BYTES / 2**20:g} MB; split it")
    there = min(int((sizes[name] - skipped[name]) * 8 / bits[name] + 1e-6) for name in bits)
    claimed = header.sig_len
    if claimed is not None and claimed > there:
        notes.append(f"{head.name} says that it has {claimed} samples a channel; {max(0, there)} are there and read")
    return max(0, there if claimed is None else min(claimed, there))


def merged(found: list[Signal]) -> list[Signal]:
    """The same stream of several segments as one."""
    pieces_of: dict[Any, list[Piece]] = {}
    for signal in found:
        pieces_of.setdefault(signal.info, []).extend(signal.pieces)
    kept = {info: cut for info, cut in pieces_of.items() if cut}
    return [Signal(info, tuple(cut)) for info, cut in zip(numbered(list(kept)), kept.values(), strict=True)]


def began(header: Any) -> datetime | None:
    """None where the head does not tell the day."""
    when = getattr(header, "base_datetime", None)
    return when.replace(tzinfo=UTC) if isinstance(when, datetime) else None
