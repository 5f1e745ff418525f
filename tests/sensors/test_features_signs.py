"""Frozen, spiked, sliding and diced signals are told from living ones, and living ones are let be."""

import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.pulse_signs import PulseSigns, intervals_trouble, number_trouble
from sensors.features.signs import Echo, Spikes, repeats
from sensors.features.skin_signs import not_skin
from sensors.window import Window

RNG = np.random.default_rng(8)
HEART = 850 + 40 * np.sin(np.arange(40) / 3) + RNG.normal(0, 12, 40)


def ends(rr_ms):
    return np.cumsum(rr_ms) / 1000


def test_a_stretch_that_comes_again_is_an_echo_wherever_it_stood():
    echo, noise = Echo(64.0), RNG.standard_normal(640)
    assert not any(echo.take(part) for part in noise.reshape(10, 64))
    assert not echo.take(noise[100:132])
    assert echo.take(noise[132:200])
    assert not echo.take(RNG.standard_normal(64))


def test_a_line_on_few_values_is_no_echo():
    assert not repeats(np.tile([1.0, 2.0, 3.0], 100), 32)
    assert repeats(np.tile(np.arange(9.0), 100), 32)


@pytest.mark.parametrize("size", [3.0, -5.0])
def test_spikes_are_told_from_r_peaks(size):
    t = np.arange(8 * 130) / 130
    ecg = np.exp(-((((t + 0.4) % 0.8 - 0.4) / 0.011) ** 2) / 2) + 0.01 * RNG.standard_normal(len(t))
    assert not any(Spikes(130.0).take(part) for part in ecg.reshape(-1, 65))
    ecg[[600, 700, 850, 1000]] += size
    spikes = Spikes(130.0)
    assert [spikes.take(part) for part in ecg.reshape(-1, 65)][-1]


def test_a_living_heart_has_no_signs():
    signs, at_s = PulseSigns("rr"), ends(HEART)
    assert not any(signs.trouble(time_s, rr_ms) for time_s, rr_ms in zip(at_s, HEART, strict=True))


def test_a_heart_in_fibrillation_is_still_a_heart():
    wild = RNG.normal(800, 130, 400)
    told = [intervals_trouble(ends(wild[:k])[-20:], wild[:k][-20:]) for k in range(20, 400)]
    assert np.mean([text == "" for text in told]) > 0.8


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (np.full(6, 850.0), "alike to the tick"),
        (np.tile(HEART[-4:], 2), "alike to the tick"),
        (np.array([0.0, 0.0, 0.0, 0.0]), "no heart beats"),
        (np.array([64_000.0, 64_000.0]), "no heart beats"),
        (np.array([400.0, 1700.0, 500.0, 1900.0, 450.0]), "too irregular"),
    ],
)
def test_intervals_of_no_heart_say_why(after, words):
    rr_ms = np.concatenate((HEART, after))
    assert words in intervals_trouble(ends(np.maximum(rr_ms, 100)), rr_ms)


def test_what_was_wrong_is_not_forgotten_with_one_good_beat():
    signs, rr_ms = PulseSigns("rr"), np.concatenate((HEART, np.full(8, 850.0), HEART))
    told = [signs.trouble(time_s, rr) for time_s, rr in zip(ends(rr_ms), rr_ms, strict=True)]
    assert told[47]
    assert told[49]
    assert not told[-1]


@pytest.mark.parametrize(
    ("bpm", "words"),
    [
        (np.full(20, 62.0), ""),
        (np.full(40, 62.0), "has not changed for"),
        (np.full(12, 62.25), "has not changed for 11 s"),
        (np.array([60.0, 61, 60, 0]), "no plausible"),
        (np.array([60.0, 90, 55, 120, 70]), "jumps"),
        (np.array([60.0, 61, 63, 66, 70, 74]), ""),
    ],
)
def test_a_watchs_number_is_believed_until_it_hangs_jumps_or_is_none(bpm, words):
    told = number_trouble(np.arange(len(bpm), dtype=float), bpm)
    assert told.startswith(words) if not words else words in told
    assert words or not told


def test_drying_electrodes_are_told_from_a_response_that_dies_away():
    t = np.arange(120) / 4
    noise = 0.005 * RNG.standard_normal(len(t))
    assert "slides away" in not_skin(4 * np.exp(-t / 60) + noise, 0.25)
    assert not_skin(3 + 1.5 * np.exp(-t / 5) + noise, 0.25) == ""
    assert not_skin(4 * np.exp(-t / 600) + noise, 0.25) == ""
    assert "noise" in not_skin(4 + RNG.standard_normal(len(t)), 0.25)


def described(info, samples, **fields):
    window, rate = Window(), int(info.rate_hz)
    for k in range(len(samples) // rate):
        window.add(SampleBlock(info, k, float(k), samples[k * rate : (k + 1) * rate].astype(np.float32), **fields))
        seen = window.describe(k + 1.0)
    return seen.readings


def test_the_devices_own_quality_counts():
    """An adapter that knows the impedance of its electrodes tells it as the block's quality."""
    info = StreamInfo("skin", "eda", ("eda",), 4.0)
    skin = 4 + 0.02 * np.cumsum(RNG.standard_normal((160, 1)), axis=0)
    full, half, none = (described(info, skin, quality=quality)["eda_tonic_us"] for quality in (1.0, 0.5, 0.1))
    assert half.quality == pytest.approx(full.quality / 2)
    assert half.value == full.value
    assert none.value is None
    assert none.reason == "the sensor itself reports a poor signal (10%)"


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_rate_that_is_wrong_by_half_is_named_within_two_seconds(share):
    info = StreamInfo("chest", "ecg", ("ecg",), 130.0)
    window, count = Window(), int(65 * share)
    for k in range(30):
        length = 65 if k < 20 else count
        samples = RNG.standard_normal((length, 1)).astype(np.float32)
        window.add(SampleBlock(info, k, 0.5 * k, samples, gap_s=0.25 if length < 65 else 0.0))
        seen = window.describe(0.5 * (k + 1)).readings["hr_bpm"]
        if k == 24:
            assert "not at the declared 130 Hz" in seen.reason
