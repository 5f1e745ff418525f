"""An LSTM over role tokens that hears the bar's condition beside every token.

Long short-term memory (Hochreiter & Schmidhuber 1997); the condition is concatenated to each token's embedding. What it
remembers has one size however long the music.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.music.condition import SIZE
from models.music.networks.packed import Plain, pack, packed
from models.music.networks.transformer import Prompt
from models.music.tokens import VOCABULARY

Gate = tuple[nn.Module, nn.Module]
State = tuple[Tensor, Tensor]
"""What is remembered, two of (layers, rows, width)."""


@dataclass(frozen=True)
class Shape:
    """How large the network is: all that a checkpoint needs to rebuild it."""

    width: int = 448
    layers: int = 2
    vocabulary: int = len(VOCABULARY)
    condition: int = SIZE

    def __post_init__(self) -> None:
        if self.width < 4 or self.width % 4 or self.layers < 1:
            raise ValueError(f"width {self.width}, layers {self.layers}; expected a multiple of 4, and 1 or more")


class Recurrent(nn.Module):
    """Logits of the next role token from those before and the condition of the bar that is being written."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        told = shape.width // 4
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.condition = nn.Sequential(nn.Linear(shape.condition, shape.width), nn.SiLU(), nn.Linear(shape.width, told))
        self.memory = nn.LSTM(shape.width + told, shape.width, shape.layers, batch_first=True)
        self.norm = nn.LayerNorm(shape.width)
        self.speaking: nn.Module | None = None
        self._gates: list[Gate] = []
        self.told = nn.Linear(told, shape.width, bias=False)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)
        for name, weights in self.memory.named_parameters():
            if name.startswith("bias_ih"):
                nn.init.zeros_(weights)
                nn.init.ones_(weights[shape.width : 2 * shape.width])  # the forget gate begins open (Gers et al. 2000)
            elif name.startswith("bias_hh"):
                nn.init.zeros_(weights)

    def heard(self, conditions: Tensor) -> Tensor:
        """What is heard beside a token for conditions (..., SIZE): (..., width / 4)."""
        heard: Tensor = self.condition(conditions)
        return heard

    def forward(self, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> Tensor:
        """Logits (rows, tokens, vocabulary) for tokens (rows, tokens), the conditions of the rows' bars
        (rows, bars, SIZE) and the bar that each token stands in, (rows, tokens)."""
        logits, _ = self.read(tokens, conditions, bar_of)
        return logits

    def read(self, tokens: Tensor, conditions: Tensor, bar_of: Tensor) -> tuple[Tensor, State]:
        """As `forward`, with the state to go on from."""
        row = torch.arange(len(tokens), device=tokens.device)[:, None]
        return self._on(tokens, self.heard(conditions)[row, bar_of])

    def step(self, token: Tensor, heard: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits (rows, vocabulary) after one more token (rows,), and the state after it; `state` is left as it is.

        `heard` (rows, width / 4) is what the bars of the tokens are asked, from `heard`. Written out with packed
        layers once it is `ready`, since a row's numbers must not depend on the rows beside it.
        """
        x = torch.cat([self.embedding(token), heard], dim=-1)
        hidden, cells = [], []
        for (to_input, to_hidden), before, cell in zip(self.gates, *state, strict=True):
            gates = to_input(x) + to_hidden(before)
            taken, forgotten, candidate, shown = gates.chunk(4, dim=-1)
            cells.append(forgotten.sigmoid() * cell + taken.sigmoid() * candidate.tanh())
            x = shown.sigmoid() * cells[-1].tanh()
            hidden.append(x)
        return self.logits(x, heard), (torch.stack(hidden), torch.stack(cells))

    def begin(self, prompts: Sequence[Prompt], conditions: Tensor, room: int) -> Rows:
        """Rows to go on from: row r from prompt r modulo their number, asked conditions[r]; `room` is not needed."""
        return Rows(self, prompts, conditions)

    def _on(self, tokens: Tensor, heard: Tensor) -> tuple[Tensor, State]:
        x = torch.cat([self.embedding(tokens).to(heard.dtype), heard], dim=-1)
        remembered, state = self.memory(x)
        return self.logits(remembered, heard), state

    def logits(self, remembered: Tensor, heard: Tensor) -> Tensor:
        """The condition is heard once more right before the choice."""
        chosen = self.norm(remembered) + self.told(heard)
        if self.speaking is None:
            return functional.linear(chosen, self.embedding.weight)
        found: Tensor = self.speaking(chosen)
        return found

    def ready(self) -> Recurrent:
        """The same network for writing only: layers packed, nothing to train any more."""
        pack(self)
        self.speaking = packed(self.embedding.weight)
        self._gates = [self._gate(layer, packed) for layer in range(self.shape.layers)]
        return self.eval()

    @property
    def gates(self) -> list[Gate]:
        return self._gates or [self._gate(layer, Plain) for layer in range(self.shape.layers)]

    def _gate(self, layer: int, made: Callable[[Tensor, Tensor], nn.Module]) -> Gate:
        """What makes a layer's gates of its input and of its memory."""
        to_input, to_hidden = (
            made(getattr(self.memory, f"weight_{side}_l{layer}"), getattr(self.memory, f"bias_{side}_l{layer}"))
            for side in ("ih", "hh")
        )
        return to_input, to_hidden


class Rows:
    """A batch of bars being written. Each prompt is read by itself, so that no row depends on what is beside it."""

    def __init__(self, network: Recurrent, prompts: Sequence[Prompt], conditions: Tensor) -> None:
        self._network = network
        self._heard = network.heard(conditions)
        hidden, cells = zip(*(self._read(prompt) for prompt in prompts), strict=True)
        self._sides = len(conditions) // len(prompts)
        self._state = torch.cat(hidden * self._sides, dim=1), torch.cat(cells * self._sides, dim=1)

    def _read(self, prompt: Prompt) -> State:
        if len(prompt.tokens):
            return self._network.read(prompt.tokens[None], prompt.conditions[None], prompt.bar_of[None])[1]
        nothing = torch.zeros(self._network.shape.layers, 1, self._network.shape.width)
        return nothing, nothing

    def step(self, tokens: Tensor) -> Tensor:
        """Logits (rows, vocabulary) after one more token in every row."""
        logits, self._state = self._network.step(tokens, self._heard, self._state)
        return logits

    def keep(self, prompts: Tensor) -> None:
        """Go on with the rows of these prompts only."""
        each = len(self._heard) // self._sides
        rows = (torch.arange(self._sides)[:, None] * each + prompts).flatten()
        hidden, cells = self._state
        self._state, self._heard = (hidden[:, rows], cells[:, rows]), self._heard[rows]
