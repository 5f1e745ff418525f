"""What is learned of a person from what they say: how far it moves estimates, and what it never does."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import minimize

from models.affect import Affect, Contribution, Interval
from models.person import Person, SelfReport
from models.personal import (
    CHANCE,
    LARGEST_BIAS,
    LARGEST_GAIN,
    LEAST_GAIN,
    MISS,
    SHRINK,
    USUAL_SPREAD,
    Personal,
    Told,
    in_words,
)
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
def test_what_goes_beyond_chance_is_shrunk_by_the_number_of_reports(k):
    personal = Personal().after([Told(-0.2, 0.5)] * k)
    beyond = 0.7 - CHANCE * MISS / np.sqrt(k)
    assert personal.bias == pytest.approx(min(LARGEST_BIAS, k / (k + 2) * beyond))
    assert moved(personal, -0.2) == pytest.approx(-0.2 + personal.bias)


def test_what_chance_explains_moves_nothing():
    for told in ([Told(0.1, 0.5)], [Told(0.0, 0.2)] * 4, [Told(-0.3, -0.5), Told(0.3, 0.4)]):
        personal = Personal().after(told)
        assert (personal.bias, personal.gain) == (0.0, 1.0)


def test_one_report_never_changes_the_gain():
    assert Personal().after([Told(0.5, -0.5)]).gain == 1.0


def test_the_model_is_the_mode_of_its_posterior_then_shrunk():
    """Lasso of what is left over, centred where the reports were given, found by scipy; then the two shrinkages."""
    rng = np.random.default_rng(5)
    estimated = rng.uniform(-0.8, 0.8, 60)
    said = np.clip(-0.25 + 0.45 * estimated + rng.normal(0, 0.1, 60), -1, 1)
    apart, scatter = estimated - estimated.mean(), float(np.sum((estimated - estimated.mean()) ** 2))
    prices = CHANCE * MISS * np.sqrt([60, scatter])

    def minus_log_posterior(x):
        rest = said - estimated - x[0] - x[1] * apart
        return rest @ rest / 2 + prices @ np.abs(x)

    bias, slope = minimize(minus_log_posterior, [-0.1, -0.1], method="Nelder-Mead", tol=1e-9).x
    personal = Personal().after(Told(float(e), float(s)) for e, s in zip(estimated, said, strict=True))
    assert personal.bias == pytest.approx(60 / 62 * bias, abs=1e-4)
    assert personal.gain == pytest.approx(1 + scatter / (scatter + SHRINK * USUAL_SPREAD**2) * slope, abs=1e-4)
    assert slope < -0.1


def test_reports_in_any_order_and_portions_teach_the_same():
    told = [Told(0.2, 0.5), Told(-0.3, -0.6), Told(0.4, 0.3)]
    models = [Personal().after(order[:1]).after(order[1:]) for order in permutations(told)]
    for model in models:
        assert (model.bias, model.gain) == pytest.approx((models[0].bias, models[0].gain))


def test_someone_who_feels_half_of_what_is_estimated_is_followed_with_more_reports():
    people = np.random.default_rng(2)

    def error(k: int) -> float:
        estimated = people.normal(0, 0.3, (200, k + 20)).clip(-1, 1)
        said = (0.5 + 0.5 * estimated + people.normal(0, 0.15, estimated.shape)).clip(-1, 1)
        misses = []
        for e, s in zip(estimated, said, strict=True):
            personal = Personal().after(Told(float(a), float(b)) for a, b in zip(e[:k], s[:k], strict=True))
            misses += [(moved(personal, float(a)) - b) ** 2 for a, b in zip(e[k:], s[k:], strict=True)]
        return float(np.sqrt(np.mean(misses)))

    errors = [error(k) for k in (0, 2, 8)]
    assert errors[0] > 1.05 * errors[1]  # cautious after two: most of such differences are chance
    assert errors[1] > 1.1 * errors[2]


def test_someone_like_everyone_is_hardly_made_worse():
    """Reports that miss a good estimate by as much as they do on wrists: nothing to learn, little may be lost."""
    people = np.random.default_rng(3)
    losses = []
    for _ in range(300):
        estimated = people.normal(0, 0.2, 44).clip(-1, 1)
        said = (estimated + people.normal(0, MISS, 44)).clip(-1, 1)
        personal = Personal().after(Told(float(a), float(b)) for a, b in zip(estimated[:4], said[:4], strict=True))
        losses.append(abs(moved(personal, 0.0)))
    assert np.mean(np.array(losses) > 0.02) < 0.2


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
    adapted = Personal().after([Told(0.0, 0.9)] * 2).adapted(felt(0.2))
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
    words = " ".join(in_words(Personal().after([Told(0.0, 0.8), Told(0.2, 0.9)]).after_mood(-0.3)))
    assert "told twice, +0.85 on average where +0.10 was estimated. Estimates are now moved by +0.16:" in words
    assert "stay as they are" in in_words(Personal().after([Told(0.0, 0.2)]))[0]
    assert "told once, -0.30 on average" in words
