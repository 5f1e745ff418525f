"""Raw signals as EDF+: what EDFbrowser, MNE, pyEDFlib and EEGLAB open.

Readers refuse files that break off (EDF+D), so the file goes on through gaps: their samples are the lowest number
there is, which no sample has, and an annotation 'BAD_ACQ_SKIP stream' says so. Beat intervals and pulses are
annotations. A value is kept to half a digital step, which is its channel's range over 65535; the time of a piece to
half a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import ceil, floor

import edfio
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from sensors.blocks import UNITS, StreamInfo
from sensors.recordings import pieces
from sensors.recordings.edf_annotations import EVENT_UNITS, SKIP
from sensors.recordings.recording import Recording, Signal
from therapy_app.exchange.signals import ExportError, recorded

LABELS = {"ecg": "ECG", "ppg": "PPG", "eda": "EDA", "eeg": "EEG", "acc": "ACC", "temp": "Temp", "resp": "Resp"}
NOTHING, STEPS = -32768, 65535
"""The digital value of a sample that was not received, and how many values there are above it."""
LONGEST_RECORD_S = 60
DECIMALS = 4
FINEST = 1e-3
"""Smaller ranges would need more decimals than the head has room for."""


def edf_of(database: Engine, session_id: int) -> bytes:
    """The session's signals. The head names the session by its number and nobody. Raises ExportError."""
    recording = recorded(database, session_id)
    return written(recording)


def written(recording: Recording) -> bytes:
    """Time 0 of the file is the second in which the recording's first sample lies."""
    zero_s = floor(recording.start_s)
    sampled = [signal for signal in recording.signals if signal.info.rate_hz]
    record_s = record_length([signal.info.rate_hz or 0.0 for signal in sampled])
    rates_hz = [round((signal.info.rate_hz or 0.0) * record_s) / record_s for signal in sampled]
    ends_s = [end_of(signal, rate_hz, zero_s) for signal, rate_hz in zip(sampled, rates_hz, strict=True)]
    length_s = ceil(max(ends_s, default=0.0) / record_s - 1e-9) * record_s
    notes = [note for signal in recording.signals if not signal.info.rate_hz for note in events(signal, zero_s)]
    channels = []
    for signal, rate_hz in zip(sampled, rates_hz, strict=True):
        channels += [channel(signal, index, rate_hz, length_s, zero_s) for index in range(len(signal.info.channels))]
        notes += gaps(signal, rate_hz, length_s, zero_s)
    began_at = recording.began_at + timedelta(seconds=zero_s) if recording.began_at else None
    return edfio.Edf(
        channels,
        recording=head(began_at, recording.name),
        starttime=began_at.time().replace(microsecond=0, tzinfo=None) if began_at else None,
        data_record_duration=record_s if channels else None,
        annotations=notes,
    ).to_bytes()


def head(began_at: datetime | None, name: str) -> edfio.Recording:
    """The patient's fields stay 'X X X X'."""
    startdate = began_at.date() if began_at else None
    return edfio.Recording(startdate=startdate, hospital_administration_code=name, equipment_code="therapy")


def record_length(rates_hz: list[float]) -> int:
    """Seconds in which every stream has a whole number of samples, as nearly as can be."""

    def off(length_s: int) -> float:
        return max((abs(round(rate * length_s) / (rate * length_s) - 1) for rate in rates_hz), default=0.0)

    return min(range(1, LONGEST_RECORD_S + 1), key=lambda length_s: (max(1e-9, off(length_s)), length_s))


def placed(signal: Signal, rate_hz: float, zero_s: float) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(first row, samples) of each piece on the file's grid; none lies over the one before it."""
    end = 0
    for piece in signal.pieces:
        first = max(end, round((piece.start_s - zero_s) * rate_hz))
        yield first, piece.samples
        end = first + len(piece.samples)


def end_of(signal: Signal, rate_hz: float, zero_s: float) -> float:
    first, samples = list(placed(signal, rate_hz, zero_s))[-1]
    return (first + len(samples)) / rate_hz


def channel(signal: Signal, index: int, rate_hz: float, length_s: int, zero_s: float) -> edfio.EdfSignal:
    low, high = physical_range(signal, index)
    digital = np.full(round(length_s * rate_hz), NOTHING, np.int16)
    for first, samples in placed(signal, rate_hz, zero_s):
        steps = np.rint((samples[:, index].astype(np.float64) - low) / (high - low) * STEPS).clip(1)
        digital[first : first + len(samples)] = np.nan_to_num(steps, nan=0.0) + NOTHING
    return edfio.EdfSignal.from_digital(
        digital,
        rate_hz,
        label=label(signal.info, index),
        physical_dimension=UNITS[signal.info.modality].removeprefix("1"),
        physical_range=(low, high),
        digital_range=(NOTHING, NOTHING + STEPS),
    )


def physical_range(signal: Signal, index: int) -> tuple[float, float]:
    """Around all values, with one step to spare below. Raises ExportError for what the head can't hold."""
    values = np.concatenate([piece.samples[:, index] for piece in signal.pieces])
    known = values[np.isfinite(values)]
    least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    spread = max(most - least, FINEST, abs(least) * 1e-6)
    try:
        low = eight_characters(least - spread / (STEPS - 1), ROUND_FLOOR)
        return low, eight_characters(least + spread, ROUND_CEILING)
    except ValueError as error:
        raise ExportError(
            f"{signal.info.stream} reaches {error}, which EDF can't hold; choose the format 'signals' instead"
        ) from error


def eight_characters(value: float, rounding: str) -> float:
    """The next number, downwards or upwards, that fits into a field of the head. Raises ValueError."""
    for decimals in range(DECIMALS, -1, -1):
        near = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding)
        if len(f"{near:f}") <= 8:
            return float(near)
    raise ValueError(f"{value:g}")


def label(info: StreamInfo, index: int) -> str:
    """Such as 'EEG AF7', 'ACC x', 'ECG', 'ECG 2', 'ECG MLII'."""
    _, _, number = info.stream.partition("-")
    channel = info.channels[index].encode("ascii", "replace").decode()
    named = number if channel.lower() == info.modality else channel
    return " ".join(filter(None, (LABELS[info.modality], named)))[:16]


def gaps(signal: Signal, rate_hz: float, length_s: int, zero_s: float) -> Iterator[edfio.EdfAnnotation]:
    """Where the stream has no samples, and where one of its channels has none."""
    end = 0
    filled = [(first, samples) for first, samples in placed(signal, rate_hz, zero_s)]
    for first, last in [*((first, first + len(samples)) for first, samples in filled), (round(length_s * rate_hz), 0)]:
        if first > end:
            yield skipped(end, first, rate_hz, signal.info.stream)
        end = last
    for first, samples in filled:
        for index in range(samples.shape[1]):
            missing = np.flatnonzero(~np.isfinite(samples[:, index]))
            for run in pieces.runs(missing, np.diff(missing) > 1):
                yield skipped(first + int(run[0]), first + int(run[-1]) + 1, rate_hz, label(signal.info, index))


def skipped(first: int, last: int, rate_hz: float, what: str) -> edfio.EdfAnnotation:
    return edfio.EdfAnnotation(first / rate_hz, (last - first) / rate_hz, f"{SKIP} {what}")


def events(signal: Signal, zero_s: float) -> Iterator[edfio.EdfAnnotation]:
    """Each value at its time, such as 'rr 812.5 ms'."""
    unit = EVENT_UNITS[signal.info.modality]
    for piece in signal.pieces:
        assert piece.times_s is not None
        for time_s, value in zip(piece.times_s, piece.samples[:, 0], strict=True):
            yield edfio.EdfAnnotation(float(time_s) - zero_s, None, f"{signal.info.stream} {value} {unit}")
