"""Bars written token by token: whatever a network says, they are well formed and within their plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from models.music import neural
from models.music.asked import heeded
from models.music.compose import Job, Waypoint, compose_many
from models.music.condition import Condition
from models.music.draft import Draft
from models.music.frame import pitched_frame, settled_melody
from models.music.networks.transformer import Prompt, Shape, Transformer
from models.music.plan import Aim, Bar, BarRequest, MusicPlan, Note
from models.music.planner import begin, next_bar
from models.music.themes import ThemeNote
from models.music.tokens import decode
from models.music.traditions.western import TRADITION

SMALL = Shape(width=32, layers=2, heads=4)
CORNERS = [Aim(0.7, -0.8), Aim(0.9, 0.9), Aim(-0.9, -0.9), Aim(-0.9, 0.9)]


class Chance:
    """A generator whose network never learned anything: the worst that a frame must hold."""

    def __init__(self, seed: int = 3) -> None:
        torch.manual_seed(seed)
        self.network = Transformer(SMALL).ready()

    def compose(self, requests: list[BarRequest]) -> list[Bar]:
        return neural.compose(self.network, requests, "chance")


def piece(aim: Aim, bars: int = 20, seed: int = 5, asked: Condition | None = None) -> list[tuple[MusicPlan, Bar]]:
    job = Job((Waypoint(0, aim),), bars, seed, TRADITION, asked=asked or Condition())
    return [(plan, bar) for plan, bar, _ in compose_many([job], Chance())[0]]


def sung(bar: Bar, role: str = "melody") -> list[Note]:
    return sorted((note for note in bar.notes if note.role == role), key=lambda note: note.start_beat)


@pytest.mark.parametrize("aim", CORNERS, ids=str)
def test_a_network_that_knows_nothing_still_writes_within_scale_and_chords(aim: Aim) -> None:
    for plan, bar in piece(aim):
        home = {*plan.scale, *(tone for chord in plan.chords for tone in chord.pitch_classes)}
        assert {note.pitch % 12 for note in bar.notes if note.role != "drums"} <= home
        assert all(note.start_beat + note.beats <= plan.beats + 1e-9 for note in bar.notes)


def test_single_voices_never_sound_two_notes_at_once() -> None:
    for _, bar in piece(CORNERS[1]):
        for role in ("melody", "counter", "bass"):
            voice = sung(bar, role)
            for before, after in pairwise(voice):
                assert before.start_beat + before.beats <= after.start_beat + 1e-9


def test_phrases_arrive_where_the_plan_says() -> None:
    closes = [(plan, bar) for aim in CORNERS for plan, bar in piece(aim, 24) if plan.cadence]
    assert len(closes) >= 20
    for plan, bar in closes:
        last = plan.chords[-1]
        assert any(n.pitch % 12 == last.pitch_classes[0] for n in sung(bar, "bass") if n.start_beat >= last.start_beat)
        assert sung(bar)[-1].pitch % 12 in last.pitch_classes[:3]
        if plan.cadence.endswith(("-I", "-i")) and plan.treatment == "state":
            assert sung(bar)[-1].pitch % 12 == last.pitch_classes[0]


def test_what_is_sung_first_is_the_theme_that_comes_back() -> None:
    bars = piece(Aim(0.6, -0.2), 32)
    stated = {plan.theme_bar: bar for plan, bar in bars if bar.own_melody and plan.theme == "A"}
    assert sorted(stated) == [0, 1, 2, 3]
    returns = [(plan, bar) for plan, bar in bars if plan.theme == "A" and plan.treatment == "return"]
    again = returns[0][1]
    first = stated[0]
    assert [n.start_beat for n in sung(again)] == [n.start_beat for n in sung(first)]
    steps = [b.pitch - a.pitch for a, b in pairwise(sung(first))]
    steps_again = [b.pitch - a.pitch for a, b in pairwise(sung(again))]
    assert [abs(x - y) <= 2 for x, y in zip(steps, steps_again, strict=True)] == [True] * len(steps)


def test_a_bar_is_the_same_alone_and_in_any_batch() -> None:
    generator = Chance()
    form, requests, previous = begin(9, TRADITION), [], ()
    for number in range(6):
        form, plan = next_bar(form, CORNERS[number % 4])
        requests.append(BarRequest(plan, previous, 100 + number))
        previous = (*previous, *generator.compose([requests[-1]]))
    alone = [generator.compose([request])[0] for request in requests]
    assert generator.compose(requests) == alone
    assert generator.compose(requests[::-1]) == alone[::-1]


def test_step_by_step_gives_what_reading_at_once_gives() -> None:
    torch.manual_seed(1)
    network = Transformer(SMALL).eval()
    tokens, wishes = torch.randint(3, 800, (30,)), torch.rand(1, SMALL.condition)
    with torch.inference_mode():
        whole = network(tokens[None], wishes[None], torch.zeros(1, 30, dtype=torch.long))[0]
        prompt = Prompt(tokens[:20], wishes, torch.zeros(20, dtype=torch.long))
        rows = network.begin([prompt], wishes.repeat(2, 1), 10)
        steps = torch.stack([rows.step(token.repeat(2))[0] for token in tokens[20:]])
    torch.testing.assert_close(steps, whole[20:], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("wish", "measured"),
    [
        (Condition(rhythm=frozenset({0, 3, 6})), lambda plan, bar: {n.start_beat * 2 for n in bar.notes}),
        (Condition(roles=("melody", "bass")), lambda plan, bar: {n.role for n in bar.notes}),
    ],
    ids=["rhythm", "roles"],
)
def test_one_wish_can_be_fixed(wish: Condition, measured: Callable[[MusicPlan, Bar], set[object]]) -> None:
    allowed = wish.rhythm or set(wish.roles or ())
    for plan, bar in piece(Aim(0.2, 0.0), 8, asked=wish):
        bound = {n.start_beat * 2 for n in settled_melody(BarRequest(plan, (), 1)).notes}
        chords = {chord.start_beat * 2 for chord in plan.chords}
        assert measured(plan, bar) <= set(allowed) | ((bound | chords) if wish.rhythm else set())


def test_a_scale_that_is_asked_for_is_kept_to_between_the_chords() -> None:
    pentatonic = Condition(scale=frozenset({0, 2, 4, 7, 9}))
    for plan, bar in piece(Aim(0.8, 0.0), 12, asked=pentatonic):
        chords = {tone for chord in plan.chords for tone in chord.pitch_classes}
        bound = {note.pitch % 12 for note in settled_melody(BarRequest(plan, (), 1)).notes}
        allowed = {(plan.scale[0] + step) % 12 for step in pentatonic.scale or ()} | chords | bound
        assert {note.pitch % 12 for note in bar.notes if note.role != "drums"} <= allowed


def test_the_register_that_is_asked_for_moves_every_voice() -> None:
    low = piece(Aim(0.0, 0.0), 12, asked=Condition(register=0.0))
    high = piece(Aim(0.0, 0.0), 12, asked=Condition(register=1.0))
    for role in ("melody", "chords"):
        heights = [[n.pitch for _, bar in bars for n in sung(bar, role)] for bars in (low, high)]
        assert sum(heights[1]) / len(heights[1]) > sum(heights[0]) / len(heights[0]) + 3


def test_a_draft_never_runs_into_a_dead_end() -> None:
    generator = torch.Generator().manual_seed(4)
    form = begin(2, TRADITION)
    for number in range(60):
        form, plan = next_bar(form, CORNERS[number % 4])
        request = BarRequest(replace(plan, motif=plan.motif or (ThemeNote(0, 0.0, 1.0),)), (), number)
        frame = pitched_frame(request, Condition(), settled_melody(request))
        draft = Draft(frame)
        while not draft.done:
            allowed = torch.from_numpy(draft.allowed()).nonzero().flatten()
            draft.write(int(allowed[int(torch.randint(len(allowed), (1,), generator=generator))]))
        (bar,) = decode(draft.tokens, [plan.scale[0]])
        assert bar.steps == plan.beats * 12


def test_what_is_asked_stands_in_place_of_the_plan() -> None:
    _, plan = next_bar(begin(2, TRADITION), Aim(0.3, 0.1))
    asked = Condition(density=0.9, valence=-0.5, roles=("bass",))
    changed = heeded(BarRequest(plan, (), 1, asked))
    assert (changed.density, changed.aim, changed.roles) == (0.9, Aim(-0.5, plan.aim.arousal), ("bass",))
    assert heeded(BarRequest(plan, (), 1)) is plan
