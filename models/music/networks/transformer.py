"""A causal transformer over role tokens: rotary positions, and the bar's condition heard in every layer.

Rotary embeddings (Su et al. 2021) stand in for Music Transformer's relative attention: also relative, but keys can be
kept as they are while a bar grows. Conditions scale and shift every normalised input (FiLM, Perez et al. 2018; heard at
each bar in every layer as in MuseMorphose, Wu & Yang 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.music.condition import SIZE
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


class Cache:
    """Keys and values of a batch of rows, (layers, rows, heads, slots, width of a head), and how many are filled."""

    def __init__(self, keys: Tensor, values: Tensor, filled: Tensor) -> None:
        self.keys, self.values, self.filled = keys, values, filled


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

    def projected(self, x: Tensor, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of x (rows, tokens, width), each (rows, heads, tokens, width of a head)."""
        rows, tokens, width = x.shape
        heard = torch.addcmul(shift, self.near(x), scale)
        q, k, v = self.queries(heard).view(rows, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return q, k, v

    def after(self, x: Tensor, attended: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """What follows attention: attended is (rows, heads, tokens, width of a head)."""
        x = x + self.joined(attended.transpose(1, 2).reshape(x.shape))
        heard = torch.addcmul(shift, self.far(x), scale)
        return x + self.narrow(functional.gelu(self.wide(heard), approximate="tanh"))


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
        self.apply(self._begin)
        nn.init.zeros_(self.film.weight)

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
        film = self.film(self.condition(conditions))
        film = film.view(*film.shape[:-1], self.shape.layers, 2, self.shape.width)
        film = film + torch.tensor([1.0, 0.0]).to(film)[:, None]
        return film.movedim(-3, 0)

    def forward(self, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> Tensor:
        """Logits (rows, tokens, vocabulary) for tokens (rows, tokens), the conditions of the rows' bars
        (rows, bars, SIZE) and the bar that each token stands in, (rows, tokens)."""
        logits, _, _ = self.read(tokens, conditions, bar_of)
        return logits

    def read(self, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`, with keys and values (layers, rows, heads, tokens, width of a head) to go on from."""
        x = self.embedding(tokens)
        films = self.heard(conditions)
        row = torch.arange(len(tokens))[:, None]
        turn = turning(torch.arange(tokens.shape[1]), self.shape.width // self.shape.heads).to(x)
        keys, values = [], []
        for block, film in zip(self.blocks, films, strict=True):
            scale, shift = film[row, bar_of].unbind(-2)
            q, k, v = block.projected(x, scale, shift)
            q, k = turned(q, turn), turned(k, turn)
            x = block.after(x, functional.scaled_dot_product_attention(q, k, v, is_causal=True), scale, shift)
            keys.append(k)
            values.append(v)
        return self.logits(x), torch.stack(keys), torch.stack(values)

    def logits(self, x: Tensor) -> Tensor:
        return functional.linear(self.norm(x), self.embedding.weight)


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
