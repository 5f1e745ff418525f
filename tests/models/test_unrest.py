"""Which minutes are taken for rest, and in which words others are refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.person import judged, rest_of
from models.unrest import unrest
from sensors.readings import Features, Reading

Course = Callable[[int], float]


def minutes(count: int = 180, **courses: Course) -> list[Features]:
    return [
        Features(float(second), {name: Reading(course(second), 1.0, 1.0, 10.0) for name, course in courses.items()})
        for second in range(count)
    ]


def quiet(second: int) -> float:
    return 68 + 3 * float(np.sin(second / 7))


def test_quiet_minutes_are_rest():
    moments = minutes(hr_bpm=quiet, movement_g=lambda s: 0.02, scr_per_min=lambda s: 3.0)
    rest = judged(moments, 180.0)
    assert rest.refused == ""
    assert rest.baseline is not None
    assert rest.baseline.medians["hr_bpm"] == pytest.approx(68, abs=1)


@pytest.mark.parametrize(
    ("courses", "said"),
    [
        ({"hr_bpm": lambda s: 110 - s / 8}, "the pulse fell by 15 a minute"),
        ({"hr_bpm": lambda s: 60 + s / 8}, "the pulse rose by 15 a minute"),
        ({"hr_bpm": lambda s: 75 + 20 * np.sin(s / 9)}, "the pulse went up and down by 38 a minute"),
        ({"hr_bpm": quiet, "movement_g": lambda s: 0.4}, "there was much movement (0.40 g)"),
        ({"hr_bpm": quiet, "scr_per_min": lambda s: 19.0}, "the skin responded 19 times a minute, as in alarm"),
    ],
)
def test_minutes_that_were_no_rest_are_refused_with_the_reason(courses, said):
    rest = judged(minutes(**courses), 180.0)
    assert rest.baseline is None
    assert rest.refused == said
    assert rest_of(minutes(**courses), 180.0) is None


def test_a_short_burst_of_movement_or_an_early_start_does_not_spoil_rest():
    moments = minutes(hr_bpm=lambda s: quiet(s) + (15 if s < 15 else 0), movement_g=lambda s: 0.6 if s < 20 else 0.03)
    assert unrest(moments) == ""


def test_too_little_signal_is_told_apart_from_unrest():
    rest = judged(minutes(5, hr_bpm=lambda s: 60.0 + 10 * s), 180.0)
    assert (rest.baseline, rest.refused) == (None, "")
