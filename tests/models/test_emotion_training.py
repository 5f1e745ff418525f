"""Fitting and measuring on people made up: what is there is found, what is not is not, nobody meets themselves."""

import numpy as np
import pytest

from models.calibration import Calibration
from models.emotion.linear import Estimator
from models.evaluation.emotion import floors
from models.evaluation.emotion.learning import curve
from models.evaluation.emotion.measures import balanced, bootstrap, calibration_error, concordance, noise_of_calibration
from models.evaluation.emotion.nested import nested, without
from models.evaluation.emotion.standing import of_windows, standing
from models.evaluation.emotion.tracks import Told, told, track
from models.evidence import ANCHOR
from models.linear_weights import Term, Weights
from models.person import Person, rest_of
from models.training.emotion.calibrate import quantile, smoothed
from models.training.emotion.card import card
from models.training.emotion.course import learned
from models.training.emotion.distances import distances, even, windows
from models.training.emotion.fit import BODY, BRAIN, Choice
from models.training.emotion.people import NAMES, Recorded
from models.training.emotion.told import about
from sensors.readings import Features, Reading

PEOPLE = 8
LENGTH_S, REST_S, BLOCK_S = 1380, 180, 120
CHOICE = Choice(("hr_bpm", "eda_tonic_us"), 0.3)


def someone(number, effect=1.0, corpus="stress-predict"):
    """Two minutes calm, two minutes stressed, by turns: pulse and skin rise with stress, on the person's own level."""
    rng = np.random.default_rng([number, 7])
    seconds = np.arange(LENGTH_S)
    labels = ((seconds >= REST_S) & ((seconds - REST_S) // BLOCK_S % 2 == 1)).astype(float)
    wander = {name: np.convolve(rng.normal(size=LENGTH_S + 99), np.ones(100) / 10, "valid") for name in ("hr", "eda")}
    values = np.full((LENGTH_S, len(NAMES)), np.nan)
    values[:, NAMES.index("hr_bpm")] = rng.uniform(60, 85) + 3 * wander["hr"] + 6 * effect * labels
    values[:, NAMES.index("eda_tonic_us")] = np.exp(rng.normal() + 0.15 * wander["eda"] + 0.3 * effect * labels)
    values[:, NAMES.index("eda_slope_per_min")] = rng.normal(0, 0.2, LENGTH_S)
    values[:, NAMES.index("scr_per_min")] = rng.poisson(4, LENGTH_S)
    values[:, NAMES.index("rmssd_ms")] = rng.normal(40, 5, LENGTH_S)
    values[:, NAMES.index("scr_amplitude_us")] = rng.uniform(0.1, 0.3, LENGTH_S)
    values[:, NAMES.index("movement_g")] = rng.uniform(0.01, 0.05, LENGTH_S)
    values[:, NAMES.index("eeg_alpha")] = rng.normal(-1.0, 0.1, LENGTH_S) - 0.2 * effect * labels
    values[:, NAMES.index("eeg_theta")] = rng.normal(-1.5, 0.1, LENGTH_S)
    values[400:420] = np.nan
    return Recorded(corpus, f"{number:02d}", values, np.where(np.isfinite(values), 0.9, 0.0), labels, REST_S)


@pytest.fixture(scope="module")
def people():
    return [distances(someone(number)) for number in range(PEOPLE)]


@pytest.fixture(scope="module")
def left_out(people):
    return nested(people, BODY, {"skin alone": without("hr_bpm")}, lambda _: None)


def test_what_is_in_the_body_is_found_in_people_never_seen(left_out):
    found = standing(left_out.tracks[""], BODY.window_s)
    assert found.mean("balanced") > 0.8
    assert found.mean("auc") > 0.85
    assert found.known > 0.95
    assert 0.8 < found.coverage < 1.0
    skin = standing(left_out.tracks["skin alone"], BODY.window_s)
    assert 0.6 < skin.mean("balanced") < found.mean("balanced") + 0.05


def test_what_is_not_in_the_body_is_not_found():
    numb = [distances(someone(number, effect=0.0)) for number in range(PEOPLE)]
    found = standing(nested(numb, BODY, {}, lambda _: None).tracks[""], BODY.window_s)
    assert found.mean("balanced") < 0.62


def test_floors_stand_where_floors_belong(people):
    rng = np.random.default_rng(1)
    assert of_windows(floors.majority(people, BODY)).mean("balanced") == 0.5
    assert of_windows(floors.elapsed_time(people, BODY)).mean("balanced") > 0.95, "all have one order: a clock knows"
    assert of_windows(floors.movement(people, BODY)).mean("balanced") < 0.65
    assert of_windows(floors.random_body(people, CHOICE, BODY, rng)).mean("balanced") < 0.7
    assert of_windows(floors.fixed_rest(people, CHOICE, BODY)).mean("balanced") > 0.75
    assert of_windows(floors.at_rest_rule(people, BODY)).mean("balanced") > 0.6


def test_a_person_left_out_changes_nothing_about_the_estimator_that_estimates_them(people):
    """Were the person's own labels in the fit, turning them round would change their estimate."""
    turned = [*people[:-1], distances(_turned(people[-1].person))]
    before, after = (nested(own, BODY, {}, lambda _: None).tracks[""][-1] for own in (people, turned))
    np.testing.assert_array_equal(before.arousal, after.arousal)


def _turned(person):
    return Recorded(
        person.corpus, person.name, person.values, person.qualities, 1 - person.labels, person.rest_s, person.parts
    )


def test_both_corpora_make_one_estimator(people):
    heads = [distances(someone(number + 50, corpus="eegmat")) for number in range(PEOPLE)]
    found = learned({"stress-predict": people, "eegmat": heads})
    by_name = {term.reading: term.weight for term in found.weights.terms}
    assert by_name["hr_bpm"] > 0
    assert by_name["eda_tonic_us"] > 0
    assert by_name["eeg_alpha"] < 0
    assert {*found.weights.calibrations} == {"heart", "skin", "heart+skin", "brain"}
    assert learned({"stress-predict": people, "eegmat": heads}) == found


def test_too_few_people_are_told(people):
    with pytest.raises(ValueError, match="3 people of stress-predict; expected at least 6"):
        learned({"stress-predict": people[:3]}, (BODY,))


def test_rest_is_never_scored_and_windows_carry_one_label(people):
    for start, end, label in windows(people[0].person, 60):
        assert start >= REST_S
        assert set(people[0].person.labels[start:end]) == {label}


def test_distances_are_those_that_the_live_estimator_takes(people):
    """One term of weight 1 and no calibration: the estimator's odds are the table's distance."""
    one = people[0]
    spread = 1e6
    weights = Weights(
        (Term("hr_bpm", "heart", 1.0, spread, 0.0),),
        {"heart": Calibration(1.0, 0.0, 0.5)},
        {},
    )
    person = Person(rest_of(list(one.person.moments())[:REST_S], float(REST_S)))
    usual = person.usual
    for second, moment in enumerate(one.person.moments()):
        usual = usual.after(moment)
        if second % 97 == 0:
            affect = Estimator(weights).estimate(moment, Person(person.baseline, usual=usual))
            odds = np.log(affect.stress_probability / (1 - affect.stress_probability))
            assert odds * spread == pytest.approx(one.of(("hr_bpm",))[second, 0], abs=1e-3)


def test_smoothing_offline_is_the_smoothing_that_runs_live(people):
    found = learned({"stress-predict": people}, (BODY,)).weights
    one = track(Estimator(found), people[0].person)
    person = Person(rest_of(list(people[0].person.moments())[:REST_S], float(REST_S)))
    raw, usual = [], person.usual
    for moment in people[0].person.moments():
        usual = usual.after(moment)
        affect = Estimator(found).estimate(moment, Person(person.baseline, usual=usual))
        raw.append(affect.arousal.value if affect.arousal else np.nan)
    np.testing.assert_allclose(smoothed(np.array(raw)), one.arousal, atol=1e-9)


def test_every_person_and_label_counts_the_same():
    y, who = np.array([0, 0, 0, 1, 0, 1, 1.0]), np.array([0, 0, 0, 0, 1, 1, 1])
    weights = even(y, who)
    sums = {(person, label): weights[(who == person) & (y == label)].sum() for person in (0, 1) for label in (0, 1)}
    assert len({round(total, 9) for total in sums.values()}) == 1


def test_measures_against_numbers_worked_out_by_hand():
    y = np.array([0.0, 0.0, 0.0, 1.0])
    assert balanced(y, np.array([0.1, 0.2, 0.9, 0.8])) == pytest.approx((2 / 3 + 1) / 2)
    assert balanced(y, np.full(4, 0.5)) == 0.5
    assert np.isnan(balanced(np.zeros(3), np.zeros(3)))
    assert concordance(np.array([-0.5, 0.5, 0.5]), np.array([-0.5, 0.5, 0.5])) == pytest.approx(1)
    assert concordance(np.array([-1.0, 0, 1]), np.array([0.0, 1, 2])) == pytest.approx(2 * (2 / 3) / (4 / 3 + 1))
    assert quantile(np.arange(1.0, 11.0), np.ones(10), 0.9) == 9.0
    low, high = bootstrap([0.6, 0.7, 0.8, 0.9], np.random.default_rng(0))
    assert 0.6 <= low < 0.75 < high <= 0.9


def test_calibration_error_is_none_for_honest_and_large_for_loud_probabilities(people):
    rng = np.random.default_rng(2)
    chances = rng.uniform(0, 1, 4000)
    y = (rng.random(4000) < chances).astype(float)
    honest = Told(people[0].person, y, chances, chances - 0.5, np.arange(4000.0))
    loud = Told(people[0].person, y, np.round(chances), chances - 0.5, np.arange(4000.0))
    assert calibration_error([honest], as_even=False) < 0.03
    assert calibration_error([loud], as_even=False) > 0.2


def test_reports_move_a_person_whose_estimates_are_all_too_high(people):
    person = people[0].person
    spans = list(windows(person, 60))
    y = np.array([label for _, _, label in spans])
    arousal = 0.3 + 0.2 * (2 * y - 1)
    shifted = Told(person, y, arousal + ANCHOR, arousal, np.array([float(a) for a, _, _ in spans]))
    points = {point.name: point for point in curve([shifted], np.random.default_rng(0))}
    assert points["0"].gains == [0.0]
    assert points["8"].after[0].balanced > points["8"].before[0].balanced + 0.2
    assert points["8"].after[0].rmse < points["8"].before[0].rmse


def test_the_card_tells_where_it_comes_from_and_how_well_it_does(people):
    heads = [distances(someone(number + 50, corpus="eegmat")) for number in range(PEOPLE)]
    weights = learned({"stress-predict": people, "eegmat": heads}).weights
    found = standing(nested(people, BODY, {}, lambda _: None).tracks[""], 60)
    text = card(weights, about("therapy train emotion DATA", "abc", {"stress-predict": (BODY, found, found)}), "f" * 64)
    for words in ("MIT, copyright", f"{found.mean('balanced'):.3f}", "Limits", "same order", "f" * 64, "hr_bpm"):
        assert words in text


def test_eegmat_windows_do_not_reach_across_its_two_recordings():
    values = np.full((240, len(NAMES)), np.nan)
    labels = np.repeat([0.0, 1.0], [180, 60])
    person = Recorded("eegmat", "00", values, np.zeros_like(values), labels, 60, (180,))
    assert [(a, b, label) for a, b, label in windows(person, BRAIN.window_s)] == [
        (60, 90, 0.0), (90, 120, 0.0), (120, 150, 0.0), (150, 180, 0.0), (180, 210, 1.0), (210, 240, 1.0),
    ]  # fmt: skip
    assert told(track(Estimator(), person), 30).known.sum() == 0


def test_a_reading_is_made_of_what_was_kept():
    moment = next(iter(someone(1).moments()))
    assert isinstance(moment, Features)
    assert moment.readings["hr_bpm"] == Reading(moment.value("hr_bpm"), 0.9, 1.0, 10.0)


def test_calibration_by_chance_is_what_an_honest_estimate_of_few_windows_shows(people):
    rng = np.random.default_rng(4)
    chances = rng.uniform(0.05, 0.95, 3000)
    share = 0.3  # of windows are stressed, while the probabilities are told under even odds
    real = chances * share / (chances * share + (1 - chances) * (1 - share))
    y = (rng.random(3000) < real).astype(float)
    many = Told(people[0].person, y, chances, chances - 0.5, np.arange(3000.0))
    few = Told(people[0].person, y[:100], chances[:100], chances[:100] - 0.5, np.arange(100.0))
    assert calibration_error([many]) < 0.05
    assert noise_of_calibration([many], rng) < 0.05
    assert noise_of_calibration([few], rng) > 0.07
