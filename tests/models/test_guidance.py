"""Where the music should go: each strategy, with and without knowing how the person feels."""

from __future__ import annotations

import pytest

from models.affect import Affect, Interval
from models.music.guidance import MATCH_CEILING, STRATEGIES, Progress, guide, match
from models.music.plan import Aim

CALM = Aim(valence=0.5, arousal=-0.6)
EXCITED = Aim(valence=0.0, arousal=0.3)
UNKNOWN = Affect(0.0, "unknown", "nothing is worn")


def felt(arousal: float, valence: float = 0.0) -> Affect:
    return Affect(0.0, "known", "", Interval(arousal, -1, 1), Interval(valence, -1, 1))


def test_a_person_is_met_where_they_are():
    assert match(felt(-0.2, 0.1), None) == Aim(0.1, -0.2)


def test_matching_has_a_ceiling_and_never_follows_what_rises():
    first = match(felt(0.9), None)
    assert first.arousal == MATCH_CEILING
    met = match(felt(-0.2), None)
    assert match(felt(0.3), met).arousal == pytest.approx(-0.1)
    assert match(felt(-0.5), met).arousal == -0.5


def test_sadness_is_met_only_so_far():
    assert match(felt(0.0, -0.9), None).valence == pytest.approx(-0.3)


def test_guiding_moves_from_where_they_were_met_to_the_goal():
    way = [
        guide("match-guide-hold", Progress("guide", share), CALM, EXCITED, None) for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    arousals = [aim.arousal for aim in way]
    assert arousals == sorted(arousals, reverse=True)
    assert way[0] == EXCITED
    assert (way[-1].valence, way[-1].arousal) == pytest.approx((0.5, -0.6))


def test_guiding_waits_for_a_person_who_lags_but_not_for_ever():
    lagging = felt(0.3)
    early = guide("match-guide-hold", Progress("guide", 0.4), CALM, EXCITED, felt(0.9))
    alone = guide("match-guide-hold", Progress("guide", 0.4), CALM, EXCITED, None)
    assert early.arousal > alone.arousal + 0.05
    assert guide("match-guide-hold", Progress("guide", 1.0), CALM, EXCITED, lagging).arousal == pytest.approx(-0.6)


def test_guiding_never_leads_past_the_goal_or_back_behind_the_start():
    for share in (0.0, 0.3, 0.6, 1.0):
        for arousal in (-1.0, -0.5, 0.0, 0.5, 1.0):
            aim = guide("match-guide-hold", Progress("guide", share), CALM, EXCITED, felt(arousal))
            assert CALM.arousal - 1e-9 <= aim.arousal <= EXCITED.arousal + 1e-9


def test_holding_stays_at_the_goal():
    assert guide("match-guide-hold", Progress("hold", 0.5), CALM, EXCITED, felt(0.9)) == CALM


def test_the_compensatory_strategy_leans_against_what_is_felt():
    against = guide("compensatory", Progress("guide", 0.5), CALM, EXCITED, felt(0.2))
    with_goal = guide("compensatory", Progress("guide", 0.5), CALM, EXCITED, felt(-0.6))
    assert against.arousal < CALM.arousal
    assert with_goal == CALM


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_unknown_gives_the_planned_path(strategy):
    progress = Progress("guide", 0.4)
    assert guide(strategy, progress, CALM, EXCITED, UNKNOWN) == guide(strategy, progress, CALM, EXCITED, None)


def test_the_fixed_strategy_is_the_same_whatever_happens():
    aims = {guide("fixed", Progress(phase, 0.5), CALM, EXCITED, felt(0.9)) for phase in ("match", "guide", "hold")}
    assert aims == {CALM}
