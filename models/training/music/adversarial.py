"""Trains the bar generator: first on likelihood with a recogniser, then against its critic. Resumable, with a curve."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.music.networks.bars import Given, Shape
from models.training.corpus.shards import read_shard
from models.training.music import checkpoint
from models.training.music.contest import WEIGHTS, Players, contested, criticised, recognised
from models.training.music.likeness import held_out
from models.training.music.rolls import Rolls

Progress = Callable[[str], None]
CURVE = "curve.jsonl"
SETTLED = 1000
"""Steps from which the average moves slowly."""


@dataclass(frozen=True)
class Contest:
    """How long and how fast: it ends after `minutes` or `steps`, whatever comes first; until `start_share` of it there
    is no critic. Raises ValueError for no time or a negative seed."""

    minutes: float
    steps: int = 1_000_000
    rows: int = 64
    seed: int = 1
    start_share: float = 0.4
    start_rate: float = 1e-3
    rate: float = 3e-4
    critic_rate: float = 3e-4
    average: float = 0.995
    look_minutes: float = 1.0
    look_rows: int = 1024

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minutes) and self.minutes > 0):
            raise ValueError(f"minutes {self.minutes:g}; expected a number above 0")
        if self.seed < 0:
            raise ValueError(f"seed {self.seed}; expected a whole number from 0")

    def rate_at(self, share: float) -> float:
        """The generator's rate: falling to the contest's, held, and falling to little over the last fifth."""
        if share < self.start_share:
            return self.start_rate + (self.rate - self.start_rate) * share / self.start_share
        return self.rate * min(1.0, (1 - share) / 0.2 + 0.05)


@dataclass
class State:
    """Where a run stands; `best` is the least `apart` of the averaged generator since the contest began (or at
    the end of a run too short for one)."""

    step: int = 0
    seconds: float = 0.0
    best: float = math.inf


@dataclass(frozen=True)
class Run:
    """What a run is made of. Checkpoint, best weights and curve stand in the folder `out`; each look is said."""

    players: Players
    tools: tuple[torch.optim.Optimizer, torch.optim.Optimizer]
    train: Rolls
    valid: Rolls
    contest: Contest
    out: Path
    say: Progress


def train_gan(corpus: Path, out: Path, minutes: float, seed: int, say: Progress) -> State:
    """Train on a prepared corpus for so long, or go on with the run in `out`; the best generator stands in
    `out/best.safetensors`, for `bar_card.ship_gan`.

    Raises ValueError for no time, a negative seed, a corpus without bars or a run of another shape; FileNotFoundError
    without a corpus.
    """
    contest = Contest(minutes, seed=seed, look_minutes=min(1.0, minutes / 5))
    return trained(prepared(corpus, out, contest, Shape(), say))


def prepared(corpus: Path, out: Path, contest: Contest, shape: Shape, say: Progress) -> Run:
    """A run on the corpus, its players as the seed makes them."""
    train, valid = (Rolls(read_shard(corpus / f"{split}.npz")) for split in ("train", "valid"))
    out.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(contest.seed)
        players = Players(shape)
    players.to("cuda" if torch.cuda.is_available() else "cpu")
    return Run(players, _tools(players, contest), train, valid, contest, out, say)


def _tools(players: Players, contest: Contest) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    writing = [*players.generator.parameters(), *players.recogniser.parameters()]
    return (
        torch.optim.Adam(writing, lr=contest.start_rate, betas=(0.5, 0.98)),
        torch.optim.Adam(players.critic.parameters(), lr=contest.critic_rate, betas=(0.0, 0.98)),
    )


def trained(run: Run, clock: Callable[[], float] = time.monotonic) -> State:
    """From the checkpoint, where there is one, to the end of the contest. Each step's chance is its own: a run that was
    broken off goes on as if it had not been."""
    contest, players = run.contest, run.players
    state = State(**checkpoint.resume(run.out, players, run.tools)) if checkpoint.there(run.out) else State()
    _cut(run.out, state.step)
    begun, looked = clock() - state.seconds, state.seconds
    losses: list[Mapping[str, float]] = []
    while (share := _share(state, contest)) < 1:
        run.tools[0].param_groups[0]["lr"] = contest.rate_at(share)
        losses.append(_stepped(run, state.step, share >= contest.start_share))
        players.follow(contest.average if state.step > SETTLED else 0.95)
        state.step, state.seconds = state.step + 1, clock() - begun
        over = _share(state, contest) >= 1
        if over or state.seconds - looked >= 60 * contest.look_minutes:
            _look(run, state, losses, over or share >= contest.start_share)
            checkpoint.keep(run.out, players, run.tools, asdict(state))
            losses, looked = [], clock() - begun
    return state


def _share(state: State, contest: Contest) -> float:
    return max(state.seconds / 60 / contest.minutes, state.step / contest.steps)


def _stepped(run: Run, step: int, against_critic: bool) -> Mapping[str, float]:
    """One step of the generator and, in the contest, one of the critic before it. The losses by name."""
    players, rng = run.players, np.random.default_rng([run.contest.seed, step])
    told: dict[str, float] = {}
    if against_critic:
        bar, given = _drawn(run, rng)
        smooth = step % WEIGHTS.smooth_every == 0
        loss, parts = criticised(players, bar, given, players.chance(len(bar), rng), smooth)
        _descend(loss, run.tools[1], players.critic)
        told.update(parts)
    bar, given = _drawn(run, rng)
    loss, parts = recognised(players, bar, given, players.chance(len(bar), rng))
    told.update(parts)
    if against_critic:
        more, parts = contested(players, bar, given, players.chance(len(bar), rng))
        loss, told = WEIGHTS.likelihood * loss + more, {**told, **parts}
    _descend(loss, run.tools[0], players.generator)
    if strange := [name for name, value in told.items() if not math.isfinite(value)]:
        raise ValueError(f"the loss {strange[0]} is no number; begin anew with another seed")
    return told


def _drawn(run: Run, rng: np.random.Generator) -> tuple[Tensor, Given]:
    bar, given = run.train.drawn(run.contest.rows, rng)
    device = next(run.players.parameters()).device
    return bar.to(device), Given(*(part.to(device) for part in vars(given).values()))


def _descend(loss: Tensor, tool: torch.optim.Optimizer, model: nn.Module) -> None:
    tool.zero_grad()  # the other player's step has left its slopes here
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    tool.step()


def _look(run: Run, state: State, losses: Sequence[Mapping[str, float]], eligible: bool) -> None:
    """Measure on held-out works, add a line to the curve, keep the averaged generator where it is the best so far."""
    measured = held_out(run.players.shown, run.valid, run.contest.look_rows)
    better = eligible and measured["apart"] < state.best
    if better:
        state.best = measured["apart"]
        checkpoint.keep_best(run.out, run.players.shown)
    names = dict.fromkeys(name for one in losses for name in one)
    means = {name: round(float(np.mean([one[name] for one in losses if name in one])), 4) for name in names}
    line = {"step": state.step, "seconds": round(state.seconds, 1), **means, **measured, "best": better}
    with (run.out / CURVE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    run.say(", ".join(f"{name} {value}" for name, value in line.items()))


def curve(out: Path) -> list[dict[str, float]]:
    """The looks of a run so far."""
    if not (out / CURVE).is_file():
        return []
    return [json.loads(line) for line in (out / CURVE).read_text(encoding="utf-8").splitlines()]


def _cut(out: Path, step: int) -> None:
    """Only the looks up to this step: what came after the last checkpoint is made again."""
    if looks := curve(out):
        kept = [json.dumps(look) + "\n" for look in looks if look["step"] <= step]
        checkpoint.replace(out / CURVE, "".join(kept).encode())
