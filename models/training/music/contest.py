"""The contest of the bar generator and its critic: the players and what each of them loses by.

A variational start and a generative contest in one (Larsen et al. 2016; Zhu et al. 2017): a recogniser tells which
chance a real bar stands for, so that chance means something before the contest begins. The critic is held smooth by its
slope at real bars (Mescheder et al. 2018) and also refuses real bars under another bar's wishes (Reed et al. 2016); the
generator matches its features (Salimans et al. 2016), and the fullness and motion of the bar whose wishes it was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.music.networks.bars import (
    BarGenerator,
    BarReader,
    Given,
    Shape,
    fullness,
    hardened,
    leaps,
    likelihood,
    sounding,
)
from models.music.rolls import SLOTS

Loss = tuple[Tensor, Mapping[str, float]]
"""What is descended, and its parts by name."""


@dataclass(frozen=True)
class Weights:
    """How much each term counts. `smooth` is the weight of the critic's squared slope, measured at every
    `smooth_every`th step only."""

    divergence: float = 1.0
    likelihood: float = 0.5
    adversarial: float = 0.3
    feature: float = 1.0
    fullness: float = 0.05
    motion: float = 0.2
    strangers: float = 0.5
    smooth: float = 2.0
    smooth_every: int = 8


WEIGHTS = Weights()


class Players(nn.Module):
    """Everything that is kept: `shown` is the moving average of the generator, and the one that ships."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.generator, self.shown = BarGenerator(shape), BarGenerator(shape)
        self.shown.load_state_dict(self.generator.state_dict())
        self.shown.requires_grad_(False)
        self.recogniser = BarReader(shape, 2 * shape.chance)
        self.critic = BarReader(shape, 1)

    def follow(self, kept: float) -> None:
        """Move the average on; `kept` is the share of it that stays."""
        for shown, own in zip(self.shown.parameters(), self.generator.parameters(), strict=True):
            shown.data.lerp_(own.data, 1 - kept)

    def chance(self, rows: int, rng: np.random.Generator) -> Tensor:
        drawn = rng.standard_normal((rows, self.shown.shape.chance), dtype=np.float32)
        return torch.from_numpy(drawn).to(next(self.parameters()).device)


def _half(bar: Tensor) -> torch.autocast:
    return torch.autocast(bar.device.type, torch.bfloat16)


def recognised(players: Players, bar: Tensor, given: Given, chance: Tensor) -> Loss:
    """Likelihood of the bar from the chance that is recognised in it, and how far that is from plain chance; in nats
    a slot."""
    with _half(bar):
        mean, spread = players.recogniser(bar, given).float().chunk(2, dim=-1)
        spread = spread.clamp(-8, 4)
        logits = players.generator(mean + (spread / 2).exp() * chance, given).float()
    lost = likelihood(logits, bar, given).mean() / SLOTS
    apart = 0.5 * (mean**2 + spread.exp() - 1 - spread).sum(dim=-1).mean() / SLOTS
    return lost + WEIGHTS.divergence * apart, {"likelihood": float(lost.detach()), "divergence": float(apart.detach())}


def contested(players: Players, bar: Tensor, given: Given, chance: Tensor) -> Loss:
    """What the critic says of bars from plain chance, and how their features and fullness differ from the real ones."""
    with _half(bar):
        logits = players.generator(chance, given).float()
    written = hardened(logits, given)
    with _half(bar):
        verdict, features = players.critic.judged(written, given)
        with torch.no_grad():
            _, wanted = players.critic.judged(bar, given)
    terms = {
        "adversarial": functional.softplus(-verdict.float()).mean(),
        "feature": (features.float().mean(dim=0) - wanted.float().mean(dim=0)).abs().mean(),
        "fullness": (fullness(written) - fullness(bar)).square().mean(),
        "motion": (_motion(written) - _motion(bar)).square().mean(),
    }
    loss = sum((getattr(WEIGHTS, name) * term for name, term in terms.items()), torch.zeros((), device=bar.device))
    return loss, {name: float(term.detach()) for name, term in terms.items()}


def _motion(bar: Tensor) -> Tensor:
    """How many octaves each line wanders through a bar, (n, 3)."""
    return leaps(sounding(bar)).abs().sum(dim=1)


def criticised(players: Players, bar: Tensor, given: Given, chance: Tensor, smooth: bool) -> Loss:
    """Real bars are real; written ones, and real ones under the wishes of others, are not."""
    with torch.no_grad(), _half(bar):
        written = hardened(players.generator(chance, given).float(), given)
    others = replace(given, wishes=given.wishes.roll(1, 0))
    with _half(bar):
        real, false, strange = (
            players.critic(*pair).float() for pair in ((bar, given), (written, given), (bar, others))
        )
    loss = functional.softplus(-real).mean() + functional.softplus(false).mean()
    loss = loss + WEIGHTS.strangers * functional.softplus(strange).mean()
    told = {"critic": float(loss.detach()), "told_apart": float(((real > 0).float() + (false < 0).float()).mean() / 2)}
    return (loss + WEIGHTS.smooth_every * _steepness(players, bar, given) if smooth else loss), told


def _steepness(players: Players, bar: Tensor, given: Given) -> Tensor:
    seen = bar.clone().requires_grad_()
    (slope,) = torch.autograd.grad(players.critic(seen, given).sum(), seen, create_graph=True)
    return WEIGHTS.smooth / 2 * slope.square().sum(dim=(1, 2)).mean()
