"""The learned groove as a part of this installation, or why there is none."""

from __future__ import annotations

from models.music.groove import Groove, shipped_groove
from models.shipped import WeightsError


def found_groove() -> tuple[Groove | None, str]:
    """(the learned groove, ''), or (None, why percussion is played as it is written)."""
    try:
        return shipped_groove(), ""
    except WeightsError as error:
        return None, f"Percussion is played as it is written: {error}."
