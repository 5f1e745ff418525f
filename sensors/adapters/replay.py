"""A recording played again as if its sensor were worn now: EDF, BDF, XDF, WFDB, E4, CSV."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from math import isfinite
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import Place, SampleBlock, SensorError, State, Status, StreamInfo
from sensors.numbering import Numbering
from sensors.recordings.readers import open_recording
from sensors.recordings.recording import Piece, Recording, Signal

BLOCK_S = 0.5
FASTEST = 1000.0
REPLAYED = frozenset({"replay"})


class Portion(NamedTuple):
    """Rows of a piece that are due together, `end_s` on the recording's line; sorts by time."""

    end_s: float
    stream: int
    piece: int
    first: int
    last: int


class Sensor:
    """`start_s` of its blocks counts recorded seconds from the moment of opening.

    At speed 1 that is the session clock. At another speed samples arrive that much faster, stay as far apart as they
    were taken (a heart does not beat faster because it is replayed), and so run ahead of the session clock.
    """

    def __init__(self, recording: Recording, place: Place, speed: float = 1.0) -> None:
        self.device = f"replay:{recording.name}"
        self.speed = speed
        self._recording = recording
        self._opened_s = place.clock()
        self._numbering = Numbering()
        self._ahead = merge(*(portions(index, signal) for index, signal in enumerate(recording.signals)))
        self._next: Portion | None = next(self._ahead, None)
        self._told: State | None = None

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """`argument` is PATH[@SPEED]; a path may itself hold an '@'. Raises SensorError."""
        path, speed = split_speed(argument)
        return cls(open_recording(path), place, speed)

    def describe(self) -> tuple[StreamInfo, ...]:
        return self._recording.streams

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        due_s = (now_s - self._opened_s) * self.speed + self._recording.start_s
        arrived: list[SampleBlock | Status] = []
        if self._told is None:
            arrived += self._tell("streaming", now_s)
        while self._next is not None and self._next.end_s <= due_s:
            arrived.append(self._block(self._next))
            self._next = next(self._ahead, None)
        if self._next is None and due_s >= self._recording.end_s:
            arrived += self._tell("stopped", now_s, "the recording has ended")
        return arrived

    def close(self) -> None:
        self._next, self._told = None, "stopped"

    def _tell(self, state: State, at_s: float, reason: str = "") -> list[SampleBlock | Status]:
        """A status, unless it is the one that was told last."""
        if state == self._told:
            return []
        self._told = state
        return [Status(self.device, state, at_s, reason)]

    def _block(self, portion: Portion) -> SampleBlock:
        signal = self._recording.signals[portion.stream]
        piece = signal.pieces[portion.piece]
        samples = piece.samples[portion.first : portion.last]
        later_s = self._opened_s - self._recording.start_s
        if piece.times_s is None:
            assert signal.info.rate_hz is not None
            start_s = piece.start_s + portion.first / signal.info.rate_hz
            return self._numbering.block(signal.info, start_s + later_s, samples, flags=REPLAYED)
        times_s = piece.times_s[portion.first : portion.last]
        missing_s = missing_before(signal, portion) if portion.first == 0 else 0.0
        return self._numbering.block(
            signal.info, times_s[0] + later_s, samples, times_s + later_s, missing_s=missing_s, flags=REPLAYED
        )


def missing_before(signal: Signal, portion: Portion) -> float:
    """Seconds between a piece of events and the piece before it."""
    if portion.piece == 0:
        return 0.0
    before = signal.pieces[portion.piece - 1].times_s
    assert before is not None
    return signal.pieces[portion.piece].start_s - float(before[-1])


def portions(stream: int, signal: Signal) -> Iterator[Portion]:
    """The signal in portions of about BLOCK_S, in order."""
    for index, piece in enumerate(signal.pieces):
        ends = event_ends(piece.times_s) if piece.times_s is not None else sample_ends(signal, piece)
        first = 0
        for last, end_s in ends:
            yield Portion(end_s, stream, index, first, last)
            first = last


def sample_ends(signal: Signal, piece: Piece) -> Iterator[tuple[int, float]]:
    """Behind the last sample of each portion: its index and its time."""
    assert signal.info.rate_hz is not None
    count = max(1, round(signal.info.rate_hz * BLOCK_S))
    for first in range(0, len(piece.samples), count):
        last = min(first + count, len(piece.samples))
        yield last, piece.start_s + last / signal.info.rate_hz


def event_ends(times_s: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    slots = np.floor(times_s / BLOCK_S)
    for last in (*(np.flatnonzero(np.diff(slots)) + 1), len(times_s)):
        yield int(last), float(times_s[last - 1])


def split_speed(argument: str) -> tuple[str, float]:
    """PATH[@SPEED]. Raises SensorError."""
    path, at, speed = argument.rpartition("@")
    if not argument:
        raise SensorError("replay needs a recording: replay:PATH[@SPEED]")
    if not at or Path(argument).exists():
        return argument, 1.0
    try:
        times = float(speed)
    except ValueError:
        raise SensorError(f"speed {speed!r} is no number; expected replay:PATH[@SPEED], as in '@2'") from None
    if not (isfinite(times) and 0 < times <= FASTEST):
        raise SensorError(f"speed {speed}; expected above 0 and at most {FASTEST:g}")
    return path, times
