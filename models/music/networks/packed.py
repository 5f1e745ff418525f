"""Linear layers laid out once for the CPU at hand: two to four times as fast for the few rows of a step.

oneDNN's packed product, which torch uses for frozen graphs, gives a row the same numbers whatever rows are beside it
(`tests/models/test_neural.py`): a bar does not depend on its batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

TYPICAL_ROWS = 4


class Packed(nn.Module):
    """A linear layer ready to be used, not trained."""

    def __init__(self, weight: Tensor, bias: Tensor | None, precision: torch.dtype) -> None:
        super().__init__()
        self._bias = None if bias is None else bias.detach().to(precision)
        self._precision = precision
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().to(precision).contiguous(), TYPICAL_ROWS)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = torch.ops.mkldnn._linear_pointwise(
            x.to(self._precision), self._weight, self._bias, "none", [], ""
        )
        return made.float()


class Plain(nn.Module):
    """The same where oneDNN is not built in."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self._weight, self._bias = weight.detach(), bias

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self._weight, self._bias)


def packed(weight: Tensor, bias: Tensor | None = None, precision: torch.dtype = torch.float32) -> nn.Module:
    """The layer of this weight (out, in) for this machine."""
    if torch._C._has_mkldnn:
        return Packed(weight, bias, precision)
    return Plain(weight, bias)


def pack(network: nn.Module, precision: torch.dtype = torch.float32) -> None:
    """Replaces every linear layer within, in place."""
    for name, part in list(network.named_children()):
        if isinstance(part, nn.Linear):
            setattr(network, name, packed(part.weight, part.bias, precision))
        else:
            pack(part, precision)
