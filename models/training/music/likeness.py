"""How like the held-out bars the written ones are: divergences of what can be counted in their rolls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.music.condition import GROUPS, NOTHING_ASKED, vectors
from models.music.networks.bars import BarGenerator, Given, fullness, hardened
from models.music.rolls import LINES, LOWEST, ROWS, SLOTS, SPANS
from models.training.music.rolls import Rolls

Floats = NDArray[np.float64]


def divergence(one: Floats, other: Floats) -> float:
    """Jensen-Shannon divergence of two histograms in bits, 0 to 1; 1 where only one of them is empty."""
    if not one.any() or not other.any():
        return float(one.any() != other.any())
    p, q = one / one.sum(), other / other.sum()
    middle = (p + q) / 2

    def against(part: Floats) -> float:
        there = part > 0
        return float((part[there] * np.log2(part[there] / middle[there])).sum())

    return (against(p) + against(q)) / 2


def histograms(rolls: Tensor) -> dict[str, Floats]:
    """What is counted in bars (n, SLOTS, CHANNELS), by role: tones above the tonic, slots and number of onsets, leaps
    between a line's neighbouring tones and how many slots of it sound; for drums the strokes in place of tones."""
    found: dict[str, Floats] = {}
    bars = np.rint(rolls.detach().cpu().numpy()).astype(np.float64)  # hard states carry traces of their soft ones
    for role, span in SPANS.items():
        onsets = bars[..., span][..., :ROWS]
        tones = onsets.sum(axis=(0, 1))
        if role in LOWEST:
            tones = np.bincount((np.arange(ROWS) + LOWEST[role]) % 12, weights=tones, minlength=12)
            held = bars[..., span][..., ROWS:].sum(axis=(1, 2)) if role == "chords" else bars[..., span.start + ROWS]
            sounding = onsets.sum(axis=(1, 2)) + held.reshape(len(bars), -1).sum(axis=1)
            found[f"{role} sounding"] = np.bincount(sounding.astype(int), minlength=5 * SLOTS).astype(float)
        found[f"{role} tones"] = tones
        found[f"{role} slots"] = onsets.sum(axis=(0, 2))
        found[f"{role} onsets"] = np.bincount(onsets.sum(axis=(1, 2)).astype(int), minlength=4 * SLOTS).astype(float)
        if role in LINES:
            found[f"{role} leaps"] = _leaps(onsets)
    return found


def _leaps(onsets: Floats) -> Floats:
    """How often each interval follows within a bar, -ROWS to ROWS semitones."""
    bar, _, row = np.nonzero(onsets)
    leap = np.diff(row)[np.diff(bar) == 0]
    return np.bincount(leap + ROWS, minlength=2 * ROWS).astype(float)


def between(written: Tensor, real: Tensor) -> float:
    """Mean divergence over all histograms, in bits; of a histogram that differs in length the longer counts."""
    one, other = histograms(written), histograms(real)
    return float(np.mean([divergence(*_even(one[name], other[name])) for name in one]))


def _even(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))), np.pad(other, (0, size - len(other)))


def held_out(generator: BarGenerator, valid: Rolls, rows: int, guidance: float = 1.0) -> Mapping[str, float]:
    """`apart`: divergence from `rows` held-out bars when asked for the same; `floor`: that of as many other human bars.

    `obeyed`: rank correlation of the pitched onsets written with those of the bar whose wishes were told.
    """
    real, given = valid.spread(rows)
    written = _written(generator, given, guidance)
    others, _ = valid.spread(rows, between=True)
    ranks = [np.argsort(np.argsort(pitched_onsets(bars))) for bars in (written, real)]
    return {
        "apart": round(between(written, real), 4),
        "floor": round(between(others, real), 4),
        "obeyed": round(float(np.corrcoef(ranks[0], ranks[1])[0, 1]), 4),
    }


def steered(generator: BarGenerator, rolls: Rolls, rows: int, wish: str, guidance: float = 1.0) -> list[float]:
    """What a wish moves when it is set to `STEPS` and all that is measured with it is left open.

    For density the mean of pitched onsets a bar, for polyphony of what sounds over its slots, for register the mean
    pitch in C.
    """
    _, given = rolls.spread(rows)
    found = []
    for step in STEPS:
        asked: dict[str, Any] = {wish: step}
        wishes = given.wishes.clone()
        for name in MEASURED_TOGETHER:
            wishes[:, GROUPS[name]] = 0
        wishes[:, GROUPS[wish]] = torch.from_numpy(vectors([replace(NOTHING_ASKED, **asked)])[0, GROUPS[wish]])
        found.append(round(MOVED[wish](_written(generator, replace(given, wishes=wishes), guidance)), 3))
    return found


def pitched_onsets(bars: Tensor) -> Floats:
    """Of each bar, (n,)."""
    counts: Floats = fullness(bars)[:, 0:8:2].sum(dim=-1).double().numpy()
    return counts


def _sounding(bars: Tensor) -> float:
    return float(fullness(bars)[:, :8].sum(dim=-1).mean())


def _pitch(bars: Tensor) -> float:
    total = count = 0.0
    for role, low in LOWEST.items():
        onsets = bars[..., SPANS[role]][..., :ROWS].sum(dim=(0, 1))
        total += float((onsets * (torch.arange(ROWS) + low)).sum())
        count += float(onsets.sum())
    return total / max(1.0, count)


STEPS = (0.1, 0.5, 0.9)
MEASURED_TOGETHER = ("valence", "arousal", "density", "polyphony", "register", "syncopation", "rhythm")
MOVED: Mapping[str, Callable[[Tensor], float]] = {
    "density": lambda bars: float(pitched_onsets(bars).mean()),
    "polyphony": _sounding,
    "register": _pitch,
}


def _written(generator: BarGenerator, given: Given, guidance: float) -> Tensor:
    """The bars that the generator writes, with the same chance each time it is asked."""
    device = next(generator.parameters()).device
    chance = np.random.default_rng(0).standard_normal((len(given.wishes), generator.shape.chance), dtype=np.float32)
    with torch.no_grad():
        here = Given(*(part.to(device) for part in vars(given).values()))
        return hardened(generator.guided(torch.from_numpy(chance).to(device), here, guidance), here).cpu()
