"""Raw signals as a zip of CSV tables, one for each stream, exact to the last digit; `open_recording` reads it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Engine

from sensors.recordings.recording import Piece, Recording, Signal
from sensors.recordings.table import TIME
from therapy_app.exchange.signals import recorded

COLUMNS = {
    "ecg": "ecg_mv",
    "ppg": "ppg",
    "eda": "eda_us",
    "rr": "rr_ms",
    "hr": "hr_bpm",
    "temp": "temp_c",
    "resp": "resp",
    "eeg": "eeg_{}_uv",
    "acc": "acc_{}_g",
}
"""The column of each modality; {} is the channel where several stand in one table."""


def signal_tables_of(database: Engine, session_id: int) -> bytes:
    """The session's signals, zipped. Raises ExportError when there are none."""
    return zipped(recorded(database, session_id))


def zipped(recording: Recording) -> bytes:
    """The same recording gives the same bytes."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for signal in recording.signals:
            for name, columns, channels in tables(signal):
                text = "".join(lines(signal, columns, channels))
                archive.writestr(ZipInfo(f"{name}.csv"), text, ZIP_DEFLATED)
    return out.getvalue()


def tables(signal: Signal) -> Iterator[tuple[str, list[str], list[int]]]:
    """(file, columns, channels): one table of all channels where their columns have names, one each where not."""
    info = signal.info
    column = COLUMNS[info.modality]
    if "{}" in column:
        usable = [re.sub(r"[^A-Za-z0-9.-]", "-", channel) for channel in info.channels]
        yield info.stream, [column.format(channel) for channel in usable], list(range(len(usable)))
        return
    for index in range(len(info.channels)):
        yield info.stream if index == 0 else f"{info.stream}-{index + 1}", [column], [index]


def lines(signal: Signal, columns: list[str], channels: list[int]) -> Iterator[str]:
    yield f"{','.join((TIME, *columns))}\n"
    for piece in signal.pieces:
        rows = piece.samples[:, channels]
        for time_s, row in zip(times_of(signal, piece), rows, strict=True):
            yield f"{time_s!r},{','.join('' if value != value else str(value) for value in row)}\n"


def times_of(signal: Signal, piece: Piece) -> list[float]:
    """Of each sample, in seconds."""
    if piece.times_s is not None:
        return [float(time_s) for time_s in piece.times_s]
    assert signal.info.rate_hz is not None
    return [float(piece.start_s) + index / signal.info.rate_hz for index in range(len(piece.samples))]
