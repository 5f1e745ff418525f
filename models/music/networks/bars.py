"""A generator and a critic of one bar of five roles: MuseGAN's multi-track bar (Dong et al. 2018) as small mixers.

The bar is sixteen slots; each block mixes first over time and then over channels (Tolstikhin et al. 2021), steered by
scale and shift from what is asked. The generator's states are hard, with the gradient of the soft ones (Dong & Yang
2018, binary neurons), so that the critic sees real bars and written ones alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.music.condition import GROUPS, SIZE
from models.music.rolls import CHANNELS, HARMONY, LINES, PLACES, ROWS, SLOTS, SPANS, STATES
from models.music.writing.drums import DRUM_NOTES

LINES_WIDTH = len(LINES) * STATES
SAID = (len(LINES) * (ROWS + 3), 1 + 2 * ROWS, len(DRUM_NOTES))
LOGITS = sum(SAID)
"""Of each line which tone, and whether one begins, is held or rests: apart, so that doubt about the tone is none about
the rhythm. Of the chords whether something begins, which tones then do, and which are held. Of each drum one."""
SELDOM = 3.0
"""Most tones and drums are silent at most slots: log odds that a network begins with."""


@dataclass(frozen=True)
class Shape:
    """`chance` numbers make bars with the same wishes differ. Kept in the checkpoint; the networks rebuild from it."""

    width: int = 192
    blocks: int = 4
    steering: int = 192
    chance: int = 48
    critic_width: int = 128
    critic_blocks: int = 3


@dataclass(frozen=True)
class Given:
    """What a bar is written from, one a row: wishes (n, SIZE), chords (n, SLOTS, HARMONY), where the slots stand
    (n, SLOTS, PLACES) and the bar before (n, SLOTS, CHANNELS; all zeros where there is none)."""

    wishes: Tensor
    harmony: Tensor
    places: Tensor
    before: Tensor

    @property
    def inside(self) -> Tensor:
        """1 for slots within the bar, (n, SLOTS, 1)."""
        return self.places[..., :1]


class Block(nn.Module):
    """Time, then channels; both on what the steering has scaled and shifted."""

    def __init__(self, width: int, steering: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.time = nn.Sequential(nn.Linear(SLOTS, 2 * SLOTS), nn.GELU(), nn.Linear(2 * SLOTS, SLOTS))
        self.wide = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        self.steer = nn.Linear(steering, 2 * width)

    def forward(self, x: Tensor, steering: Tensor) -> Tensor:
        scale, shift = self.steer(steering)[:, None].chunk(2, dim=-1)
        x = x + self.time(self.norm(x).transpose(1, 2)).transpose(1, 2)
        mixed: Tensor = x + self.narrow(functional.gelu(self.wide(self.norm(x) * (1 + scale) + shift)))
        return mixed


class BarGenerator(nn.Module):
    """Chance and what is given to the logits of a bar, (n, SLOTS, LOGITS)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, steering = shape.width, shape.steering
        self.slots = nn.Linear(CHANNELS + HARMONY + PLACES, width)
        self.position = nn.Parameter(torch.randn(SLOTS, width) * 0.02)
        self.steering = nn.Sequential(
            nn.Linear(shape.chance + SIZE, steering), nn.GELU(), nn.Linear(steering, steering), nn.GELU()
        )
        self.blocks = nn.ModuleList(Block(width, steering) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, LOGITS)
        with torch.no_grad():
            self.out.bias[SAID[0] + 1 :] -= SELDOM

    def forward(self, chance: Tensor, given: Given) -> Tensor:
        x = self.slots(torch.cat([given.before, given.harmony, given.places], dim=-1)) + self.position
        steering = self.steering(torch.cat([chance, given.wishes], dim=-1))
        for block in self.blocks:
            x = block(x, steering)
        logits: Tensor = self.out(self.norm(x))
        return logits

    def guided(self, chance: Tensor, given: Given, strength: float) -> Tensor:
        """Logits that go `strength` times as far as asked from a bar that is asked for its roles alone (Ho & Salimans
        2022); two rows of the network for each bar."""
        bare = given.wishes.clone()
        bare[:, : GROUPS["roles"].start] = 0
        both = Given(
            torch.cat([given.wishes, bare]), *(x.repeat(2, 1, 1) for x in (given.harmony, given.places, given.before))
        )
        asked, unasked = self(chance.repeat(2, 1), both).chunk(2)
        logits: Tensor = unasked + strength * (asked - unasked)
        return logits


class BarReader(nn.Module):
    """A bar and what it was written from to `answers` numbers: one is a critic; twice the chance's, the recogniser."""

    def __init__(self, shape: Shape, answers: int) -> None:
        super().__init__()
        width = shape.critic_width
        self.slots = nn.Linear(2 * CHANNELS + len(LINES) * (ROWS + 1) + HARMONY + PLACES, width)
        self.position = nn.Parameter(torch.randn(SLOTS, width) * 0.02)
        self.steering = nn.Sequential(nn.Linear(SIZE, width), nn.GELU())
        self.blocks = nn.ModuleList(Block(width, width) for _ in range(shape.critic_blocks))
        self.out = nn.Linear(2 * width, answers)

    def forward(self, bar: Tensor, given: Given) -> Tensor:
        return self.judged(bar, given)[0]

    def judged(self, bar: Tensor, given: Given) -> tuple[Tensor, Tensor]:
        """(answers, the features they were drawn from)."""
        tones = sounding(bar)
        seen = [bar, tones.flatten(-2), leaps(tones), given.before, given.harmony, given.places]
        x = self.slots(torch.cat(seen, dim=-1)) + self.position
        steering = self.steering(given.wishes)
        for block in self.blocks:
            x = block(x, steering)
        features = torch.cat([x.mean(dim=1), x.amax(dim=1)], dim=-1)
        return self.out(features), features


def split(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lines (n, SLOTS, 3, ROWS + 3), chords (n, SLOTS, 1 + 2 * ROWS) and drums (n, SLOTS, strokes)."""
    lines, chords, drums = torch.split(logits, list(SAID), dim=-1)
    return _folded(lines, len(LINES), ROWS + 3), chords, drums


def _folded(x: Tensor, rows: int, columns: int) -> Tensor:
    return x.reshape(*x.shape[:-1], rows, columns)


def hardened(logits: Tensor, given: Given) -> Tensor:
    """The bar that the logits say, (n, SLOTS, CHANNELS), in zeros and ones with the gradient of the soft states."""
    lines, chords, drums = split(logits)
    tone, kind = _one(lines[..., :ROWS]), _one(lines[..., ROWS:])
    states = torch.cat([tone * kind[..., :1], kind[..., 1:]], dim=-1)
    strike, tones, held = torch.split(chords, [1, ROWS, ROWS], dim=-1)
    likeliest = functional.one_hot(tones.argmax(dim=-1), ROWS).bool()
    begun = _some(tones, likeliest) * _some(strike)
    parts = [states.flatten(-2), begun, _some(held) * (1 - begun), _some(drums)]
    return torch.cat(parts, dim=-1) * given.inside


def _one(logits: Tensor) -> Tensor:
    soft = logits.softmax(dim=-1)
    return functional.one_hot(soft.argmax(dim=-1), soft.shape[-1]).to(soft) + soft - soft.detach()


def _some(logits: Tensor, also: Tensor | None = None) -> Tensor:
    """Those above even odds, and some `also`."""
    soft = torch.sigmoid(logits)
    hard = logits > 0 if also is None else (logits > 0) | also
    return hard.to(soft) + soft - soft.detach()


def likelihood(logits: Tensor, bar: Tensor, given: Given) -> Tensor:
    """How unlikely the logits hold a bar, in nats, (n,)."""
    lines, chords, drums = split(logits)
    states = _folded(bar[..., :LINES_WIDTH], len(LINES), STATES)
    begins = states[..., :ROWS].sum(dim=-1, keepdim=True)
    kinds = torch.cat([begins, states[..., ROWS:]], dim=-1)
    lost = -(lines[..., :ROWS].log_softmax(dim=-1) * states[..., :ROWS]).sum(dim=(-2, -1))
    lost = lost - (lines[..., ROWS:].log_softmax(dim=-1) * kinds).sum(dim=(-2, -1))
    begun, held = bar[..., SPANS["chords"]].chunk(2, dim=-1)
    strike = begun.amax(dim=-1, keepdim=True)
    weight = torch.cat([torch.ones_like(strike), strike.expand_as(begun), 1 - begun], dim=-1)
    lost = lost + (_unlikely(chords, torch.cat([strike, begun, held], dim=-1)) * weight).sum(dim=-1)
    lost = lost + _unlikely(drums, bar[..., SPANS["drums"]]).sum(dim=-1)
    nats: Tensor = (lost * given.inside[..., 0]).sum(dim=-1)
    return nats


def _unlikely(logits: Tensor, told: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, told, reduction="none")


def sounding(bar: Tensor) -> Tensor:
    """The tone that each line sounds at each slot, held ones too, (n, SLOTS, 3, ROWS)."""
    states = _folded(bar[..., :LINES_WIDTH], len(LINES), STATES)
    tones = [states[:, 0, :, :ROWS]]
    for slot in range(1, SLOTS):
        tones.append(states[:, slot, :, :ROWS] + states[:, slot, :, ROWS : ROWS + 1] * tones[-1])
    return torch.stack(tones, dim=1)


def leaps(tones: Tensor) -> Tensor:
    """By how many octaves each line moves into each slot from the one before, (n, SLOTS, 3); 0 after rests."""
    height = tones @ (torch.arange(ROWS, dtype=tones.dtype, device=tones.device) / 12)
    sounds = tones.sum(dim=-1)
    moved = (height[:, 1:] - height[:, :-1]) * sounds[:, 1:] * sounds[:, :-1]
    return functional.pad(moved, (0, 0, 1, 0))


def fullness(bar: Tensor) -> Tensor:
    """Of each bar: onsets of the five roles and sounding slots of the pitched ones, (n, 9)."""
    counts = []
    for name, span in SPANS.items():
        own = bar[..., span]
        counts.append(own[..., :ROWS].sum(dim=(-2, -1)))
        if name != "drums":
            counts.append(own[..., ROWS : 2 * ROWS if name == "chords" else ROWS + 1].sum(dim=(-2, -1)))
    return torch.stack(counts, dim=-1)
