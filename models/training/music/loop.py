"""The training loop of the token models: resumable, with a curve, on the CPU in bfloat16 or on CUDA as it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.music.networks.kinds import Network
from models.training.music import checkpoint, curve
from models.training.music.windows import PAD, Batch, Windows

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: it ends after `minutes` (evaluations included) or `steps`, whatever comes first."""

    minutes: float
    steps: int = 1_000_000
    rows: int = 16
    length: int = 384
    rate: float = 2e-3
    matrix_rate: float = 2e-2
    warm_share: float = 0.02
    look_minutes: float = 5.0
    look_batches: int = 16
    patience: int = 4
    seed: int = 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minutes) and self.minutes > 0):
            raise ValueError(f"minutes {self.minutes:g}; expected a number above 0")

    def rate_at(self, share: float) -> float:
        """Share of the full rate at this share of the run: a short rise, then a cosine down to nothing."""
        if share < self.warm_share:
            return (share + 0.002) / (self.warm_share + 0.002)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (share - self.warm_share) / (1 - self.warm_share))))


@dataclass
class State:
    """Where a run stands; `best` in nats a token, `worse` counts the looks since."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: float = math.inf
    worse: int = 0

    def share(self, schedule: Schedule) -> float:
        """How much of the run is done; 1 or more when it is over."""
        if self.worse >= schedule.patience:
            return 1.0
        return max(self.seconds / 60 / schedule.minutes, self.step / schedule.steps)


@dataclass(frozen=True)
class Watch:
    """What a run is watched by: held-out works, and the share of copied melody, of which `allowed` is the most.

    Checkpoint, best weights and curve stand in the folder `out`; each look is said through `say`.
    """

    held_out: Windows
    copied: Callable[[Network], float]
    allowed: float
    out: Path
    say: Progress


def optimisers(model: Network, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the matrices within the layers, AdamW for embeddings, biases and conditions."""
    inner = [p for name, p in model.named_parameters() if name.startswith(("blocks.", "memory.")) and p.ndim == 2]
    chosen = {id(p) for p in inner}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=schedule.rate, betas=(0.9, 0.98), weight_decay=0.01)
    ]
    if inner:
        found.append(torch.optim.Muon(inner, lr=schedule.matrix_rate, weight_decay=0.01))
    return found


def loss_of(model: Network, batch: Batch, device: torch.device) -> tuple[Tensor, int]:
    """(mean negative log-likelihood of a token in nats, how many tokens)."""
    tokens = torch.from_numpy(batch.tokens).to(device)
    bar_of = torch.from_numpy(batch.bar_of).to(device)
    conditions = torch.from_numpy(batch.conditions).to(device)
    with torch.autocast(device.type, torch.bfloat16):
        logits = model(tokens[:, :-1], conditions, bar_of[:, :-1])
    told = tokens[:, 1:]
    loss = functional.cross_entropy(logits.float().flatten(0, 1), told.flatten(), ignore_index=PAD)
    return loss, int((told != PAD).sum())


@torch.inference_mode()
def likelihood(model: Network, batches: Iterator[Batch], device: torch.device) -> float:
    """Mean negative log-likelihood of a token over the batches, in nats."""
    model.eval()
    total, count = 0.0, 0
    for batch in batches:
        loss, tokens = loss_of(model, batch, device)
        total, count = total + float(loss) * tokens, count + tokens
    model.train()
    return total / max(1, count)


def best_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    model: Network,
    windows: Windows,
    watch: Watch,
    schedule: Schedule,
    clock: Callable[[], float] = time.monotonic,
) -> State:
    """Train `model`, from the checkpoint in `watch.out` where there is one, until the schedule is over.

    At each look the share of copied melody is measured too: weights that copy more than allowed are never the best,
    and the run ends when `patience` looks in a row brought nothing better. Each step's chance is its own: a run that
    was broken off goes on as if it had not been.
    """
    device = best_device()
    model.to(device)
    tools = optimisers(model, schedule)
    rates = [tool.param_groups[0]["lr"] for tool in tools]
    state = State(**checkpoint.resume(watch.out, model, tools)) if checkpoint.there(watch.out) else State()
    curve.cut(watch.out, state.step)
    begun, looked = clock() - state.seconds, state.seconds
    losses: list[float] = []
    while (share := state.share(schedule)) < 1:
        for tool, rate in zip(tools, rates, strict=True):
            tool.param_groups[0]["lr"] = rate * schedule.rate_at(share)
        batch = windows.drawn(schedule.rows, np.random.default_rng([schedule.seed, state.step]))
        loss, tokens = stepped(model, tools, batch, device)
        losses.append(loss)
        state.step, state.tokens, state.seconds = state.step + 1, state.tokens + tokens, clock() - begun
        if state.seconds - looked >= 60 * schedule.look_minutes or state.share(schedule) >= 1:
            look(model, watch, schedule, state, float(np.mean(losses)))
            checkpoint.keep(watch.out, model, tools, asdict(state))
            losses, looked = [], clock() - begun
    return state


def stepped(
    model: Network, tools: list[torch.optim.Optimizer], batch: Batch, device: torch.device
) -> tuple[float, int]:
    """(loss of the batch before the step, its tokens). Raises ValueError when the loss is no number."""
    loss, tokens = loss_of(model, batch, device)
    told = float(loss.detach())
    if not math.isfinite(told):
        raise ValueError(f"the loss is {told}; begin anew with another seed, or go on from the last checkpoint")
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for tool in tools:
        tool.step()
        tool.zero_grad()
    return told, tokens


def look(model: Network, watch: Watch, schedule: Schedule, state: State, train_nll: float) -> None:
    """Measure on held-out works, add a line to the curve, and keep the weights where they are the best so far."""
    device = next(model.parameters()).device
    held_out = likelihood(model, watch.held_out.in_order(schedule.rows, schedule.look_batches), device)
    copies = watch.copied(model)
    better = held_out < state.best and copies <= watch.allowed
    state.worse = 0 if better else state.worse + 1
    if better:
        state.best = held_out
        checkpoint.keep_best(watch.out, model)
    line = {
        "step": state.step,
        "tokens": state.tokens,
        "seconds": round(state.seconds, 1),
        "train_nll": round(train_nll, 4),
        "valid_nll": round(held_out, 4),
        "copied": round(copies, 4),
        "best": better,
    }
    curve.add(watch.out, line)
    watch.say(", ".join(f"{name} {value}" for name, value in line.items()))


def shortened(schedule: Schedule, minutes: float) -> Schedule:
    """The schedule for another length, looking at least five times."""
    return replace(schedule, minutes=minutes, look_minutes=min(schedule.look_minutes, minutes / 5))
