"""Whatever is registered as an estimator keeps the contract: any subset of readings, any number, one answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.affect import Affect
from models.person import Baseline, Person, SelfReport
from sensors.readings import READINGS, Features, Reading
from therapy_app import catalog

TYPICAL = {
    "hr_bpm": 65.0,
    "rmssd_ms": 40.0,
    "sdnn_ms": 50.0,
    "eda_tonic_us": 4.0,
    "eda_slope_per_min": 0.1,
    "scr_per_min": 3.0,
    "scr_amplitude_us": 0.2,
    "resp_per_min": 14.0,
    "eeg_theta": -1.2,
    "eeg_alpha": -1.0,
    "eeg_beta": -1.6,
    "eeg_faa": 0.0,
    "movement_g": 0.02,
}
REPORTS = (SelfReport(10.0, 0.5, -0.2),)
PERSONS = {
    "rested": Person(Baseline(180.0, TYPICAL), REPORTS),
    "briefly rested": Person(Baseline(20.0, {"hr_bpm": 65.0})),
    "new": Person(),
}

reading = st.builds(
    Reading,
    value=st.none() | st.floats(-1e9, 1e9),
    quality=st.floats(0, 1),
    coverage=st.floats(0, 1),
    window_s=st.just(10.0),
    age_s=st.floats(0, 1e4),
    reason=st.just("because"),
)
moments = st.builds(Features, st.floats(0, 1e5), st.dictionaries(st.sampled_from(sorted(READINGS)), reading))


@pytest.fixture(params=catalog.names("estimator"))
def estimator(request):
    return catalog.find("estimator", request.param).Estimator()


@pytest.mark.parametrize("person", PERSONS)
def test_any_features_give_an_answer_within_its_bounds(estimator, person):
    @given(moments)
    def check(features):
        affect = estimator.estimate(features, PERSONS[person])
        assert isinstance(affect, Affect)
        assert affect.at_s == features.at_s
        assert affect.reason
        if affect.stress_probability is not None:
            assert 0 <= affect.stress_probability <= 1
        for part in affect.contributions:
            assert part.words
            assert np.isfinite(part.amount)
        if affect.contributions:
            assert sum(part.amount for part in affect.contributions) == pytest.approx(affect.arousal.value, abs=1e-9)
        assert affect == estimator.estimate(features, PERSONS[person])  # nothing is remembered between calls

    check()


@pytest.mark.parametrize("person", PERSONS)
def test_nothing_measured_is_unknown(estimator, person):
    affect = estimator.estimate(Features(1.0), PERSONS[person])
    assert affect.state == "unknown"
    assert affect.arousal is None


def test_clean_readings_after_a_rest_are_known(estimator):
    features = Features(100.0, {name: Reading(value, 1.0, 1.0, 60.0) for name, value in TYPICAL.items()})
    affect = estimator.estimate(features, PERSONS["rested"])
    assert affect.state == "known"
    assert affect.arousal.high > affect.arousal.low


def test_every_estimator_says_what_it_is():
    for name in catalog.names("estimator"):
        assert len(catalog.about("estimator", name)) > 20
