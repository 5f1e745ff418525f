"""Tonic level and responses of the skin, from signals whose responses are known."""

import neurokit2 as nk
import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.window import Window

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")


def describe(eda_us, rate_hz=4.0):
    """Readings at the end of the signal, asked every second."""
    info, window = StreamInfo("skin", "eda", ("eda",), rate_hz), Window()
    eda_us = np.asarray(eda_us, np.float32).reshape(-1, 1)
    step = round(rate_hz)
    for seq, at in enumerate(range(0, len(eda_us) - step + 1, step)):
        window.add(SampleBlock(info, seq, at / rate_hz, eda_us[at : at + step]))
        seen = window.describe((at + step) / rate_hz)
    return seen.readings


def responses(starts_s, length_s, rate_hz=4.0, height_us=0.3, level_us=5.0):
    """Skin conductance with a response of known height at each start: 2 s up, then a slow fall."""
    t = np.arange(int(length_s * rate_hz)) / rate_hz
    wave = np.full(len(t), level_us)
    for start_s in starts_s:
        since = np.clip(t - start_s, 0, None)
        wave += height_us * np.where(since < 2, (1 - np.cos(np.pi * since / 2)) / 2, np.exp(-(since - 2) / 4))
    return wave


@pytest.mark.parametrize("rate_hz", [4.0, 15.0, 130.0])
def test_each_response_of_the_last_minute_is_counted_once(rate_hz):
    starts_s = [3, 20, 33, 41, 52, 63, 75]
    seen = describe(responses(starts_s, 90, rate_hz), rate_hz)
    assert seen["scr_per_min"].value == pytest.approx(5, abs=0.3)
    assert seen["scr_per_min"].quality > 0.9


def test_responses_are_those_neurokit_simulated():
    eda = nk.eda_simulate(duration=60, sampling_rate=4, scr_number=6, drift=-0.01, noise=0, random_state=1)
    assert describe(np.asarray(eda) + 4)["scr_per_min"].value == pytest.approx(6, abs=1.1)


def test_a_smooth_climb_is_no_response():
    climb = np.linspace(4, 7, 90 * 4) + 0.001 * np.random.default_rng(1).standard_normal(360)
    assert describe(climb)["scr_per_min"].value == 0


def test_a_slow_hump_is_no_response():
    t = np.arange(90 * 4) / 4
    assert describe(5 + 0.3 * np.exp(-(((t - 50) / 12) ** 2)))["scr_per_min"].value == 0


def test_responses_on_a_climbing_level_are_still_counted():
    climbing = responses([35, 50, 65, 80], 90) + np.linspace(0, 2, 360)
    assert describe(climbing)["scr_per_min"].value == pytest.approx(4, abs=0.3)


def test_a_level_that_rose_unseen_is_no_response():
    """Five seconds are lost, the level is 1 uS higher afterwards: nothing is known of a response."""
    info, window = StreamInfo("skin", "eda", ("eda",), 4.0), Window()
    for k in range(80):
        level = np.full((4, 1), 5.0 if k < 40 else 6.0) + 1e-4 * np.arange(4)[:, None]
        if not 40 <= k < 45:
            window.add(SampleBlock(info, k, float(k), level.astype(np.float32)))
        seen = window.describe(k + 1.0)
    assert seen.readings["scr_per_min"].value == 0


def test_too_small_a_wave_is_no_response():
    assert describe(responses([30, 50, 70], 90, height_us=0.01) + 1e-4 * np.arange(360))["scr_per_min"].value == 0


def test_tonic_level_is_the_level_under_the_responses():
    seen = describe(responses([20, 40], 70, level_us=8.0))["eda_tonic_us"]
    assert seen.value == pytest.approx(8.0, abs=0.02)
    assert seen.window_s == 10


def test_half_a_minute_is_called_short_and_less_gives_no_rate():
    assert "short window" in describe(responses([10, 20], 40))["scr_per_min"].reason
    assert describe(responses([10], 20))["scr_per_min"].value is None


def test_nanosiemens_are_told_to_be_out_of_range():
    reading = describe(responses([20], 40, level_us=5000.0, height_us=300.0))["eda_tonic_us"]
    assert reading.value is None
    assert "outside 0.05 to 60" in reading.reason


def test_one_jump_of_an_electrode_is_no_response():
    wave = responses([], 90) + 1e-4 * np.sin(np.arange(360))
    wave[200:] += 4
    assert describe(wave)["scr_per_min"].value == 0
