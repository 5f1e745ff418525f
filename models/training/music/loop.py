"""The training loop of the token models: resumable, with a curve, on the CPU in bfloat16 or on CUDA as it is."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.music import checkpoint
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

    def rate_at(self, share: float) -> float:
        """Share of the full rate at this share of the run: a short rise, then a cosine down to nothing."""
        if share < self.warm_share:
            return (share + 0.002) / (self.warm_share + 0.002)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (share - self.warm_share) / (1 - self.warm_share))))


@dataclass
class State:
    """Where a run stands."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: float = math.inf
    worse: int = 0


def optimisers(model: nn.Module, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the matrices within the layers, AdamW for embeddings, biases and conditions."""
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    chosen = {id(p) for p in inner}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=schedule.rate, betas=(0.9, 0.98), weight_decay=0.01)
    ]
    if inner:
        found.append(torch.optim.Muon(inner, lr=schedule.matrix_rate, weight_decay=0.01))
    return found


def loss_of(model: nn.Module, batch: Batch, device: torch.device) -> tuple[Tensor, int]:
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
def likelihood(model: nn.Module, batches: Iterator[Batch], device: torch.device) -> float:
    """Mean negative log-likelihood of a token over the batches, in nats."""
    model.eval()
    total, count = 0.0, 0
    for batch in batches:
        loss, tokens = loss_of(model, batch, device)
        total, count = total + float(loss) * tokens, count + tokens
    model.train()
    return total / max(1, count)


def train(
    model: nn.Module,
    train_windows: Windows,
    valid_windows: Windows,
    schedule: Schedule,
    out: Path,
    copied: Callable[[nn.Module], float],
    allowed: float,
    say: Progress,
) -> State:
    """Train `model`, from `out`'s checkpoint where there is one. The best weights stand in `out/best.safetensors`.

    At each look the share of copied melody is measured too: weights that copy more than `allowed` are never the best,
    and the run ends when `patience` looks in a row brought nothing better.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    tools = optimisers(model, schedule)
    rates = [tool.param_groups[0]["lr"] for tool in tools]
    state = State(**checkpoint.resume(out, model, tools)) if checkpoint.there(out) else State()
    rng = np.random.default_rng([schedule.seed, state.step])
    begun, looked = time.monotonic() - state.seconds, state.seconds
    recent: list[float] = []
    while state.step < schedule.steps and state.worse < schedule.patience:
        share = max(state.seconds / 60 / schedule.minutes, state.step / schedule.steps)
        if share >= 1:
            break
        for tool, rate in zip(tools, rates, strict=True):
            tool.param_groups[0]["lr"] = rate * schedule.rate_at(share)
        loss, tokens = loss_of(model, train_windows.drawn(schedule.rows, rng), device)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for tool in tools:
            tool.step()
            tool.zero_grad()
        recent.append(float(loss.detach()))
        state.step, state.tokens, state.seconds = state.step + 1, state.tokens + tokens, time.monotonic() - begun
        if state.seconds - looked >= 60 * schedule.look_minutes:
            look(model, valid_windows, schedule, state, out, copied, allowed, float(np.mean(recent)), say)
            checkpoint.keep(out, model, tools, asdict(state))
            recent, looked = [], time.monotonic() - begun
    if recent:
        look(model, valid_windows, schedule, state, out, copied, allowed, float(np.mean(recent)), say)
        checkpoint.keep(out, model, tools, asdict(state))
    return state


def look(
    model: nn.Module,
    valid: Windows,
    schedule: Schedule,
    state: State,
    out: Path,
    copied: Callable[[nn.Module], float],
    allowed: float,
    recent: float,
    say: Progress,
) -> None:
    """Measure on held-out works, add a line to the curve, and keep the weights where they are the best so far."""
    device = next(model.parameters()).device
    held_out = likelihood(model, valid.in_order(schedule.rows, schedule.look_batches), device)
    copies = copied(model)
    better = held_out < state.best and copies <= allowed
    state.worse = 0 if better else state.worse + 1
    if better:
        state.best = held_out
        checkpoint.keep_best(out, model)
    line = {
        "step": state.step,
        "tokens": state.tokens,
        "seconds": round(state.seconds),
        "train_nll": round(recent, 4),
        "valid_nll": round(held_out, 4),
        "copied": round(copies, 4),
        "best": better,
    }
    with (out / "curve.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    say(", ".join(f"{name} {value}" for name, value in line.items()))


def shortened(schedule: Schedule, minutes: float) -> Schedule:
    """The schedule for another length, looking at least five times."""
    return replace(schedule, minutes=minutes, look_minutes=min(schedule.look_minutes, minutes / 5))
