"""What a bar can be asked, as people type it and as networks hear it."""

import numpy as np
import pytest

from models.music.asked import condition_of
from models.music.condition import GROUPS, SIZE, Condition, vectors
from models.music.plan import Aim, BarRequest
from models.music.planner import begin, next_bar
from models.music.traditions.western import TRADITION
from models.music.wishes import read_wishes


def test_wishes_are_read_as_typed() -> None:
    assert read_wishes(["density=0.8", "rhythm=0,4,8", "style=folk:0.7,hymn:0.3", "theme=vary"]) == Condition(
        density=0.8, rhythm=frozenset({0, 4, 8}), style={"folk": 0.7, "hymn": 0.3}, theme="vary"
    )
    assert read_wishes([]) == Condition()


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("loudness=3", "expected NAME=VALUE with one of valence, arousal, density"),
        ("density", "expected NAME=VALUE"),
        ("density=much", "expected a number"),
        ("density=1.5", "density 1.5; expected a number from 0 to 1"),
        ("valence=nan", "valence nan; expected a number from -1 to 1"),
        ("arousal=3", "arousal 3.0; expected a number from -1 to 1"),
        ("rhythm=0,x", "eighths from the bar line"),
        ("rhythm=16", r"rhythm \[16\]; expected whole numbers from 0 to 15"),
        ("style=polka", "no style polka; there are: song, quartet"),
        ("style=folk:-1", "expected numbers from 0"),
        ("theme=again", "no theme treatment 'again'; there are: free, state, return, vary"),
        ("roles=tuba", "no role tuba; there are: melody"),
    ],
)
def test_a_wish_that_can_not_be_is_named_with_what_can(word: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_wishes([word])


def test_a_wish_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        read_wishes(["density=0.1", "density=0.2"])


def test_nothing_asked_is_all_zeros_and_each_wish_has_a_place_of_its_own() -> None:
    assert not vectors([Condition()]).any()
    for name, wish in {"valence": 0.3, "density": 0.0, "tempo": -1.0, "scale": frozenset({0}), "theme": "free"}.items():
        (row,) = vectors([Condition(**{name: wish})])  # type: ignore[arg-type]
        assert row.shape == (SIZE,)
        assert row[GROUPS[name]].sum() > 0
        row[GROUPS[name]] = 0
        assert not row.any()


def test_numbers_lie_on_a_line_between_two_knots() -> None:
    rows = vectors([Condition(arousal=value) for value in (-1.0, -0.9, 0.0, 1.0)])[:, GROUPS["arousal"]]
    assert np.allclose(rows.sum(axis=1), 1)
    assert rows[0, 0] == rows[3, -1] == 1
    assert 0 < rows[1, 1] < rows[1, 0]


def test_styles_blend_by_weight_whatever_their_sum() -> None:
    one, other = vectors([Condition(style={"folk": 2, "hymn": 6}), Condition(style={"folk": 0.25, "hymn": 0.75})])
    assert np.allclose(one, other)


def test_what_is_asked_stands_before_what_the_plan_implies_and_the_rest_stays() -> None:
    _, plan = next_bar(begin(1, TRADITION), Aim(0.5, -0.5))
    implied = condition_of(BarRequest(plan, (), 1))
    asked = condition_of(BarRequest(plan, (), 1, Condition(tension=0.9, style={"hymn": 1.0})))
    assert (implied.valence, implied.arousal) == (0.5, -0.5)
    assert (asked.tension, asked.style) == (0.9, {"hymn": 1.0})
    assert (asked.density, asked.scale, asked.theme) == (implied.density, implied.scale, implied.theme)
