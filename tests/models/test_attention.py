"""Where the transformer looked: shares by bar that are what the network really computed with."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest
import torch

from models.music.compose import Waypoint, compose
from models.music.condition import SIZE
from models.music.generators.rules import Generator
from models.music.networks.attention import attention_by_bar, attention_of, read_openly
from models.music.networks.transformer import READ, Shape, Transformer
from models.music.neural import as_written
from models.music.plan import Aim, Bar, BarRequest
from models.music.tokens import encode
from models.music.traditions.western import TRADITION

BARS = 4


@pytest.fixture
def network() -> Transformer:
    """Small and untrained, but with conditions that are heard and questions that differ."""
    torch.manual_seed(3)
    made = Transformer(Shape(width=32, layers=2, heads=4)).eval()
    torch.nn.init.normal_(made.film.weight, std=0.3)
    for block in made.blocks:
        torch.nn.init.normal_(block.queries.weight, std=0.3)
    return made


@pytest.fixture
def read() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(tokens, conditions, bar_of) of four bars of unequal length."""
    torch.manual_seed(4)
    bar_of = torch.repeat_interleave(torch.arange(BARS), torch.tensor([5, 9, 1, 7]))
    return torch.randint(3, 600, bar_of.shape), torch.rand(BARS, SIZE), bar_of


def test_the_shares_of_a_bar_add_up_to_one(network, read):
    shares = attention_by_bar(network, *read)
    assert shares.shape == (2, 4, BARS, BARS)
    assert torch.allclose(shares.sum(-1), torch.ones(2, 4, BARS), atol=1e-6)


def test_no_bar_attends_to_a_later_one(network, read):
    shares = attention_by_bar(network, *read)
    assert (shares.triu(1) == 0).all()
    assert (shares.tril() > 0).sum() == 2 * 4 * BARS * (BARS + 1) / 2


def test_without_a_question_every_token_is_read_alike(network, read):
    """Queries of nothing in the first layer: then a bar's share is its share of the tokens."""
    asking = attention_by_bar(network, *read)[0, :, -1]
    with torch.no_grad():
        network.blocks[0].queries.weight[:32].zero_()
    even = attention_by_bar(network, *read)[0, :, -1]
    assert torch.allclose(even[:, 1] / even[:, 0], torch.full((4,), 9 / 5), atol=1e-5)
    assert torch.allclose(even[:, 2] / even[:, 0], torch.full((4,), 1 / 5), atol=1e-5)
    assert not torch.allclose(asking, even, atol=1e-2)


def test_the_weights_are_those_the_network_computes_with(network, read):
    tokens, conditions, bar_of = read
    with torch.inference_mode():
        expected = network(tokens[None], conditions[None], bar_of[None])
    _, logits = read_openly(network, *read)
    assert torch.allclose(logits, expected[0], atol=1e-4)


def asked(bars: int, arousal: float = 0.2) -> tuple[BarRequest, Bar]:
    """The last bar of a piece of so many bars, and what was asked for it."""
    piece = compose((Waypoint(0, Aim(0.4, arousal)),), bars, 1, Generator(), TRADITION)
    *before, (plan, bar, _) = piece
    return BarRequest(plan, tuple(replace(old, plan=its_plan) for its_plan, old, _ in before[-8:]), 1), bar


def test_a_bar_of_music_says_how_much_it_read_of_each_bar_before(network):
    request, bar = asked(4)
    shares = attention_of(request, bar, network)
    assert len(shares) == 3
    assert all(share > 0 for share in shares)
    assert 0 < sum(shares) < 1


def test_bars_that_did_not_fit_into_the_prompt_were_not_read(network):
    request, bar = asked(20, arousal=1.0)
    tokens = [len(encode([as_written(old, False)])) for old in reversed(request.previous)]
    fits = sum(total <= READ for total in accumulate(tokens))
    assert fits < 8
    assert [share > 0 for share in attention_of(request, bar, network)] == [False] * (8 - fits) + [True] * fits


def test_a_first_bar_has_nothing_before_it(network):
    assert attention_of(*asked(1), network) == []
