"""The recurrent estimator: what torch trained is what numpy tells, sequences are those of a session, and honest."""

from dataclasses import fields, replace
from itertools import combinations

import numpy as np
import pytest
import torch

from models.emotion import linear
from models.emotion.network import Estimator, shares
from models.evaluation.emotion.measures import balanced
from models.evaluation.emotion.rivals import Together
from models.evaluation.emotion.standing import standing
from models.evaluation.emotion.tracks import track
from models.linear_weights import NAME as LINEAR
from models.network_weights import read, ship
from models.person import Baseline, Person, rest_of
from models.recent import LENGTH_S, STEP_S, STEPS, Recent
from models.shipped import WeightsError
from models.training.emotion.distances import distances
from models.training.emotion.fit import BODY
from models.training.emotion.network import Recurrent, fitted, learned
from models.training.emotion.people import NAMES, Recorded
from models.training.emotion.sequences import sequences
from sensors.readings import Features, Reading

REST = {"hr_bpm": 70.0, "eda_tonic_us": 1.0, "eda_slope_per_min": 0.0, "scr_per_min": 3.0, "eeg_alpha": -0.9}
AROUSED = REST | {"hr_bpm": 79.0, "eda_tonic_us": 1.8, "eda_slope_per_min": 0.1, "scr_per_min": 6.0, "eeg_alpha": -1.2}
SIGNALS = {
    "heart": ("hr_bpm",),
    "skin": ("eda_tonic_us", "eda_slope_per_min", "scr_per_min"),
    "EEG": ("eeg_alpha",),
}
SUBSETS = [subset for count in (1, 2, 3) for subset in combinations(SIGNALS, count)]
PERSON = Person(Baseline(180.0, REST))
ESTIMATOR = Estimator()
DESIGN = replace(BODY, sets=(("hr_bpm", "eda_tonic_us"),))


def features(values, at_s=300.0, quality=1.0):
    return Features(at_s, {name: Reading(value, quality, 1.0, 10.0) for name, value in values.items()})


def lived(values, seconds=60, person=PERSON, since_s=0):
    """The person after as many seconds of these readings, and the last of them."""
    for second in range(since_s + 1, since_s + seconds + 1):
        moment = features(values, float(second))
        person = person.after(moment)
    return moment, person


def only(values, subset):
    return {name: values[name] for signal in subset for name in SIGNALS[signal]}


def someone(number, parts=()):
    """Two minutes calm, two minutes stressed, by turns; pulse and skin rise with stress, and both have gaps."""
    rng = np.random.default_rng([number, 3])
    length_s, rest_s = 1000, 180
    seconds = np.arange(length_s)
    labels = ((seconds >= rest_s) & ((seconds - rest_s) // 120 % 2 == 1)).astype(float)
    values = np.full((length_s, len(NAMES)), np.nan)
    values[:, NAMES.index("hr_bpm")] = rng.uniform(60, 85) + rng.normal(0, 4, length_s) + 6 * labels
    values[:, NAMES.index("eda_tonic_us")] = np.exp(rng.normal() + rng.normal(0, 0.2, length_s) + 0.3 * labels)
    values[rng.random(values.shape) < 0.05] = np.nan
    values[400:420] = np.nan
    qualities = np.where(np.isfinite(values), rng.choice([0.2, 0.9], values.shape, p=[0.1, 0.9]), 0.0)
    return Recorded("stress-predict", f"{number:02d}", values, qualities, labels, rest_s, parts)


@pytest.fixture(scope="module")
def people():
    return [distances(someone(number)) for number in range(7)]


@pytest.fixture(scope="module")
def weights(people):
    """Learned without the last of the people."""
    return learned({"stress-predict": people[:-1]}, (DESIGN,))


def test_numpy_tells_what_torch_learned():
    torch.manual_seed(1)
    network = Recurrent(3).double()
    x = torch.randn(50, STEPS, 6, dtype=torch.float64)
    with torch.no_grad():
        expected = network(x).numpy()
    np.testing.assert_allclose(network.cell().log_odds(x.numpy()), expected, atol=1e-6)


def test_sequences_learned_from_are_those_of_a_session():
    """Second by second the same steps, also through gaps, poor seconds and into another recording."""
    names = ("hr_bpm", "eda_tonic_us")
    one = distances(someone(1, parts=(600,)))
    table = sequences(one, names)
    moments = list(one.person.moments())
    person = Person(rest_of(moments[:180], 180.0))
    checked = 0
    for second, moment in enumerate(moments):
        person = (replace(person, recent=Recent()) if second == 600 else person).after(moment)
        if second % 7 == 0 or 595 < second < 670:
            steps = person.recent.steps(names, moment.at_s)
            for i, name in enumerate(names):
                if np.isfinite(table[second, -1, i]):
                    level = person.usual.level(name, person.baseline.medians[name])
                    np.testing.assert_allclose(table[second, :, i], steps[:, i] - level, atol=1e-9)
                    checked += 1
    assert checked > 200


def test_the_last_minute_is_kept_and_no_more():
    _, person = lived(REST, seconds=200)
    assert len(person.recent.seconds) == LENGTH_S == STEP_S * STEPS
    again = person.after(features(AROUSED, 200.0))
    assert again == person, "the same second again changes nothing"


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_any_signals_tell_rest_from_arousal(subset):
    rest, aroused = (ESTIMATOR.estimate(*lived(only(values, subset))) for values in (REST, AROUSED))
    assert rest.arousal.value < aroused.arousal.value - 0.1
    assert aroused.stress_probability > 0.5


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_contributions_add_up_to_arousal_in_the_words_of_the_linear(subset):
    affect = ESTIMATOR.estimate(*lived(only(AROUSED, subset)))
    assert sum(part.amount for part in affect.contributions) == pytest.approx(affect.arousal.value, abs=1e-12)
    assert {part.name for part in affect.contributions} <= {*only(AROUSED, subset)}
    assert ("above your usual level" in affect.reason) == ("heart" in subset)


def test_what_was_before_counts():
    """The same second, after a calm minute and after an aroused one."""
    after = [ESTIMATOR.estimate(*lived(REST, 1, lived(before)[1], 60)) for before in (REST, AROUSED)]
    assert after[0].arousal.value != pytest.approx(after[1].arousal.value, abs=0.01)


def test_a_signal_that_is_lost_says_nothing_at_once():
    _, person = lived(AROUSED)
    affect = ESTIMATOR.estimate(features({"hr_bpm": 79.0}, 61.0), person)
    assert {part.name for part in affect.contributions} == {"hr_bpm"}
    assert ESTIMATOR.estimate(features({}, 61.0), person).state == "unknown"


def test_shares_are_fair_and_complete():
    table = shares(2) @ np.array([0.0, 1.0, 2.0, 5.0])  # nothing, the first, the second, both
    assert table.tolist() == [2.0, 3.0]
    said = np.random.default_rng(0).normal(size=16)
    assert (shares(4) @ said).sum() == pytest.approx(said[-1] - said[0])


def test_poor_signals_and_a_strange_rest_widen_the_interval():
    def width(affect):
        return affect.arousal.high - affect.arousal.low

    good = ESTIMATOR.estimate(features(only(REST, ["heart"])), PERSON)
    poor = ESTIMATOR.estimate(features(only(REST, ["heart"]), quality=0.4), PERSON)
    strange = ESTIMATOR.estimate(features({"hr_bpm": 190.0}), Person(Baseline(180.0, REST | {"hr_bpm": 190.0})))
    assert width(poor) > width(good) + 0.1
    assert width(strange) > width(good) + 0.1
    assert "unlike any it learned from" in strange.reason


def test_what_is_in_the_body_is_found_in_someone_never_seen(people, weights):
    found = standing([track(Estimator(weights), people[-1].person)], BODY.window_s)
    assert found.mean("balanced") > 0.85
    assert 0.75 < found.coverage <= 1.0
    assert {*weights.calibrations} == {"heart", "skin", "heart+skin"}


def test_how_long_a_recording_runs_and_where_it_has_gaps_tells_nothing():
    """Calm in one recording of three minutes, stressed in another of one minute that has more gaps: chance alone."""
    numb = [distances(numb_one(number)) for number in range(16)]
    names = DESIGN.sets[0]
    tables = [sequences(one, names) for one in numb]
    network = fitted(numb[:8], tables[:8], names)
    hits = []
    for one, table in zip(numb[8:], tables[8:], strict=True):
        scored = np.isfinite(table[:, -1]).any(axis=1) & (np.arange(240) >= 60)
        hits.append(balanced(one.person.labels[scored], 0.5 + network.log_odds(table[scored])))
    assert np.mean(hits) < 0.6


def numb_one(number):
    rng = np.random.default_rng([number, 5])
    seconds = np.arange(240)
    values = np.full((240, len(NAMES)), np.nan)
    values[:, NAMES.index("hr_bpm")] = 70 + 3 * np.sin(seconds / 9 + rng.uniform(0, 6)) + rng.normal(size=240)
    values[:, NAMES.index("eda_tonic_us")] = np.exp(0.1 * rng.normal(size=240))
    values[rng.random(values.shape) < np.where(seconds < 180, 0.02, 0.4)[:, None]] = np.nan
    qualities = np.where(np.isfinite(values), 1.0, 0.0)
    return Recorded("stress-predict", f"{number}", values, qualities, np.repeat([0.0, 1.0], [180, 60]), 60, (180,))


def test_the_same_people_make_the_same_network(people):
    own = people[:3]
    tables = [sequences(one, DESIGN.sets[0]) for one in own]
    one, again = (fitted(own, tables, DESIGN.sets[0]).cell for _ in range(2))
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(again, field.name))


def test_weights_read_back_as_they_were_written(weights, tmp_path):
    ship(weights, {"made_by": "a test"}, tmp_path)
    again = read(folder=tmp_path)
    assert (again.calibrations, again.rests) == (weights.calibrations, weights.rests)
    x = np.random.default_rng(0).normal(size=(9, STEPS, 2))
    np.testing.assert_array_equal(again.networks[0].log_odds(x), weights.networks[0].log_odds(x))


def test_too_few_people_and_weights_of_another_kind_are_told(people):
    with pytest.raises(ValueError, match="3 people of stress-predict; expected at least 6"):
        learned({"stress-predict": people[:3]}, (BODY,))
    with pytest.raises(WeightsError, match="not those of a recurrent estimator"):
        read(LINEAR)


def test_both_together_stand_between_the_two():
    first = linear.Estimator()
    moment, person = lived(AROUSED)
    alone = [one.estimate(moment, person).stress_probability for one in (first, ESTIMATOR)]
    assert min(alone) <= Together(first, ESTIMATOR).estimate(moment, person).stress_probability <= max(alone)
    assert Together(first, ESTIMATOR).estimate(features({}), person).state == "unknown"
