"""Polar's compressed samples: one reference sample, then packages of differences, each of its own bit width.

Source: Polar, Online Measurement 1.0, 'Delta compressed frames', and the worked frame of polar-ble-sdk issue 187.
Differences are packed least significant bit first, channel after channel, and each package is filled up to whole bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SensorError

Samples = NDArray[np.int64]
"""Shape (time, channel)."""

WIDEST_BITS = 32
MOST_SAMPLES = 255
HEAD_BYTES = 2
"""Of a package: its width in bits, and its number of samples."""


class DeltaError(SensorError):
    """Bytes that are no compressed samples, or samples that can't be compressed so."""


def unpack(content: bytes, channels: int, channel_bytes: int) -> Samples:
    """All samples; the first is the reference. Raises DeltaError when bytes are missing, left over or impossible."""
    at = channels * channel_bytes
    if len(content) < at:
        raise DeltaError(f"{len(content)} bytes of compressed samples; expected a first sample of {at} bytes")
    steps = [raw(content[:at], channels, channel_bytes)]
    while at < len(content):
        width, count, end = _package(content, at, channels)
        steps.append(_differences(content[at + HEAD_BYTES : end], width, count, channels))
        at = end
    samples = np.cumsum(np.concatenate(steps), axis=0)
    limit = 1 << (8 * channel_bytes - 1)
    if not ((-limit <= samples) & (samples < limit)).all():
        raise DeltaError(f"compressed samples add up to {np.abs(samples).max()}; expected at most {limit}")
    return samples


def raw(content: bytes, channels: int, channel_bytes: int) -> Samples:
    """Signed numbers, little endian, as many bytes each as told."""
    octets = np.frombuffer(content, np.uint8).reshape(-1, channel_bytes).astype(np.int64)
    unsigned = octets @ (1 << 8 * np.arange(channel_bytes, dtype=np.int64))
    return signed(unsigned, 8 * channel_bytes).reshape(-1, channels)


def signed(values: Samples, bits: int) -> Samples:
    """Two's complement of `bits`."""
    return values - ((values >> (bits - 1)) << bits)


def _package(content: bytes, at: int, channels: int) -> tuple[int, int, int]:
    """(width in bits, number of samples, where it ends)."""
    if at + HEAD_BYTES > len(content):
        raise DeltaError("a package of differences breaks off after its width")
    width, count = content[at], content[at + 1]
    if not 1 <= width <= WIDEST_BITS or not count:
        raise DeltaError(f"a package of {count} differences of {width} bits; expected 1 or more of 1 to {WIDEST_BITS}")
    end = at + HEAD_BYTES + -(-width * count * channels // 8)
    if end > len(content):
        raise DeltaError(f"a package of differences of {end - at} bytes, of which {end - len(content)} are missing")
    return width, count, end


def _differences(packed: bytes, width: int, count: int, channels: int) -> Samples:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")[: width * count * channels]
    weights = 1 << np.arange(width, dtype=np.int64)
    return signed(bits.reshape(-1, width) @ weights, width).reshape(count, channels)


def pack(samples: Samples, channel_bytes: int, packages: Iterable[tuple[int, int]]) -> bytes:
    """What `unpack` reads; `packages` are (width in bits, number of samples) and cover all samples but the first."""
    content, at = raw_bytes(samples[:1], channel_bytes), 0
    steps = np.diff(samples, axis=0)
    for width, count in packages:
        content += bytes([width, count]) + _packed(steps[at : at + count], width)
        at += count
    if at != len(steps):
        raise DeltaError(f"packages for {at} samples after the first; there are {len(steps)}")
    return content


def raw_bytes(samples: Samples, channel_bytes: int) -> bytes:
    octets = samples.astype(np.int64).reshape(-1, 1) >> 8 * np.arange(channel_bytes)
    return (octets & 0xFF).astype(np.uint8).tobytes()


def _packed(steps: Samples, width: int) -> bytes:
    bits = steps.reshape(-1, 1) >> np.arange(width) & 1
    if (signed(bits @ (1 << np.arange(width, dtype=np.int64)), width) != steps.reshape(-1)).any():
        raise DeltaError(f"differences up to {np.abs(steps).max()} do not fit into {width} bits")
    return np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()
