"""How drummers place and weigh their strokes, learned from performances: by style, drum and place in the bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from models.shipped import WEIGHTS, WeightsError, content

NAME = "groove"
PLACES = 16
"""Sixteenths of a bar of four beats."""
FAMILIES = ("all", "straight", "backbeat", "afro-latin", "swing")
PARTS = ("kick", "snare", "hat", "other")
PART_OF: Mapping[int, str] = {
    **dict.fromkeys((35, 36), "kick"),
    **dict.fromkeys((37, 38, 39, 40), "snare"),
    **dict.fromkeys((22, 26, 42, 44, 46, 51, 53, 54, 59, 69, 70, 82), "hat"),
}
"""Which part of the kit a General MIDI drum note stands for; the rest are 'other'. Brush is snare, shaker is hat."""
FAMILY_OF: Mapping[str, str] = {"western": "straight", "west_african": "afro-latin"}
"""The family a tradition's percussion leans on; one whose drums no performance in the data plays takes 'all'."""
TABLES = ("offset", "offset_spread", "force", "force_spread")
NEAR = 1 / 24
"""Of a beat: a note further from a sixteenth than this (a triplet) has no place in the table."""

Table = NDArray[np.float32]


@dataclass(frozen=True)
class Feel:
    """What the table says of one place. Offsets in beats, later is positive; force as a share of the usual velocity."""

    offset: float = 0.0
    offset_spread: float = 0.0
    force: float = 0.0
    force_spread: float = 0.0

    def scaled(self, share: float) -> Feel:
        return Feel(self.offset * share, self.offset_spread * share, self.force * share, self.force_spread * share)


NO_FEEL = Feel()
Feels = tuple[tuple[tuple[Feel, ...], ...], ...]


@dataclass(frozen=True, eq=False)
class Groove:
    """Each table has the shape (families, parts, PLACES)."""

    offset: Table
    offset_spread: Table
    force: Table
    force_spread: Table

    def __post_init__(self) -> None:
        shape = (len(FAMILIES), len(PARTS), PLACES)
        for name in TABLES:
            table = getattr(self, name)
            if table.shape != shape or not np.isfinite(table).all():
                raise ValueError(f"table {name} of shape {table.shape}; expected {shape} of finite numbers")

    def feel(self, tradition: str, part: str, beat: float, beats: int) -> Feel:
        """For a note of a bar of `beats`; a metre other than four takes each beat as the mean of the four."""
        place = round(4 * beat)
        if abs(beat - place / 4) > NEAR:
            return NO_FEEL
        family = FAMILIES.index(FAMILY_OF.get(tradition, "all"))
        fours, others = self._feels
        return (fours if beats == 4 else others)[family][PARTS.index(part)][place % PLACES]

    @cached_property
    def _feels(self) -> tuple[Feels, Feels]:
        """The tables place by place for bars of four beats, and for all others."""
        tables = np.stack([getattr(self, name) for name in TABLES], axis=-1)
        beats = tables.reshape(*tables.shape[:2], 4, 4, len(TABLES))
        means = np.broadcast_to(beats.mean(axis=2, keepdims=True), beats.shape).reshape(tables.shape)
        fours, others = (
            tuple(tuple(tuple(Feel(*values) for values in row) for row in rows) for rows in told.tolist())
            for told in (tables, means)
        )
        return fours, others


def part_of(pitch: int) -> str:
    return PART_OF.get(pitch, "other")


def shipped_groove(folder: Path = WEIGHTS) -> Groove:
    """The learned tables. Raises WeightsError when the file is missing, altered, or holds something else."""
    found = content(NAME, folder)
    try:
        tables = {name: table.astype(np.float32) for name, table in load(found).items()}
        return Groove(**tables)
    except (SafetensorError, TypeError, ValueError) as error:
        raise WeightsError(f"the weights of {NAME!r} hold no groove: {error}") from error
