"""What one bar is asked to be, as every generator hears it: up to fourteen wishes, each of which may be left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np
from numpy.typing import NDArray

ROLES = ("melody", "counter", "chords", "bass", "drums")

Array = NDArray[np.float32]

FEATURES = ("density", "polyphony", "register", "tension", "syncopation")
"""Ranks in [0, 1] within a style; `models.training.corpus.conditions` says how each is measured."""
CONTINUOUS = ("valence", "arousal", *FEATURES, "mode", "tempo")
"""Valence, arousal and mode (dark to bright) in [-1, 1]; tempo in octaves from 100 beats a minute."""
STYLES = (
    "song", "quartet", "orchestral", "piano", "renaissance", "baroque", "classical", "romantic",
    "hymn", "folk", "ragtime", "standard", "drums", "other",
)  # fmt: skip
THEMES = ("free", "state", "return", "vary")
EIGHTHS = 16
"""Places of a rhythm: eighths from the bar line."""
KNOTS = 8
"""A number is written as weights on its two nearest knots of this many; no weight at all is 'not asked'."""


@dataclass(frozen=True)
class Condition:
    """The wishes for one bar; None (or an empty `style`) leaves one open.

    `scale` holds semitones above the tonic, `rhythm` the eighths that have an onset, `style` weights by name that need
    not add up to 1: several styles blend. Raises ValueError naming the wish, its value and what is possible.
    """

    valence: float | None = None
    arousal: float | None = None
    density: float | None = None
    polyphony: float | None = None
    register: float | None = None
    tension: float | None = None
    syncopation: float | None = None
    mode: float | None = None
    tempo: float | None = None
    style: Mapping[str, float] = field(default_factory=dict)
    scale: frozenset[int] | None = None
    rhythm: frozenset[int] | None = None
    theme: str | None = None
    roles: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in CONTINUOUS:
            value, low = getattr(self, name), 0.0 if name in FEATURES else -1.0
            if value is not None and not (isfinite(value) and low <= value <= 1):
                raise ValueError(f"{name} {value}; expected a number from {low:g} to 1")
        if strange := sorted(set(self.style) - set(STYLES)):
            raise ValueError(f"no style {', '.join(strange)}; there are: {', '.join(STYLES)}")
        if bad := [w for w in self.style.values() if not (isfinite(w) and w >= 0)]:
            raise ValueError(f"style weights {bad}; expected numbers from 0")
        if self.theme is not None and self.theme not in THEMES:
            raise ValueError(f"no theme treatment {self.theme!r}; there are: {', '.join(THEMES)}")
        for name, top in (("scale", 11), ("rhythm", EIGHTHS - 1)):
            if strays := sorted(n for n in getattr(self, name) or () if not 0 <= n <= top):
                raise ValueError(f"{name} {strays}; expected whole numbers from 0 to {top}")
        if lost := [role for role in self.roles or () if role not in ROLES]:
            raise ValueError(f"no role {', '.join(lost)}; there are: {', '.join(ROLES)}")


NOTHING_ASKED = Condition()

SIZE = len(CONTINUOUS) * KNOTS + len(STYLES) + (12 + 1) + (EIGHTHS + 1) + len(THEMES) + (len(ROLES) + 1)
"""Length of a condition vector. All zeros asks for nothing."""


def _groups() -> dict[str, slice]:
    widths = {
        **dict.fromkeys(CONTINUOUS, KNOTS),
        "style": len(STYLES),
        "scale": 12 + 1,
        "rhythm": EIGHTHS + 1,
        "theme": len(THEMES),
        "roles": len(ROLES) + 1,
    }
    ends = np.cumsum(list(widths.values())).tolist()
    return {name: slice(end - width, end) for (name, width), end in zip(widths.items(), ends, strict=True)}


GROUPS: Mapping[str, slice] = _groups()
"""Where each wish stands in the vector, in order."""


def vectors(conditions: Sequence[Condition]) -> Array:
    """The conditions as numbers, (n, SIZE)."""
    numbers = np.array(
        [[np.nan if getattr(c, name) is None else getattr(c, name) for name in CONTINUOUS] for c in conditions],
        dtype=np.float32,
    ).reshape(len(conditions), len(CONTINUOUS))
    return assembled(
        numbers,
        style=np.array([_style(c.style) for c in conditions], dtype=np.float32).reshape(-1, len(STYLES)),
        scale=_bits([c.scale for c in conditions], 12),
        rhythm=_bits([c.rhythm for c in conditions], EIGHTHS),
        theme=np.array([[c.theme == name for name in THEMES] for c in conditions], dtype=np.float32).reshape(
            -1, len(THEMES)
        ),
        roles=_bits([None if c.roles is None else [ROLES.index(r) for r in c.roles] for c in conditions], len(ROLES)),
    )


def _style(weights: Mapping[str, float]) -> list[float]:
    total = sum(weights.values()) or 1.0
    return [weights.get(name, 0.0) / total for name in STYLES]


def _bits(sets: Sequence[Sequence[int] | frozenset[int] | None], size: int) -> Array:
    """Rows of `size` bits and a last one that says that they are asked for."""
    rows = np.zeros((len(sets), size + 1), dtype=np.float32)
    for row, chosen in zip(rows, sets, strict=True):
        if chosen is not None:
            row[[*chosen, size]] = 1.0
    return rows


def assembled(numbers: Array, style: Array, scale: Array, rhythm: Array, theme: Array, roles: Array) -> Array:
    """One vector a row from its parts: numbers (n, len(CONTINUOUS)) with NaN for 'not asked', the others as bits."""
    low = np.array([0.0 if name in FEATURES else -1.0 for name in CONTINUOUS], dtype=np.float32)
    places = np.clip((numbers - low) / (1 - low), 0, 1) * (KNOTS - 1)
    weights = np.maximum(0, 1 - np.abs(places[:, :, None] - np.arange(KNOTS, dtype=np.float32)))
    spread = np.nan_to_num(weights, nan=0.0).reshape(len(numbers), len(CONTINUOUS) * KNOTS)
    return np.concatenate([spread, style, scale, rhythm, theme, roles], axis=1).astype(np.float32)
