"""EDF, EDF+ and BDF files: records of equal length, each with the samples of every channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.recordings import edf_annotations, pieces
from sensors.recordings.edf_annotations import EVENT, SKIP, Annotation
from sensors.recordings.edf_header import HEAD, MAGIC, MOST_CHANNELS, Channel, Header, parse
from sensors.recordings.files import beginning, whole_file
from sensors.recordings.labels import LabelError, Meaning, grouped, meaning
from sensors.recordings.recording import Piece, Recording, RecordingError, Signal

MOST_RECORDS = 2_000_000
"""Three weeks of records of a second."""
MOST_BREAKS = 10_000
SLACK_S = 0.001
"""Records that are told to begin this close to the end of the one before follow it."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Section:
    """Records without a gap between them, and when the first one begins."""

    start_s: float
    first: int
    last: int


def recognises(path: Path) -> bool:
    return beginning(path, 8) in MAGIC


def read(path: Path) -> Recording:
    """Raises RecordingError for a head that can't be; what single channels lack is noted."""
    content = whole_file(path)
    header = parse(content[: HEAD * (MOST_CHANNELS + 1)].tobytes(), path.name)
    records, notes = whole_records(content, header)
    annotations = [note for part in annotation_parts(records, header) for note in edf_annotations.parse(part)]
    sections, told = sections_of(annotations, header, len(records))
    skipped = [note for note in annotations if note.text.startswith(SKIP) and note.duration_s > 0]
    if len(sections) + len(skipped) > MOST_BREAKS:
        raise RecordingError(f"{path.name} breaks off {len(sections) + len(skipped)} times; at most {MOST_BREAKS}")
    kept, left_out = meant(header)
    signals = [
        Signal(info, tuple(cut(info, [kept[index] for index in members], records, header, sections, skipped)))
        for info, members in grouped([(meaning, rate_hz) for _, meaning, rate_hz in kept])
    ]
    filled = tuple(signal for signal in signals if signal.pieces) + edf_annotations.events(annotations)
    return Recording(path.name, filled, header.began_at, (*notes, *told, *left_out, *unused(annotations)))


def whole_records(content: Bytes, header: Header) -> tuple[Bytes, tuple[str, ...]]:
    """(records (record, byte), notes): as many as are there, whatever the head says."""
    body = content[header.length :]
    count, over = divmod(len(body), header.record_bytes)
    if count > MOST_RECORDS:
        raise RecordingError(f"{header.name} has {count} records; expected at most {MOST_RECORDS}")
    notes = [f"{header.name}: its last record is cut short and left out"] if over else []
    if header.claimed not in (-1, count):
        notes.append(f"{header.name} says that it has {header.claimed} records; {count} are there and read")
    return body[: count * header.record_bytes].reshape(count, header.record_bytes), tuple(notes)


def annotation_parts(records: Bytes, header: Header) -> Iterator[Bytes]:
    return (part(records, channel, header) for channel in header.channels if channel.annotates)


def part(records: Bytes, channel: Channel, header: Header) -> Bytes:
    """One channel's bytes of every record."""
    return records[:, channel.first * header.width : (channel.first + channel.samples) * header.width]


def sections_of(notes: list[Annotation], header: Header, count: int) -> tuple[list[Section], tuple[str, ...]]:
    """Where the records lie in time, and what is wrong with that. Only a file that says so has gaps between them."""
    onsets_s: dict[int, float] = {}
    for note in notes:
        if not note.text:
            onsets_s.setdefault(note.record, note.onset_s)
    begin_s = onsets_s.get(0, 0.0)
    if not header.discontinuous:
        return [Section(begin_s, 0, count)], ()
    sections, back, end_s = [Section(begin_s, 0, 0)], 0, begin_s
    for record in range(count):
        onset_s = onsets_s.get(record, end_s)
        if onset_s < end_s - SLACK_S:
            back += 1
            continue
        last = sections[-1]
        if onset_s > end_s + SLACK_S or last.last != record:
            sections.append(Section(onset_s, record, record + 1))
        else:
            sections[-1] = Section(last.start_s, last.first, record + 1)
        end_s = onset_s + header.record_s
    told = (f"{back} records begin before the one before them ends and are left out",) if back else ()
    return [section for section in sections if section.first < section.last], told


def meant(header: Header) -> tuple[list[tuple[Channel, Meaning, float]], tuple[str, ...]]:
    """(usable channels with their meaning and rate, why the others are not)."""
    kept, notes = [], []
    for channel in header.channels:
        if channel.annotates:
            continue
        try:
            if channel.wrong:
                raise LabelError(f"has no scale ({channel.wrong})")
            kept.append((channel, meaning(channel.label, channel.unit), rate_of(channel, header)))
        except LabelError as why:
            notes.append(f"channel {channel.label!r} {why} and is left out")
    twice = Counter(channel.label for channel, _, _ in kept)
    notes += [f"channel {label!r} comes {n} times; each is a stream of its own" for label, n in twice.items() if n > 1]
    return kept, tuple(notes)


def rate_of(channel: Channel, header: Header) -> float:
    """Raises LabelError."""
    rate_hz = channel.samples / header.record_s
    if not pieces.SLOWEST_HZ <= rate_hz <= pieces.FASTEST_HZ:
        raise LabelError(f"has {rate_hz:g} Hz (expected {pieces.SLOWEST_HZ:g} to {pieces.FASTEST_HZ:g})")
    return rate_hz


def cut(
    info: StreamInfo,
    members: list[tuple[Channel, Meaning, float]],
    records: Bytes,
    header: Header,
    sections: list[Section],
    skipped: list[Annotation],
) -> Iterator[Piece]:
    """The stream's samples, where there are any."""
    rate_hz = members[0][2]
    for section in sections:
        values = np.empty(((section.last - section.first) * members[0][0].samples, len(members)), np.float32)
        for place, (channel, meant, _) in enumerate(members):
            digital = counts(part(records[section.first : section.last], channel, header), header.width)
            with np.errstate(over="ignore"):  # what is too large for a sample becomes infinite, and then a hole
                values[:, place] = physical(digital, channel) * meant.worth + meant.offset
            for note in skipped:
                first, last = np.rint((note.onset_s - section.start_s + np.array([0, note.duration_s])) * rate_hz)
                hole = slice(max(0, int(first)), max(0, int(last)))
                values[hole, place][digital[hole] == channel.digital[0]] = np.nan
        for piece in pieces.even(values, rate_hz, info.modality):
            yield piece.later(section.start_s)


def counts(samples: Bytes, width: int) -> NDArray[np.int32]:
    """Little-endian whole numbers of `width` bytes, two's complement."""
    flat = np.ascontiguousarray(samples).reshape(-1, width)
    if width == 2:
        return flat.view("<i2")[:, 0].astype(np.int32)
    padded = np.zeros((len(flat), 4), np.uint8)
    padded[:, 1:] = flat
    signed: NDArray[np.int32] = padded.view("<i4")[:, 0] >> 8
    return signed


def physical(digital: NDArray[np.int32], channel: Channel) -> NDArray[np.float64]:
    """In the channel's own unit."""
    (low, high), (least, most) = channel.physical, channel.digital
    return (digital.astype(np.float64) - least) * ((high - low) / (most - least)) + low


def unused(annotations: list[Annotation]) -> tuple[str, ...]:
    count = sum(
        bool(note.text) and not note.text.startswith(SKIP) and not EVENT.fullmatch(note.text) for note in annotations
    )
    return (f"{count} annotations are not used",) if count else ()
