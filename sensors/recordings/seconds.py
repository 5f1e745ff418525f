"""A recording second by second: its signals as their sensors would have sent them, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from math import floor

import numpy as np

from sensors.blocks import SampleBlock
from sensors.readings import Features
from sensors.recordings.recording import Recording, Signal
from sensors.window import Window

BLOCK_S = 10.0


def seconds_of(recording: Recording) -> list[Features]:
    """What the live code says at the end of each second of the recording."""
    return list(describe(blocks_of(recording), recording.start_s, recording.end_s))


def describe(blocks: Iterable[SampleBlock], start_s: float, end_s: float) -> Iterator[Features]:
    """Features at the end of each second. `blocks` in order of their start."""
    window = Window()
    waiting = iter(blocks)
    block = next(waiting, None)
    for now_s in range(floor(start_s) + 1, floor(end_s + 1e-6) + 1):
        while block is not None and block.start_s < now_s:
            window.add(block)
            block = next(waiting, None)
        yield window.describe(float(now_s))


def blocks_of(recording: Recording) -> Iterator[SampleBlock]:
    """The recording as its sensors would have sent it: all streams, in order of time."""
    return merge(*map(_stream, recording.signals), key=lambda block: block.start_s)


def _stream(signal: Signal) -> Iterator[SampleBlock]:
    seq, end_s = 0, signal.start_s
    for piece in signal.pieces:
        if piece.times_s is None:
            assert signal.info.rate_hz is not None
            step = max(1, round(BLOCK_S * signal.info.rate_hz))
            cuts = np.arange(step, len(piece.samples), step)
            starts_s = piece.start_s + np.concatenate(([0], cuts)) / signal.info.rate_hz
        else:
            cuts = np.arange(1, len(piece.samples))
            starts_s = piece.times_s
        gap_s = max(0.0, piece.start_s - end_s) if seq else 0.0
        times = np.split(piece.times_s, cuts) if piece.times_s is not None else [None] * (len(cuts) + 1)
        for start_s, samples, times_s in zip(starts_s.tolist(), np.split(piece.samples, cuts), times, strict=True):
            block = SampleBlock(signal.info, seq, start_s, samples, times_s, gap_s)
            yield block
            seq, end_s, gap_s = seq + 1, block.end_s, 0.0
