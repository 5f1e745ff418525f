"""The raw signals of a stored session as a recording, as they were received."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session as Work

from sensors.blocks import SampleBlock, StreamInfo
from sensors.recordings import pieces
from sensors.recordings.labels import numbered
from sensors.recordings.recording import Piece, Recording, Signal
from therapy_app.records.log import read_blocks
from therapy_app.records.sessions import status_of
from therapy_app.records.tables import Session

DRIFT_S = 0.25
"""Where a stream's own clock has run this far from its declared rate, a new piece begins at the right time."""


class ExportError(ValueError):
    """Why a session can't be written in a form."""


@dataclass
class Run:
    """Blocks of a stream that follow each other."""

    start_s: float
    blocks: list[SampleBlock] = field(default_factory=list)
    count: int = 0

    def end_s(self, rate_hz: float) -> float:
        return self.start_s + self.count / rate_hz


def recorded(database: Engine, session_id: int) -> Recording:
    """Times count on the session's clock. Raises ExportError when nothing was received."""
    status_of(database, session_id)
    with Work(database) as work:
        began_at = work.get_one(Session, session_id).started_at
    signals = signals_of(block for _, block in read_blocks(database, session_id))
    if not signals:
        raise ExportError(f"session {session_id} has no signals to write")
    wall = began_at.replace(tzinfo=UTC) if began_at else None  # SQLite forgets the zone; the record is in UTC
    return Recording(f"session-{session_id}", signals, wall)


def signals_of(blocks: Iterable[SampleBlock]) -> tuple[Signal, ...]:
    """Every stream with its gaps; samples that are no numbers leave gaps too."""
    streams: dict[StreamInfo, list[SampleBlock]] = {}
    for block in blocks:
        same = replace(block.info, uncertainty_s=0.0)  # grows with time, and is no part of what a stream is
        streams.setdefault(same, []).append(block)
    cut = {info: sampled(info, parts) if info.rate_hz else happened(info, parts) for info, parts in streams.items()}
    filled = {info: found for info, found in cut.items() if found}
    return tuple(Signal(info, found) for info, found in zip(numbered(list(filled)), filled.values(), strict=True))


def sampled(info: StreamInfo, blocks: list[SampleBlock]) -> tuple[Piece, ...]:
    assert info.rate_hz is not None
    runs: list[Run] = []
    before: SampleBlock | None = None
    for block in blocks:
        if before is None or breaks(before, block, runs[-1].end_s(info.rate_hz)):
            follows_s = runs[-1].end_s(info.rate_hz) if runs else block.start_s
            runs.append(Run(max(block.start_s, follows_s)))
        runs[-1].blocks.append(block)
        runs[-1].count += len(block.samples)
        before = block
    return tuple(
        piece.later(run.start_s)
        for run in runs
        for values in (np.concatenate([block.samples for block in run.blocks]),)
        for piece in pieces.even(values, info.rate_hz, info.modality)
    )


def breaks(before: SampleBlock, block: SampleBlock, end_s: float) -> bool:
    """Whether something is missing between two blocks, or the time has run away from the samples."""
    return block.gap_s > 0 or block.seq != before.seq + 1 or abs(block.start_s - end_s) > DRIFT_S


def happened(info: StreamInfo, blocks: list[SampleBlock]) -> tuple[Piece, ...]:
    """Events in order of their times."""
    times_s = np.concatenate([block.times_s for block in blocks if block.times_s is not None])
    values = np.concatenate([block.samples for block in blocks]).astype(np.float64)
    times_s, first = np.unique(times_s, return_index=True)
    good = pieces.usable(values[first]) & np.isfinite(times_s)
    cut = pieces.intervals if info.modality == "rr" else pieces.events
    return cut(values[first][good], times_s[good]) if good.any() else ()
