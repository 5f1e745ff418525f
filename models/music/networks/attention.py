"""Where the transformer looked: its attention weights computed once more and added up by bar.

Attention says which earlier bars were read, not which ones caused a note (Jain & Wallace 2019): a picture, no proof.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.music.asked import condition_of
from models.music.condition import vectors
from models.music.networks.transformer import Transformer, turning
from models.music.neural import as_written, prompt_of
from models.music.plan import Bar, BarRequest
from models.music.tokens import encode


@torch.inference_mode()
def attention_by_bar(network: Transformer, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> Tensor:
    """Shares of attention (layers, heads, bars, bars): of all that the tokens of a bar read, how much lies in a bar.

    For one row: tokens (tokens,), conditions (bars, SIZE), bar_of (tokens,) that rises from 0. A bar's shares add up
    to 1, its own among them; nothing reads ahead.
    """
    member = functional.one_hot(bar_of).to(conditions)  # (tokens, bars)
    readers = member / member.sum(dim=0).clamp(min=1)
    layers, _ = read_openly(network, tokens, conditions, bar_of)
    return torch.stack([readers.T @ weights @ member for weights in layers])


@torch.inference_mode()
def read_openly(
    network: Transformer, tokens: Tensor, conditions: Tensor, bar_of: Tensor
) -> tuple[list[Tensor], Tensor]:
    """(weights of each layer (heads, tokens, tokens), logits that follow from them): `Transformer.read` of one row."""
    x = network.embedding(tokens)[None]
    films = network.heard(conditions)[:, bar_of]
    width = network.shape.width // network.shape.heads
    turn = turning(torch.arange(len(tokens)), width).to(x)
    ahead = torch.ones(len(tokens), len(tokens), dtype=torch.bool).triu(1)
    found = []
    for block, film in zip(network.layers, films, strict=True):
        scale, shift = film[None].unbind(-2)
        q, k, v = block.projected(x, scale, shift, turn)
        products = q @ k.transpose(-1, -2) / width**0.5
        weights = products.masked_fill(ahead, -torch.inf).softmax(-1)
        x = block.after(x, weights @ v, scale, shift)
        found.append(weights[0])
    return found, network.logits(x)[0]


def attention_of(request: BarRequest, bar: Bar, network: Transformer) -> list[float]:
    """How much of its attention the finished bar paid to each bar of `request.previous`, oldest first.

    The mean over layers, heads and the tokens of the pitched roles; what is missing to 1 it paid to itself. Bars that
    did not fit into the prompt were not read: 0.
    """
    pitched = tuple(role for role in request.plan.roles if role != "drums")
    wishes = replace(condition_of(request), roles=pitched)
    prompt = prompt_of(request.previous, False, wishes)
    own = torch.from_numpy(encode([as_written(replace(bar, plan=request.plan), False)]).astype(np.int64))
    read = len(prompt.conditions)
    weights = attention_by_bar(
        network,
        torch.cat([prompt.tokens, own]),
        torch.cat([prompt.conditions, torch.from_numpy(vectors([wishes]))]),
        torch.cat([prompt.bar_of, torch.full((len(own),), read)]),
    )
    shares: list[float] = weights.mean(dim=(0, 1))[-1, :-1].tolist()
    return [0.0] * (len(request.previous) - read) + shares
