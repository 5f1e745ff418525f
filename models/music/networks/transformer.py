"""A causal transformer over role tokens: rotary positions, and the bar's condition heard in every layer.

Rotary embeddings (Su et al. 2021) stand in for Music Transformer's relative attention: also relative, but keys can be
kept as they are while a bar grows. Conditions scale and shift every normalised input (FiLM, Perez et al. 2018; heard at
each bar in every layer as in MuseMorphose, Wu & Yang 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.music.condition import SIZE
from models.music.networks.packed import pack, packed
from models.music.tokens import VOCABULARY


@dataclass(frozen=True)
class Shape:
    """How large the network is: all that a checkpoint needs to rebuild it."""

    width: int = 256
    layers: int = 6
    heads: int = 8
    vocabulary: int = len(VOCABULARY)
    condition: int = SIZE

    def __post_init__(self) -> None:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} with {self.heads} heads; expected a multiple of {2 * self.heads}")


@dataclass(frozen=True)
class Prompt:
    """The bars before: tokens (n,), the conditions of their bars (bars, SIZE), the bar of each token (n,)."""

    tokens: Tensor
    conditions: Tensor
    bar_of: Tensor


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.near, self.far = (
            nn.LayerNorm(width, elementwise_affine=False),
            nn.LayerNorm(width, elementwise_affine=False),
        )
        self.queries = nn.Linear(width, 3 * width, bias=False)
        self.joined = nn.Linear(width, width, bias=False)
        self.wide = nn.Linear(width, 4 * width, bias=False)
        self.narrow = nn.Linear(4 * width, width, bias=False)

    def projected(self, x: Tensor, scale: Tensor, shift: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries and keys, turned to their places, and values of x (rows, tokens, width).

        Each (rows, heads, tokens, width of a head).
        """
        rows, tokens, width = x.shape
        heard = torch.addcmul(shift, self.near(x), scale)
        split = self.queries(heard).view(rows, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k = turned(split[:2], turn)
        return q, k, split[2]

    def after(self, x: Tensor, attended: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """What follows attention: attended is (rows, heads, tokens, width of a head)."""
        x = x + self.joined(attended.transpose(1, 2).reshape(x.shape))
        heard = torch.addcmul(shift, self.far(x), scale)
        grown: Tensor = x + self.narrow(functional.gelu(self.wide(heard), approximate="tanh"))
        return grown


class Transformer(nn.Module):
    """Logits of the next role token from those before and the condition of the bar that is being written."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.condition = nn.Sequential(
            nn.Linear(shape.condition, shape.width), nn.SiLU(), nn.Linear(shape.width, shape.width), nn.SiLU()
        )
        self.film = nn.Linear(shape.width, shape.layers * 2 * shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, elementwise_affine=False)
        self.speaking: nn.Module | None = None
        self.apply(self._begin)
        nn.init.zeros_(self.film.weight)

    @property
    def layers(self) -> Sequence[Block]:
        return cast("Sequence[Block]", self.blocks)

    def _begin(self, part: nn.Module) -> None:
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
        if isinstance(part, Block):
            for layer in (part.joined, part.narrow):
                nn.init.normal_(layer.weight, std=0.02 / (2 * self.shape.layers) ** 0.5)

    def heard(self, conditions: Tensor) -> Tensor:
        """Scales and shifts of every layer for conditions (..., SIZE): (layers, ..., 2, width)."""
        film: Tensor = self.film(self.condition(conditions))
        film = film.view(*film.shape[:-1], self.shape.layers, 2, self.shape.width)
        film = film + torch.tensor([1.0, 0.0]).to(film)[:, None]
        return film.movedim(-3, 0)

    def forward(self, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> Tensor:
        """Logits (rows, tokens, vocabulary) for tokens (rows, tokens), the conditions of the rows' bars
        (rows, bars, SIZE) and the bar that each token stands in, (rows, tokens)."""
        x, _, _ = self.read(tokens, conditions, bar_of)
        return self.logits(x)

    def read(self, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What `logits` takes, and keys and values (layers, rows, heads, tokens, width of a head) to go on from."""
        x = self.embedding(tokens)
        films = self.heard(conditions)
        row = torch.arange(len(tokens))[:, None]
        turn = turning(torch.arange(tokens.shape[1]), self.shape.width // self.shape.heads).to(x)
        keys, values = [], []
        for block, film in zip(self.layers, films, strict=True):
            scale, shift = film[row, bar_of].unbind(-2)
            q, k, v = block.projected(x, scale, shift, turn)
            x = block.after(x, functional.scaled_dot_product_attention(q, k, v, is_causal=True), scale, shift)
            keys.append(k)
            values.append(v)
        return x, torch.stack(keys), torch.stack(values)

    def begin(self, prompts: Sequence[Prompt], conditions: Tensor, room: int) -> Rows:
        """Rows to go on from: row r from prompt r modulo their number, asked conditions[r], room for so many tokens."""
        return Rows(self, prompts, conditions, room)

    def logits(self, x: Tensor) -> Tensor:
        """How well each token fits, by its embedding."""
        if self.speaking is None:
            return functional.linear(self.norm(x), self.embedding.weight)
        found: Tensor = self.speaking(self.norm(x))
        return found

    def ready(self, precision: torch.dtype = torch.float32) -> Transformer:
        """The same network for writing only: layers packed, nothing to train any more."""
        pack(self, precision)
        self.speaking = packed(self.embedding.weight, precision=precision)
        return self.eval()


def turning(places: Tensor, width: int) -> Tensor:
    """(cosines, sines) of the rotary angles at these places: (2, places, width / 2)."""
    pace = torch.pow(10_000.0, -torch.arange(0, width, 2, dtype=torch.float32) / width)
    angle = places.float()[:, None] * pace
    return torch.stack([angle.cos(), angle.sin()])


def turned(x: Tensor, turn: Tensor) -> Tensor:
    """x (..., places, width of a head) rotated pair by pair."""
    cosine, sine = turn
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


READ = 256
"""Tokens of a prompt that are held: all prompts take as many places, so that no row depends on what is beside it."""


class Rows:
    """A batch of bars being written. Row r goes on from prompt r modulo the number of prompts: a bar that is asked and
    the same bar asked nothing share what was read before them.

    Each prompt is read by itself, products have the same shapes for every prompt whatever the batch, and packed layers
    give a row the same numbers whatever rows are beside it.
    """

    def __init__(self, network: Transformer, prompts: Sequence[Prompt], conditions: Tensor, room: int) -> None:
        shape, head = network.shape, network.shape.width // network.shape.heads
        sides, odd = divmod(len(conditions), max(1, len(prompts)))
        if odd or not prompts:
            raise ValueError(f"{len(conditions)} rows for {len(prompts)} prompts; expected as many rows for each")
        if longest := max(len(prompt.tokens) for prompt in prompts) > READ:
            raise ValueError(f"a prompt of {longest} tokens; expected at most {READ}")
        self._network, self._sides, self._step = network, sides, 0
        self._read_keys = torch.zeros(shape.layers, len(prompts), shape.heads, head, READ)
        self._read_values = torch.zeros(shape.layers, len(prompts), shape.heads, READ, head)
        for number, prompt in enumerate(prompts):
            self._read(number, prompt)
        self._lengths = torch.tensor([len(prompt.tokens) for prompt in prompts])
        self._keys = torch.zeros(shape.layers, len(conditions), shape.heads, head, room)
        self._values = torch.zeros(shape.layers, len(conditions), shape.heads, room, head)
        self._films = network.heard(conditions)[:, :, :, None]
        self._turns = turning(torch.arange(READ + room), head)
        self._scale = head**-0.5

    def _read(self, number: int, prompt: Prompt) -> None:
        count = len(prompt.tokens)
        if count:
            keys, values = self._network.read(prompt.tokens[None], prompt.conditions[None], prompt.bar_of[None])[1:]
            self._read_keys[:, number, :, :, :count] = keys[:, 0].transpose(-1, -2)
            self._read_values[:, number, :, :count] = values[:, 0]

    def step(self, tokens: Tensor) -> Tensor:
        """Logits (rows, vocabulary) after one more token in every row."""
        network, at = self._network, self._step
        x = network.embedding(tokens)[:, None]
        turn = self._turns[:, (self._lengths + at).repeat(self._sides)][:, :, None, None]
        beyond = torch.where(torch.arange(READ) < self._lengths[:, None], 0.0, -torch.inf)[:, None, None]
        for index, block in enumerate(network.layers):
            scale, shift = self._films[index].unbind(1)
            q, k, v = block.projected(x, scale, shift, turn)
            self._keys[index, :, :, :, at] = k[:, :, 0]
            self._values[index, :, :, at] = v[:, :, 0]
            x = block.after(x, self._attended(index, q * self._scale, beyond), scale, shift)
        self._step += 1
        return network.logits(x)[:, 0]

    def _attended(self, index: int, q: Tensor, beyond: Tensor) -> Tensor:
        """Attention of q (rows, heads, 1, head) over the prompt and over what the row itself has written."""
        rows, heads, _, head = q.shape
        sides = q.view(self._sides, -1, heads, head).permute(1, 2, 0, 3)
        before = sides @ self._read_keys[index] + beyond
        own = q @ self._keys[index, :, :, :, : self._step + 1]
        top = torch.maximum(_by_row(before.amax(-1, keepdim=True), rows), own.amax(-1, keepdim=True))
        before = (before - _by_prompt(top, self._sides)).exp()
        own = (own - top).exp()
        total = _by_row(before.sum(-1, keepdim=True), rows) + own.sum(-1, keepdim=True)
        found = _by_row(before @ self._read_values[index], rows) + own @ self._values[index, :, :, : self._step + 1]
        return found / total

    def keep(self, prompts: Tensor) -> None:
        """Go on with the rows of these prompts only."""
        rows = (torch.arange(self._sides)[:, None] * len(self._lengths) + prompts).flatten()
        self._read_keys, self._read_values = self._read_keys[:, prompts], self._read_values[:, prompts]
        self._keys, self._values = self._keys[:, rows], self._values[:, rows]
        self._lengths, self._films = self._lengths[prompts], self._films[:, rows]


def _by_row(x: Tensor, rows: int) -> Tensor:
    """(prompts, heads, sides, n) as (rows, heads, 1, n): all prompts of one side, then of the next."""
    return x.permute(2, 0, 1, 3).reshape(rows, x.shape[1], 1, x.shape[3])


def _by_prompt(x: Tensor, sides: int) -> Tensor:
    """The way back."""
    return x.view(sides, -1, x.shape[1], x.shape[3]).permute(1, 2, 0, 3)
