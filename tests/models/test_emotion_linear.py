"""The linear estimator: right in direction with any signals, honest in width, and silent when there is no body."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from models.emotion.linear import Estimator
from models.linear_weights import NAME, read, ship
from models.person import Baseline, Person, SelfReport
from models.shipped import WeightsError, content
from sensors.blocks import SampleBlock, StreamInfo
from sensors.readings import Features, Reading
from sensors.window import Window

REST = {"hr_bpm": 70.0, "eda_tonic_us": 1.0, "eeg_alpha": -0.9, "eeg_faa": 0.0}
AROUSED = REST | {"hr_bpm": 79.0, "eda_tonic_us": 1.8, "eeg_alpha": -1.2}
CALMER = REST | {"hr_bpm": 62.0, "eda_tonic_us": 0.7, "eeg_alpha": -0.7}
PERSON = Person(Baseline(180.0, REST))
SIGNALS = {
    "heart": ("hr_bpm",),
    "skin": ("eda_tonic_us",),
    "EEG": ("eeg_alpha", "eeg_faa"),
}
SUBSETS = [subset for count in (1, 2, 3) for subset in combinations(SIGNALS, count)]
ESTIMATOR = Estimator()


def features(values, at_s=300.0, quality=1.0, age_s=0.0):
    return Features(at_s, {name: Reading(value, quality, 1.0, 10.0, age_s) for name, value in values.items()})


def estimate(values, person=PERSON, **how):
    return ESTIMATOR.estimate(features(values, **how), person)


def only(values, subset):
    return {name: values[name] for signal in subset for name in SIGNALS[signal]}


def width(interval):
    return interval.high - interval.low


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_any_signals_tell_calm_from_aroused(subset):
    calm, rest, aroused = (estimate(only(values, subset)) for values in (CALMER, REST, AROUSED))
    assert calm.arousal.value < rest.arousal.value < aroused.arousal.value
    assert calm.stress_probability < 0.5 < aroused.stress_probability


@pytest.mark.parametrize("values", [REST, AROUSED, CALMER])
@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_contributions_add_up_to_arousal(values, subset):
    affect = estimate(only(values, subset))
    assert sum(part.amount for part in affect.contributions) == pytest.approx(affect.arousal.value, abs=1e-12)
    assert {part.name for part in affect.contributions} == {*only(values, subset)} - {"eeg_faa"}


def test_the_reason_is_in_plain_words():
    absent = Reading(None, 0.0, 0.0, 10.0, reason="not worn")
    now = features(AROUSED | {"hr_bpm": 79.0})
    affect = ESTIMATOR.estimate(replace(now, readings={**now.readings, "eeg_alpha": absent}), PERSON)
    assert "pulse 9 above your usual level" in affect.reason
    assert "skin conductance up" in affect.reason
    assert "EEG: not worn" in affect.reason


def test_poor_signals_widen_the_interval():
    assert width(estimate(REST, quality=0.4).arousal) > width(estimate(REST, quality=1.0).arousal) + 0.1


def test_a_rest_unlike_any_it_learned_from_widens_the_interval_and_is_told():
    strange = Person(Baseline(180.0, REST | {"hr_bpm": 160.0}))
    affect = estimate({"hr_bpm": 160.0}, strange)
    assert "your rest (pulse) is unlike any" in affect.reason
    assert width(affect.arousal) > width(estimate({"hr_bpm": 70.0}).arousal) + 0.1


def test_nothing_is_known_without_rest_or_signals():
    assert estimate(AROUSED, Person()).state == "unknown"
    assert estimate({}).state == "unknown"
    assert estimate(AROUSED, age_s=30.0).state == "unknown"
    assert "rest was measured without" in estimate(AROUSED, Person(Baseline(180.0, {"resp_per_min": 12.0}))).reason


def test_the_body_says_nothing_about_valence():
    told = [estimate({"hr_bpm": bpm, "eda_tonic_us": us}).valence for bpm in (50, 70, 120) for us in (0.3, 1.0, 9.0)]
    assert {(v.value, v.low, v.high) for v in told} == {(0.0, -0.8, 0.8)}
    reported = replace(PERSON, reports=(SelfReport(290.0, 0.8, 0.0),))
    assert estimate(AROUSED, reported).valence.value > 0.5


def test_one_signal_gone_wild_does_not_overrule_the_others():
    wild = estimate(CALMER | {"eeg_alpha": -9.0})
    calm = estimate(CALMER)
    assert wild.arousal.value < 0.3
    assert wild.arousal.value - calm.arousal.value < 0.8


def test_what_lasts_becomes_usual_and_is_forgotten_again():
    person, shown = PERSON, []
    for second in range(1, 3601):
        moment = features({"hr_bpm": 80.0 if second > 600 else 70.0}, at_s=float(second))
        person = replace(person, usual=person.usual.after(moment))
        shown.append(ESTIMATOR.estimate(moment, person).arousal.value)
    assert shown[610] > shown[500] + 0.2
    assert shown[1200] > shown[500] + 0.1, "ten minutes later it still counts"
    assert shown[3599] < shown[610] - 0.1


def test_flickering_brain_waves_are_steadied_over_ten_seconds():
    rng = np.random.default_rng(3)
    flicker = rng.normal(-0.9, 0.3, 300)
    shown = {"with": [], "without": []}
    person = PERSON
    for second, alpha in enumerate(flicker, start=1):
        moment = features({"eeg_alpha": alpha}, at_s=float(second))
        person = replace(person, usual=person.usual.after(moment))
        shown["with"].append(ESTIMATOR.estimate(moment, person).arousal.value)
        shown["without"].append(ESTIMATOR.estimate(moment, PERSON).arousal.value)
    assert np.abs(np.diff(shown["with"])).mean() < 0.4 * np.abs(np.diff(shown["without"])).mean()


def test_weights_read_back_as_they_were_written_and_refuse_to_be_others(tmp_path):
    weights = read()
    ship(weights, {}, tmp_path)
    assert read(folder=tmp_path) == weights
    file = tmp_path / f"{NAME}.safetensors"
    file.write_bytes(content(NAME)[:-8] + b"\0" * 8)
    with pytest.raises(WeightsError, match="hash differs"):
        read(folder=tmp_path)


def test_weights_of_another_kind_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="not those of a linear estimator"):
        read("groove")


def noise(rng, count, exponent):
    f = np.fft.rfftfreq(count)
    f[0] = f[1]
    x = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) / f ** (exponent / 2), count)
    return x / x.std()


def unworn(modality, rng, count):
    """By name: what the wire carries when no body is on it, in the modality's unit."""
    unit = {"ecg": 1.0, "ppg": 1.0, "eda": 1.0, "eeg": 30.0}[modality]
    white = {"white": unit * noise(rng, count, 0)} if modality != "eda" else {}
    return white | {"flat": np.zeros(count), "tiny": 1e-3 * unit * noise(rng, count, 0), "stuck": np.full(count, unit)}


@pytest.mark.parametrize(("modality", "rate_hz"), [("ecg", 130.0), ("ppg", 64.0), ("eda", 4.0), ("eeg", 256.0)])
@pytest.mark.parametrize("worn", [True, False])
def test_noise_and_dead_lines_are_unknown(modality, rate_hz, worn):
    """`worn` False: the device says so, whatever it sends."""
    person = Person(Baseline(180.0, REST))
    channels = ("AF7", "AF8", "TP9", "TP10") if modality == "eeg" else (modality,)
    info = StreamInfo(modality, modality, channels, rate_hz)
    for name in unworn(modality, np.random.default_rng(0), 64):
        window, known = Window(), 0
        for second in range(120):
            rng = np.random.default_rng([second, len(name)])
            columns = [unworn(modality, rng, round(rate_hz))[name] for _ in channels]
            samples = np.array(columns, np.float32).T
            window.add(SampleBlock(info, second, float(second), samples, contact=None if worn else False))
            known += ESTIMATOR.estimate(window.describe(second + 1.0), person).state == "known"
        assert known <= 1, f"{name}: known in {known} of 120 s"
