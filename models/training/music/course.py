"""A whole training: from scores, or from weights and a clinic's pieces, to weights with their card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models import checkpoints
from models.checkpoints import Checkpoint
from models.music.networks.kinds import Network, described, rebuilt
from models.music.originality import Originality
from models.training import originality
from models.training.corpus import manifest
from models.training.corpus.shards import Shard, joined, read_shard
from models.training.music import checkpoint, curve
from models.training.music.card import card
from models.training.music.copies import CARD_ROWS, TOKENS, Copies
from models.training.music.floors import floors
from models.training.music.loop import Progress, Schedule, State, Watch, best_device, likelihood, shortened, train
from models.training.music.pieces import Piece, write_corpus
from models.training.music.scores import Scores, corpora, split_of
from models.training.music.windows import Windows, evened

SCHEDULES: Mapping[str, Schedule] = {
    "transformer": Schedule(minutes=80),
    "lstm": Schedule(minutes=15, length=256),
}
TUNING = Schedule(minutes=3, rate=3e-4, matrix_rate=2e-3, warm_share=0.05, look_minutes=0.5)
MIXED = 0.25
"""Share of the corpus among the windows when a style is tuned with it at hand."""
MEASURED_BATCHES = 96


@dataclass(frozen=True)
class Order:
    """How long, in which folder, into which folder of weights, by which command; `say` hears of each look."""

    schedule: Schedule
    out: Path
    weights: Path
    made_by: str
    say: Progress


@dataclass(frozen=True)
class Trained:
    """The weights that came of it: their file, hash, what they say of themselves, and where the run stands."""

    file: Path
    sha256: str
    about: Mapping[str, Any]
    state: State


def schedule_for(kind: str, minutes: float | None, seed: int) -> Schedule:
    usual = SCHEDULES[kind]
    return shortened(replace(usual, seed=seed), usual.minutes if minutes is None else minutes)


def tuning_for(minutes: float | None, seed: int) -> Schedule:
    return shortened(replace(TUNING, seed=seed), TUNING.minutes if minutes is None else minutes)


def begin(out: Path, anew: bool) -> None:
    """The folder of a run, with what an earlier one left there unless it is to begin anew."""
    out.mkdir(parents=True, exist_ok=True)
    if anew:
        checkpoint.forget(out)
        curve.cut(out, -1)


def learn(network: Network, scores: Scores, order: Order) -> Trained:
    """Train on the scores, or go on with the run in `order.out`; the best weights and their card are what it gives."""
    schedule = order.schedule
    copies = _copies(scores.folder, scores.shards["valid"], order)
    watch = Watch(Windows(scores.shards["valid"], schedule.length), copies.of, copies.allowed(), order.out, order.say)
    state = train(network, Windows(scores.shards["train"], schedule.length), watch, schedule)
    checkpoint.put_best(order.out, network)
    about = {
        **described(network),
        "made_by": order.made_by,
        "corpora": corpora(scores.entries["train"]),
        "split": split_of(scores),
        "training": _course(state, schedule),
        "nats_a_token": _nats(network, scores, schedule),
        "copied": {
            "share": round(copies.of(network, CARD_ROWS), 4),
            "people": round(copies.people(), 4),
            "allowed": round(watch.allowed, 4),
        },
    }
    return _shipped(network, about, order.weights, state)


def tune(base: Checkpoint, pieces: Sequence[Piece], style: str, scores: Scores | None, order: Order) -> Trained:
    """Go on from weights with a clinic's own pieces, mixed with a share of the scores where there are any.

    What is held out of the pieces decides which weights are the best; it may be the ones it began with.
    """
    schedule, out, device = order.schedule, order.out, best_device()
    write_corpus(pieces, style, out / "pieces")
    own = {split: read_shard(out / "pieces" / f"{split}.npz") for split in ("train", "valid")}
    network = rebuilt(base).to(device)
    held_out = Windows(own["valid"], schedule.length)
    copies = _copies(out / "pieces", own["valid"], order)
    allowed = max(copies.allowed(), base.about["copied"]["allowed"])
    before = likelihood(network, held_out.in_order(schedule.rows, schedule.look_batches), device)
    if not checkpoint.there(out):
        checkpoint.keep(out, network, [], asdict(State(best=before)))
        checkpoint.keep_best(out, network)
    mixed = _mixed(own["train"], scores, schedule.length)
    state = train(network, mixed, Watch(held_out, copies.of, allowed, out, order.say), schedule)
    checkpoint.put_best(out, network)
    read = manifest.read(out / "pieces" / "manifest.jsonl")
    about = {
        **base.about,
        "made_by": order.made_by,
        "from": base.sha256,
        "tuned": {
            **_course(state, schedule),
            "style": style,
            "pieces": sum(piece.prepared is not None for piece in pieces),
            "skipped": sum(piece.prepared is None for piece in pieces),
            "bars": sum(entry.bars for entry in read),
            "tokens": sum(entry.tokens for entry in read),
            "mixed": MIXED if scores else 0.0,
            "before": round(before, 4),
            "after": round(state.best, 4),
        },
    }
    return _shipped(network, about, order.weights, state)


def _mixed(own: Shard, scores: Scores | None, length: int) -> Windows:
    if scores is None:
        return Windows(own, length)
    parts = [(own, 1 - MIXED), (scores.shards["train"], MIXED)]
    odds = [share * (odd := evened(shard)) / odd.sum() for shard, share in parts]
    return Windows(joined(own, scores.shards["train"]), length, np.concatenate(odds))


def _copies(corpus: Path, held_out: Shard, order: Order) -> Copies:
    """With an index of the corpus that is learned from, made beside the run."""
    originality.build(corpus, order.out / "index")
    return Copies(Originality.load(order.out / "index"), Windows(held_out, TOKENS), order.schedule.seed)


def _course(state: State, schedule: Schedule) -> dict[str, Any]:
    device = best_device()
    threads = f"{torch.get_num_threads()} CPU thread(s) in bfloat16"
    return {
        "minutes": round(state.seconds / 60, 1),
        "steps": state.step,
        "seen": state.tokens,
        "seed": schedule.seed,
        "rows": schedule.rows,
        "length": schedule.length,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else threads,
    }


def _nats(network: Network, scores: Scores, schedule: Schedule) -> dict[str, float]:
    """Nats a token of both held-out parts, and of the test part by counting."""
    device = best_device()
    windows = {split: Windows(scores.shards[split], schedule.length) for split in ("valid", "test")}
    network.to(device)
    found = {
        split: round(likelihood(network, own.in_order(schedule.rows, MEASURED_BATCHES), device), 4)
        for split, own in windows.items()
    }
    test = windows["test"].in_order(schedule.rows, MEASURED_BATCHES)
    return {**found, **floors(scores.shards["train"].tokens, test)}


def _shipped(network: Network, about: Mapping[str, Any], weights: Path, state: State) -> Trained:
    name = about["kind"]
    digest = checkpoints.ship(name, network.state_dict(), about, weights)
    (weights / f"{name}.md").write_text(card(about, digest), encoding="utf-8")
    return Trained(weights / f"{name}.safetensors", digest, about, state)
