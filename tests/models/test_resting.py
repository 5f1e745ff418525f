"""The resting estimator: honest about what it knows, right in direction, and silent when it should be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.emotion.resting import TERMS, Estimator
from models.person import Baseline, Person, SelfReport
from models.smoothing import Smoothing
from sensors.readings import Features, Reading

REST = {
    "hr_bpm": 65.0,
    "rmssd_ms": 40.0,
    "eda_tonic_us": 4.0,
    "scr_per_min": 3.0,
    "eeg_beta": -1.6,
    "eeg_alpha": -1.0,
    "eeg_faa": 0.0,
}
AROUSED = REST | {"hr_bpm": 80.0, "rmssd_ms": 25.0, "eda_tonic_us": 7.0, "scr_per_min": 9.0, "eeg_alpha": -1.4}
CALM = REST | {"hr_bpm": 58.0, "rmssd_ms": 60.0, "eda_tonic_us": 3.0, "scr_per_min": 1.0, "eeg_alpha": -0.6}
PERSON = Person(Baseline(180.0, REST))


def features(values, at_s=300.0, quality=1.0, age_s=0.0):
    return Features(at_s, {name: Reading(value, quality, 1.0, 10.0, age_s) for name, value in values.items()})


def estimate(values, person=PERSON, **how):
    return Estimator().estimate(features(values, **how), person)


def width(interval):
    return interval.high - interval.low


def test_rest_is_neutral():
    affect = estimate(REST)
    assert affect.arousal.value == pytest.approx(0)
    assert "as at rest" in affect.reason


def test_a_raced_heart_and_a_wet_skin_are_arousal_and_the_reverse_is_calm():
    assert estimate(AROUSED).arousal.value > 0.4
    assert estimate(CALM).arousal.value < -0.3


@pytest.mark.parametrize("name", TERMS)
def test_every_reading_alone_pulls_the_way_of_its_weight(name):
    up = estimate({name: REST[name] + abs(REST[name])}).arousal.value
    down = estimate({name: REST[name] - 0.5 * abs(REST[name])}).arousal.value
    assert np.sign(up) == np.sign(TERMS[name].weight) == -np.sign(down)


def test_the_reason_speaks_of_this_persons_rest():
    affect = estimate({"hr_bpm": 74.0, "scr_per_min": 8.0})
    assert "pulse 9 above your rest" in affect.reason
    assert "skin responses up" in affect.reason


def test_a_missing_signal_is_named():
    seen = features({"hr_bpm": 74.0})
    unworn = Reading(None, 0.0, 0.0, 4.0, 0.0, "not worn")
    affect = Estimator().estimate(Features(300.0, {**seen.readings, "eeg_alpha": unworn}), PERSON)
    assert affect.reason == "pulse 9 above your rest; EEG: not worn"


@given(st.dictionaries(st.sampled_from(sorted(TERMS)), st.floats(-1e6, 1e6), min_size=1))
def test_contributions_add_up_to_arousal_whatever_is_measured(values):
    affect = estimate(values)
    assert sum(part.amount for part in affect.contributions) == pytest.approx(affect.arousal.value)
    assert -1 <= affect.arousal.low <= affect.arousal.value <= affect.arousal.high <= 1


def test_fewer_and_poorer_signals_widen_the_interval():
    everything = estimate(REST).arousal
    heart = estimate({"hr_bpm": 65.0}).arousal
    poor = estimate({"hr_bpm": 65.0}, quality=0.4).arousal
    assert width(everything) < width(heart) < width(poor)
    assert width(everything) >= 0.9


def test_poor_quality_weighs_less():
    readings = dict(features({"hr_bpm": 80.0}).readings) | dict(features({"scr_per_min": 0.0}).readings)
    both = Estimator().estimate(Features(300.0, readings), PERSON).arousal.value
    readings["scr_per_min"] = Reading(0.0, 0.35, 1.0, 10.0)
    assert Estimator().estimate(Features(300.0, readings), PERSON).arousal.value > both


@pytest.mark.parametrize(
    ("affect", "words"),
    [
        (estimate(AROUSED, Person()), "no resting baseline yet"),
        (estimate({"hr_bpm": 80.0}, quality=0.2), "no signal that tells arousal"),
        (estimate({"hr_bpm": 80.0}, age_s=6.0), "old"),
        (estimate({"movement_g": 0.1}), "no signal that tells arousal"),
        (estimate({"eeg_beta": -1.0}, Person(Baseline(180.0, {"hr_bpm": 65.0}))), "rest was measured without"),
        (estimate({}), "no signal"),
    ],
)
def test_what_is_not_known_is_unknown_with_a_plain_reason(affect, words):
    assert affect.state == "unknown"
    assert words in affect.reason


@given(st.floats(30, 220), st.floats(1, 300))
def test_the_heart_never_tells_valence(hr_bpm, rmssd_ms):
    assert estimate({"hr_bpm": hr_bpm, "rmssd_ms": rmssd_ms}).valence == estimate(REST).valence


def test_without_a_report_valence_is_nothing_and_wide():
    valence = estimate(AROUSED).valence
    assert (valence.value, valence.low, valence.high) == (0.0, -0.8, 0.8)


def test_a_report_moves_valence_and_fades():
    def after(seconds):
        person = Person(PERSON.baseline, (SelfReport(300.0, 0.8, 0.0),))
        return estimate(REST, person, at_s=300.0 + seconds).valence

    fresh, old, ancient = after(0), after(300), after(3600)
    assert fresh.value > 0.6 > old.value > 0.3 > 0.01 > ancient.value
    assert width(fresh) < width(old) < width(ancient) == pytest.approx(1.6, abs=0.01)


def test_a_report_from_later_is_not_known_yet():
    person = Person(PERSON.baseline, (SelfReport(400.0, 0.8, 0.0),))
    assert estimate(REST, person, at_s=300.0).valence.value == 0


@given(st.floats(-1e3, 1e3))
def test_asymmetry_whispers(faa):
    assert abs(estimate(REST | {"eeg_faa": faa}).valence.value) <= 0.1


def test_stress_rises_with_arousal():
    assert estimate(CALM).stress_probability < estimate(REST).stress_probability < estimate(AROUSED).stress_probability


def test_smoothing_delays_a_climb_by_its_time_constant_and_passes_unknown_on():
    smoothing, shown = Smoothing(12.0), []
    for second in range(120):
        affect = estimate(REST | {"hr_bpm": 65 + second * 0.05}, at_s=float(second))
        smooth, smoothing = smoothing.after(affect)
        shown.append((affect.arousal.value, smooth.arousal.value))
    raw, smoothed = np.array(shown).T
    delay_s = np.interp(smoothed[-1], raw, np.arange(120))
    assert 119 - delay_s == pytest.approx(12, abs=1)
    unknown = estimate({}, at_s=120.0)
    assert smoothing.after(unknown) == (unknown, smoothing)


def test_smoothing_forgets_over_a_long_silence():
    _, smoothing = Smoothing(12.0).after(estimate(AROUSED, at_s=0.0))
    calm = estimate(CALM, at_s=600.0)
    assert smoothing.after(calm)[0].arousal.value == pytest.approx(calm.arousal.value)
