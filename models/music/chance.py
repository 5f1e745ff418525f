"""Chance that can be thrown again: a generator for one purpose in one bar, whatever was asked before."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def chance(seed: int, bar: int, purpose: str) -> np.random.Generator:
    """A fresh generator from (seed, bar, purpose). Raises ValueError for a negative seed."""
    if seed < 0:
        raise ValueError(f"seed {seed}; expected a whole number from 0")
    return np.random.Generator(np.random.PCG64([seed, bar, crc32(purpose.encode())]))
