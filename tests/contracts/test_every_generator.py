"""What a session may rely on from any generator; a new one is tested by being in its folder."""

from dataclasses import replace

import pytest

from models.music.compose import bar_seed
from models.music.performance import perform
from models.music.plan import ROLES, Aim, Bar, BarRequest, Generator, MusicPlan
from models.music.planner import begin, next_bar
from models.music.traditions.western import TRADITION
from models.music.writing.drums import DRUM_NOTES
from therapy_app import catalog

CORNERS = [Aim(0.7, -0.6), Aim(0.9, 0.9), Aim(-0.9, -0.9), Aim(-0.9, 0.9), Aim(0.0, 0.0)]


@pytest.fixture(scope="module", params=catalog.names("generator"))
def generator(request: pytest.FixtureRequest) -> Generator:
    made: Generator = catalog.find("generator", request.param).Generator()
    return made


def music(generator: Generator, aim: Aim, bars: int = 12, seed: int = 6) -> list[tuple[BarRequest, Bar]]:
    form, out = begin(seed, TRADITION), []
    for number in range(bars):
        form, plan = next_bar(form, aim)
        request = BarRequest(plan, tuple(bar for _, bar in out[-8:]), bar_seed(seed, number))
        out.append((request, generator.compose([request])[0]))
    return out


@pytest.mark.parametrize("aim", CORNERS, ids=str)
def test_a_bar_answers_its_request(generator: Generator, aim: Aim) -> None:
    for request, bar in music(generator, aim):
        assert bar.bar == request.plan.bar
        assert bar.generator
        assert {note.role for note in bar.notes} <= set(request.plan.roles)
        assert bar.notes


@pytest.mark.parametrize("aim", CORNERS, ids=str)
def test_notes_stand_in_the_bar_and_on_the_instruments(generator: Generator, aim: Aim) -> None:
    for request, bar in music(generator, aim):
        for note in bar.notes:
            assert 0 <= note.start_beat < request.plan.beats
            assert 0 < note.beats <= request.plan.beats - note.start_beat + 1e-9
            assert 0 <= note.accent <= 1
            assert note.pitch in DRUM_NOTES if note.role == "drums" else 24 <= note.pitch <= 100


@pytest.mark.parametrize("aim", CORNERS, ids=str)
def test_notes_keep_to_scale_and_chords(generator: Generator, aim: Aim) -> None:
    pitched = [(r.plan, n) for r, bar in music(generator, aim) for n in bar.notes if n.role != "drums"]
    at_home = [n.pitch % 12 in allowed(plan) for plan, n in pitched]
    assert sum(at_home) / len(at_home) >= 0.99


def allowed(plan: MusicPlan) -> set[int]:
    return {*plan.scale, *(tone for chord in plan.chords for tone in chord.pitch_classes)}


def test_the_same_requests_give_the_same_bars_in_any_batch(generator: Generator) -> None:
    requests = [request for request, _ in music(generator, CORNERS[4], bars=4)]
    one_by_one = [generator.compose([request])[0] for request in requests]
    assert generator.compose(requests) == one_by_one
    assert generator.compose([]) == []


def test_it_remembers_nothing_between_calls(generator: Generator) -> None:
    first = music(generator, CORNERS[1], bars=6)
    music(generator, CORNERS[2], bars=3)
    assert music(generator, CORNERS[1], bars=6) == first


def test_every_choice_of_roles_can_be_played(generator: Generator) -> None:
    (request, _), *_ = music(generator, CORNERS[1], bars=1)
    for role in ROLES:
        plan = replace(request.plan, roles=(role,))
        (bar,) = generator.compose([replace(request, plan=plan)])
        assert {note.role for note in bar.notes} <= {role}
        assert perform(bar, plan, 0.0, 0, -6.0, 1).length_s == plan.length_s
