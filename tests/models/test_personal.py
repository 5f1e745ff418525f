"""What is learned of a person from what they say: how far it moves estimates, and what it never does."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from models.affect import Affect, Contribution, Interval
from models.person import Person, SelfReport
from models.personal import LARGEST_BIAS, LARGEST_GAIN, LEAST_GAIN, SHRINK, USUAL_SPREAD, Personal, Told, in_words
from models.valence import valence_of
from sensors.readings import Features


def felt(arousal: float, half: float = 0.4, stress: float | None = 0.5) -> Affect:
    return Affect(
        0.0,
        "known",
        "pulse up",
        Interval(arousal, max(-1.0, arousal - half), min(1.0, arousal + half)),
        Interval(0.0, -0.8, 0.8),
        stress,
        (Contribution("hr_bpm", arousal, "pulse up"),),
    )


def moved(personal: Personal, arousal: float) -> float:
    adapted = personal.adapted(felt(arousal)).arousal
    assert adapted is not None
    return adapted.value


def test_someone_who_said_nothing_is_estimated_like_everyone():
    assert Personal().adapted(felt(0.3)) == felt(0.3)


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_bias_is_shrunk_by_the_number_of_reports(k):
    personal = Personal().after([Told(0.1, 0.4)] * k)
    assert personal.bias == pytest.approx(k / (k + 2) * 0.3)
    assert moved(personal, 0.1) == pytest.approx(0.1 + k / (k + 2) * 0.3)


def test_one_report_never_changes_the_gain():
    assert Personal().after([Told(0.5, -0.5)]).gain == 1.0


def test_the_model_is_the_posterior_of_its_prior():
    """Ridge regression of what is left over, centred where the reports were given, solved by numpy."""
    rng = np.random.default_rng(5)
    estimated = rng.uniform(-0.6, 0.6, 7)
    said = np.clip(0.15 + 0.8 * estimated + rng.normal(0, 0.1, 7), -1, 1)
    design = np.column_stack([np.ones(7), estimated - estimated.mean()])
    prior = np.diag([SHRINK, SHRINK * USUAL_SPREAD**2])
    bias, slope = np.linalg.solve(design.T @ design + prior, design.T @ (said - estimated))
    personal = Personal().after(Told(float(e), float(s)) for e, s in zip(estimated, said, strict=True))
    assert personal.bias == pytest.approx(bias)
    assert personal.gain == pytest.approx(1 + slope)


def test_reports_in_any_order_and_portions_teach_the_same():
    told = [Told(0.2, 0.5), Told(-0.3, -0.6), Told(0.4, 0.3)]
    models = [Personal().after(order[:1]).after(order[1:]) for order in permutations(told)]
    for model in models:
        assert (model.bias, model.gain) == pytest.approx((models[0].bias, models[0].gain))


def test_someone_who_feels_half_of_what_is_estimated_is_followed_with_more_reports():
    people = np.random.default_rng(2)

    def error(k: int) -> float:
        estimated = people.normal(0, 0.3, (200, k + 20)).clip(-1, 1)
        said = (0.2 + 0.5 * estimated + people.normal(0, 0.15, estimated.shape)).clip(-1, 1)
        misses = []
        for e, s in zip(estimated, said, strict=True):
            personal = Personal().after(Told(float(a), float(b)) for a, b in zip(e[:k], s[:k], strict=True))
            misses += [(moved(personal, float(a)) - b) ** 2 for a, b in zip(e[k:], s[k:], strict=True)]
        return float(np.sqrt(np.mean(misses)))

    errors = [error(k) for k in (0, 2, 8)]
    assert errors[0] > 1.1 * errors[1] > 1.1 * errors[2]


def test_contrary_reports_can_not_turn_an_estimate_upside_down():
    contrary = Personal().after([Told(0.8, -1.0), Told(-0.8, 1.0)] * 50)
    assert contrary.gain == LEAST_GAIN
    assert Personal().after([Told(-0.5, -1.0), Told(0.0, 0.0), Told(0.1, 1.0)] * 50).gain <= LARGEST_GAIN
    assert Personal().after([Told(-1.0, 1.0)] * 100).bias == LARGEST_BIAS


def test_unknown_stays_unknown():
    unknown = Affect(3.0, "unknown", "nothing is worn")
    assert Personal().after([Told(0.0, 0.9)] * 8).adapted(unknown) == unknown


@pytest.mark.parametrize("arousal", [-0.95, -0.2, 0.0, 0.6, 0.99])
@pytest.mark.parametrize(
    "told", [[Told(0.1, 0.9)], [Told(0.5, 1.0), Told(-0.5, -1.0)], [Told(0.6, 0.1), Told(-0.6, 0.0)]]
)
def test_no_interval_gets_narrower_except_at_the_ends_of_the_scale(arousal, told):
    before, after = felt(arousal), Personal().after(told * 4).adapted(felt(arousal))
    assert after.state == "known"
    assert before.arousal is not None
    assert after.arousal is not None
    if after.arousal.low > -1:
        assert after.arousal.value - after.arousal.low >= before.arousal.value - before.arousal.low - 1e-9
    if after.arousal.high < 1:
        assert after.arousal.high - after.arousal.value >= before.arousal.high - before.arousal.value - 1e-9
    assert after.stress_probability is not None
    assert 0 < after.stress_probability < 1


def test_the_contributions_still_add_up_and_say_what_was_said():
    adapted = Personal().after([Told(0.0, 0.6)] * 2).adapted(felt(0.2))
    assert adapted.arousal is not None
    assert sum(part.amount for part in adapted.contributions) == pytest.approx(adapted.arousal.value)
    assert adapted.contributions[-1].words == "what you said before: livelier than estimated"


def test_the_usual_mood_is_shrunk_too():
    assert Personal().usual_valence == 0.0
    assert Personal().after_mood(0.6).after_mood(0.6).usual_valence == pytest.approx(0.3)


def test_the_usual_mood_is_where_valence_returns_to():
    said = (SelfReport(0.0, -0.8, 0.0),)
    usual = Person(None, said, usual_valence=0.5)
    fresh, old = (valence_of(Features(at_s), usual).value for at_s in (1.0, 3000.0))
    assert fresh < 0 < old == pytest.approx(0.5, abs=0.01)
    assert valence_of(Features(3000.0), Person(None, said)).value == pytest.approx(0.0, abs=0.01)


def test_a_report_beyond_the_scale_is_refused():
    with pytest.raises(ValueError, match=r"said 1.5; expected -1 to 1"):
        Told(0.0, 1.5)
    with pytest.raises(ValueError, match=r"valence -2; expected -1 to 1"):
        Personal().after_mood(-2)


def test_what_was_learned_is_told_in_words_with_its_numbers():
    assert in_words(Personal()) == ["Nothing has been learned yet: estimates are the same as for everyone."]
    words = " ".join(in_words(Personal().after([Told(0.0, 0.4), Told(0.4, 0.5)]).after_mood(-0.3)))
    assert "told twice, +0.45 on average where +0.20 was estimated. Estimates are now moved by +0.12." in words
    assert "told once, -0.30 on average" in words
