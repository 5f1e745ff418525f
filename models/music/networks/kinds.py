"""The networks over role tokens by the name of their generator: how each is made, and made again from its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from models.checkpoints import Checkpoint, WeightsError
from models.music.networks import recurrent, transformer
from models.music.networks.recurrent import Recurrent
from models.music.networks.transformer import Transformer

Network = Transformer | Recurrent

KINDS: Mapping[str, Any] = {"transformer": (transformer.Shape, Transformer), "lstm": (recurrent.Shape, Recurrent)}


def built(kind: str, shape: Mapping[str, int], seed: int) -> Network:
    """A network that has learned nothing; the shape's numbers that are not given are the usual ones.

    Raises LookupError for a kind that is not there and ValueError for a shape that cannot be.
    """
    if kind not in KINDS:
        raise LookupError(f"no network named {kind!r}; there are: {', '.join(KINDS)}")
    make_shape, make = KINDS[kind]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: Network = make(make_shape(**shape))
    return network


def rebuilt(checkpoint: Checkpoint) -> Network:
    """The network of a checkpoint. Raises WeightsError when it says of no network, or of another, that it is one."""
    try:
        network = built(checkpoint.about["kind"], checkpoint.about["shape"], 0)
        network.load_state_dict(dict(checkpoint.tensors))
    except (KeyError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"the weights {checkpoint.name!r} are of no network over role tokens: {error}") from error
    return network


def transformer_of(checkpoint: Checkpoint) -> Transformer:
    """As `rebuilt`, for who needs attention. Raises WeightsError for another network."""
    network = rebuilt(checkpoint)
    if not isinstance(network, Transformer):
        raise WeightsError(f"the weights {checkpoint.name!r} are of no transformer")
    return network


def described(network: Network) -> dict[str, Any]:
    """What a checkpoint says of its network: kind, shape, how many numbers."""
    kind = next(name for name, (_, make) in KINDS.items() if isinstance(network, make))
    return {
        "kind": kind,
        "shape": asdict(network.shape),
        "parameters": sum(value.numel() for value in network.parameters()),
    }
