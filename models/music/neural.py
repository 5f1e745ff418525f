"""Bars written token by token by any network over role tokens: prompts from the bars before, guidance, sampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.music.asked import condition_of, heeded, planned
from models.music.chance import chance
from models.music.condition import NOTHING_ASKED, Condition, vectors
from models.music.draft import Draft, Frame
from models.music.frame import Settled, drum_frame, pitched_frame, settled_melody, steps_of
from models.music.generators import rules
from models.music.networks.transformer import READ, Prompt
from models.music.plan import Bar, BarRequest, Note
from models.music.tokens import WrittenBar, decode, encode

GUIDANCE = 1.7
"""How far beyond what was asked: 1 is as asked, 0 as if nothing were (Ho & Salimans 2022)."""
TEMPERATURE, MASS = 0.95, 0.96
"""Sampling: how even, and from the likeliest tokens that hold this much probability."""
READ_OF_DRUMS = 64
"""Tokens of a percussion's past: a pattern is near."""
ROOM = 176
STILL_ACTIVE = 0.75
"""Share of the rows still writing at which the others leave: moving keys and values costs time too."""
SINGLE_VOICES = ("melody", "counter", "bass")


class Batch(Protocol):
    """Rows that take a token each and say what may follow; row r goes on from prompt r modulo their number."""

    def step(self, tokens: Tensor) -> Tensor: ...

    def keep(self, prompts: Tensor) -> None: ...


class Network(Protocol):
    def begin(self, prompts: Sequence[Prompt], conditions: Tensor, room: int) -> Batch: ...


@dataclass
class Part:
    """One stretch of tokens to be written: the pitched roles of a bar, or its percussion."""

    request: int
    draft: Draft
    condition: Condition
    prompt: Prompt
    rng: np.random.Generator


def compose(network: Network, requests: Sequence[BarRequest], name: str) -> list[Bar]:
    """A bar for each request. The same request gives the same bar whatever is beside it in the batch."""
    requests = [replace(request, plan=heeded(request)) for request in requests]
    settled = [settled_melody(request) for request in requests]
    parts = [part for index, request in enumerate(requests) for part in _parts(index, request, settled[index])]
    with torch.inference_mode(), _one_thread():
        _write(network, parts)
    return [
        _bar(request, [part for part in parts if part.request == index], settled[index], name)
        for index, request in enumerate(requests)
    ]


@contextmanager
def _one_thread() -> Iterator[None]:
    """A token's products are too small to share: one thread is faster than two, and leaves a core to others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# --- before -----------------------------------------------------------------------------------------------------


def _parts(index: int, request: BarRequest, melody: Settled) -> list[Part]:
    """What the network writes of a bar. A tradition's bar follows its own figures and is left to the rules."""
    plan, condition = request.plan, condition_of(request)
    if plan.idiom:
        return []
    made = []
    pitched = tuple(role for role in plan.roles if role != "drums")
    if pitched:
        wishes = replace(condition, roles=pitched)
        frame = pitched_frame(request, wishes, melody)
        made.append(_part(index, request, frame, wishes, "pitched"))
    if "drums" in plan.roles:
        wishes = Condition(
            arousal=condition.arousal, density=condition.density, syncopation=condition.syncopation,
            tempo=condition.tempo, style={"drums": 1.0}, rhythm=condition.rhythm, roles=("drums",),
        )  # fmt: skip
        made.append(_part(index, request, drum_frame(plan, wishes), wishes, "drums"))
    return made


def _part(index: int, request: BarRequest, frame: Frame, condition: Condition, what: str) -> Part:
    rng = chance(request.seed, request.plan.bar, f"tokens {what}")
    return Part(index, Draft(frame), condition, prompt_of(request.previous, what == "drums", condition), rng)


def prompt_of(previous: Sequence[Bar], drums: bool, condition: Condition) -> Prompt:
    """The latest bars that fit, as tokens; percussion listens to percussion alone."""
    tokens: list[NDArray[np.uint16]] = []
    asked: list[Condition] = []
    for bar in reversed(previous):
        if bar.plan is None or bar.plan.idiom:
            break
        own = encode([as_written(bar, drums)])
        if sum(map(len, tokens)) + len(own) > (READ_OF_DRUMS if drums else READ):
            break
        tokens.insert(0, own)
        asked.insert(0, condition if drums else planned(bar.plan))
    lengths = [len(own) for own in tokens]
    return Prompt(
        torch.from_numpy(np.concatenate([*tokens, np.empty(0, np.uint16)]).astype(np.int64)),
        torch.from_numpy(vectors(asked)),
        torch.from_numpy(np.repeat(np.arange(len(tokens)), lengths)),
    )


def as_written(bar: Bar, drums: bool) -> WrittenBar:
    assert bar.plan is not None
    notes = tuple(note for note in bar.notes if (note.role == "drums") == drums)
    chords = () if drums else bar.plan.chords
    return WrittenBar(steps_of(bar.plan.beats), bar.plan.scale[0], chords, notes)


# --- writing ----------------------------------------------------------------------------------------------------


def _write(network: Network, parts: Sequence[Part]) -> None:
    """Every part a token at a time, asked and not asked side by side; parts that are done leave the batch."""
    if not parts:
        return
    asked, bare = vectors([part.condition for part in parts]), vectors([NOTHING_ASKED] * len(parts))
    batch = network.begin([part.prompt for part in parts], torch.from_numpy(np.concatenate([asked, bare])), ROOM)
    active = list(parts)
    while active:
        last = torch.tensor([part.draft.tokens[-1] for part in active])
        logits = batch.step(last.repeat(2)).numpy()
        for row, part in enumerate(active):
            if not part.draft.done:
                part.draft.write(_drawn(logits[row], logits[len(active) + row], part.draft.allowed(), part.rng))
        going = [row for row, part in enumerate(active) if not part.draft.done]
        if len(going) <= STILL_ACTIVE * len(active):
            active = [active[row] for row in going]
            batch.keep(torch.tensor(going, dtype=torch.long))


def _drawn(
    asked: NDArray[np.float32], bare: NDArray[np.float32], allowed: NDArray[np.bool_], rng: np.random.Generator
) -> int:
    """One of the allowed tokens by chance."""
    choices = np.flatnonzero(allowed)
    turn = rng.random()
    if len(choices) == 1:
        return int(choices[0])
    logits = (bare[choices] + GUIDANCE * (asked[choices] - bare[choices])).astype(np.float64) / TEMPERATURE
    odds = np.exp(logits - logits.max())
    order = np.argsort(-odds, kind="stable")
    held = np.cumsum(odds[order])
    last = int(np.searchsorted(held, MASS * held[-1])) + 1
    return int(choices[order[int(np.searchsorted(held[:last], turn * held[last - 1], side="right"))]])


# --- after ------------------------------------------------------------------------------------------------------


def _bar(request: BarRequest, parts: Sequence[Part], melody: Settled, name: str) -> Bar:
    """The notes of all parts as a bar; the rules write it where nothing sounds."""
    plan = request.plan
    written = [_read(part, plan.scale[0]) for part in parts]
    notes = [replace(n, beats=min(n.beats, plan.beats - n.start_beat)) for bar in written for n in bar.notes]
    if not notes:
        return rules.Generator().compose([request])[0]
    ordered = sorted(
        (_accented(note) for note in _cut(notes)), key=lambda note: (note.start_beat, note.role, note.pitch, note.beats)
    )
    own = melody.open and plan.theme_bar is not None
    return Bar(plan.bar, tuple(ordered), name, sum(len(part.draft.tokens) for part in parts), own, plan)


def _read(part: Part, tonic: int) -> WrittenBar:
    (bar,) = decode(part.draft.tokens, [tonic])
    return bar


def _cut(notes: Sequence[Note]) -> list[Note]:
    """A single voice ends where its next note begins."""
    cut = [note for note in notes if note.role not in SINGLE_VOICES]
    for role in SINGLE_VOICES:
        own = sorted((note for note in notes if note.role == role), key=lambda note: note.start_beat)
        cut += [
            replace(note, beats=min(note.beats, after.start_beat - note.start_beat)) for note, after in pairwise(own)
        ]
        cut += own[-1:]
    return cut


def _accented(note: Note) -> Note:
    """The downbeat leads, what lies between the beats gives way; the performance does the rest."""
    if note.start_beat == 0:
        return replace(note, accent=0.65)
    return replace(note, accent=0.35 if note.start_beat % 1 else 0.5)
