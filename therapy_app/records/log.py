"""The session log: append-only, one writer per session, read by everyone."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, insert, select

from sensors.blocks import SampleBlock, StreamInfo
from therapy_app.records import tables
from therapy_app.session.events import Entry, body_of

FASTEST = 1  # zlib level: raw samples hardly shrink further, and the log must never be what the music waits for


@dataclass(frozen=True)
class StoredEvent:
    """One line of the log as it stands in the database; `body` is JSON text."""

    seq: int
    tick: int
    at_s: float
    wall: datetime
    kind: str
    body: str
    follows: tuple[int, ...]
    chain: str


@dataclass(frozen=True)
class TickRecord:
    """What one tick leaves behind: its events and the raw blocks that it was fed."""

    tick: int
    wall: datetime
    entries: Sequence[Entry]
    blocks: Sequence[SampleBlock]


def append(connection: Connection, session_id: int, ticks: Sequence[TickRecord]) -> None:
    """Writes ticks whole; the caller's commit acknowledges them."""
    events = _chained(connection, session_id, ticks)
    blocks = [
        _block_row(session_id, tick.tick, place, block) for tick in ticks for place, block in enumerate(tick.blocks)
    ]
    if events:
        connection.execute(insert(tables.Event), events)
    if blocks:
        connection.execute(insert(tables.Block), blocks)


def read_events(database: Engine, session_id: int, after: int = 0, limit: int = 500) -> list[StoredEvent]:
    """The events after seq `after`, oldest first."""
    event = tables.Event
    query = (
        select(event.seq, event.tick, event.at_s, event.wall, event.kind, event.body, event.follows, event.chain)
        .where(event.session_id == session_id, event.seq > after)
        .order_by(event.seq)
        .limit(limit)
    )
    with database.connect() as connection:
        return [StoredEvent(*row[:6], follows=tuple(row[6]), chain=row[7]) for row in connection.execute(query)]


def all_events(database: Engine, session_id: int) -> Iterator[StoredEvent]:
    """The whole log, read in pages."""
    after = 0
    while page := read_events(database, session_id, after):
        yield from page
        after = page[-1].seq


@dataclass(frozen=True)
class LastLine:
    """The end of a log; zeros and '' for one that is empty."""

    seq: int = 0
    tick: int = 0
    at_s: float = 0.0
    chain: str = ""


def last_line(connection: Connection, session_id: int) -> LastLine:
    event = tables.Event
    query = select(event.seq, event.tick, event.at_s, event.chain).where(event.session_id == session_id)
    row = connection.execute(query.order_by(event.seq.desc()).limit(1)).first()
    return LastLine(*row) if row else LastLine()


def read_blocks(database: Engine, session_id: int) -> Iterator[tuple[int, SampleBlock]]:
    """(tick, block) as they came, in order."""
    block = tables.Block.__table__
    query = select(block).where(block.c.session_id == session_id).order_by(block.c.tick, block.c.place)
    with database.connect() as connection:
        for row in connection.execute(query.execution_options(yield_per=1000)):
            yield row.tick, _block_from(row)


def _chained(connection: Connection, session_id: int, ticks: Sequence[TickRecord]) -> list[dict[str, Any]]:
    events = [_event_row(session_id, tick.wall, entry) for tick in ticks for entry in tick.entries]
    if events:
        before = last_line(connection, session_id).chain
        for event in events:
            before = event["chain"] = link(before, event["seq"], event["kind"], event["body"], event["follows"])
    return events


def link(before: str, seq: int, kind: str, body: str, follows: Sequence[int]) -> str:
    """The hash of a line and all lines before it: a line that is changed later no longer fits."""
    line = json.dumps([before, seq, kind, body, list(follows)], separators=(",", ":"))
    return hashlib.sha256(line.encode()).hexdigest()


def _event_row(session_id: int, wall: datetime, entry: Entry) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "seq": entry.seq,
        "tick": entry.tick,
        "at_s": entry.at_s,
        "wall": wall,
        "kind": entry.kind,
        "body": body_of(entry.event),
        "follows": list(entry.follows),
    }


def _block_row(session_id: int, tick: int, place: int, block: SampleBlock) -> dict[str, Any]:
    info = block.info
    return {
        "session_id": session_id,
        "stream": info.stream,
        "seq": block.seq,
        "tick": tick,
        "place": place,
        "start_s": block.start_s,
        "header": {
            "modality": info.modality,
            "channels": info.channels,
            "rate_hz": info.rate_hz,
            "clock": info.clock,
            "uncertainty_s": info.uncertainty_s,
            "gap_s": block.gap_s,
            "contact": block.contact,
            "flags": sorted(block.flags),
            "device_s": block.device_s,
            "arrived_s": block.arrived_s,
            "quality": block.quality,
        },
        "samples": zlib.compress(block.samples.astype("<f4").tobytes(), FASTEST),
        "times": None if block.times_s is None else zlib.compress(block.times_s.astype("<f8").tobytes(), FASTEST),
    }


def _block_from(row: Any) -> SampleBlock:
    header = row.header
    channels = tuple(header["channels"])
    samples = np.frombuffer(zlib.decompress(row.samples), "<f4").reshape(-1, len(channels))
    clock, uncertainty_s = header.get("clock", "host"), header.get("uncertainty_s", 0.0)  # not in the oldest logs
    return SampleBlock(
        StreamInfo(row.stream, header["modality"], channels, header["rate_hz"], clock, uncertainty_s),
        seq=row.seq,
        start_s=row.start_s,
        samples=samples,
        times_s=None if row.times is None else np.frombuffer(zlib.decompress(row.times), "<f8"),
        gap_s=header["gap_s"],
        contact=header["contact"],
        flags=frozenset(header["flags"]),
        device_s=header.get("device_s"),
        arrived_s=header.get("arrived_s"),
        quality=header.get("quality"),
    )
