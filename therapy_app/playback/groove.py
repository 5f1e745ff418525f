"""The learned groove as a part of this installation, or why there is none."""

from __future__ import annotations

from pathlib import Path

from models.music.groove import Groove, shipped_groove
from models.shipped import WEIGHTS, WeightsError


def found_groove(folder: Path = WEIGHTS) -> tuple[Groove | None, str]:
    """(the learned groove, ''), or (None, why percussion is played as it is written)."""
    try:
        return shipped_groove(folder), ""
    except WeightsError as error:
        return None, f"Percussion is played as it is written: {error}."
