"""Streaming equals offline: blocks of any size, or all at once and asked only at the end, give the same readings."""

from itertools import pairwise

import neurokit2 as nk
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.blocks import SampleBlock, StreamInfo
from sensors.readings import READINGS
from sensors.window import Window

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")

LENGTH_S = 75
TOLERANCE = 1e-6
"""Of each reading's value, relative: floats are added in another order, nothing else differs."""


def waves():
    """One of each waveform and a strap's intervals: stream, samples (time, channel), times of events or None."""
    rng = np.random.default_rng(1)
    breath_s, beats_s = np.arange(LENGTH_S * 25) / 25, [0.0]
    while beats_s[-1] < LENGTH_S - 1:
        beats_s.append(
            beats_s[-1] + 0.85 + 0.04 * np.sin(2 * np.pi * 0.22 * beats_s[-1]) + 0.008 * rng.standard_normal()
        )
    hz = np.fft.rfftfreq(LENGTH_S * 256)
    pink = np.fft.irfft(
        np.fft.rfft(rng.standard_normal((LENGTH_S * 256, 4)), axis=0) / (1e-4 + hz[:, None]) ** 0.7, axis=0
    )
    skin = nk.eda_simulate(duration=LENGTH_S, sampling_rate=16, scr_number=6, noise=0.002, random_state=1)
    ecg = nk.ecg_simulate(duration=LENGTH_S, sampling_rate=130, heart_rate=72, random_state=5)
    ppg = nk.ppg_simulate(duration=LENGTH_S, sampling_rate=64, heart_rate=75, random_state=1)
    belt = np.sin(2 * np.pi * 0.2 * breath_s) + 0.05 * rng.standard_normal(len(breath_s))
    acc = rng.normal(0, 0.02, (LENGTH_S * 32, 3)) + np.array([0, 0, 1])
    sampled = {
        StreamInfo("chest", "ecg", ("ecg",), 130.0): ecg,
        StreamInfo("wrist", "ppg", ("ppg",), 64.0): ppg,
        StreamInfo("skin", "eda", ("eda",), 16.0): 5 + np.asarray(skin),
        StreamInfo("head", "eeg", ("TP9", "AF7", "AF8", "TP10"), 256.0): 8 * pink / pink.std(axis=0),
        StreamInfo("belt", "resp", ("resp",), 25.0): belt,
        StreamInfo("arm", "acc", ("x", "y", "z"), 32.0): acc,
    }
    streams = [(info, np.float32(x).reshape(-1, len(info.channels)), None) for info, x in sampled.items()]
    strap = np.float32(1000 * np.diff(beats_s)).reshape(-1, 1)
    return [*streams, (StreamInfo("strap", "rr", ("rr",), None), strap, np.array(beats_s[1:]))]


WAVES = waves()


def blocks_of(info, samples, times_s, edges):
    for seq, (a, b) in enumerate(pairwise([0, *edges, len(samples)])):
        if times_s is None:
            yield SampleBlock(info, seq, a / info.rate_hz, samples[a:b])
        else:
            yield SampleBlock(info, seq, times_s[a], samples[a:b], times_s[a:b])


def readings(waves, edges_of, every_s=1):
    """At the end of all streams, cut at `edges_of(count)`, asked every so many seconds."""
    blocks = sorted((b for wave in waves for b in blocks_of(*wave, edges_of(len(wave[1])))), key=lambda b: -b.start_s)
    window = Window()
    for now_s in range(every_s, LENGTH_S + 1, every_s):
        while blocks and blocks[-1].start_s < now_s:
            window.add(blocks.pop())
        seen = window.describe(float(now_s))
    return seen.readings


@pytest.mark.parametrize("wave", WAVES, ids=lambda wave: wave[0].modality)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_blocks_of_any_size_give_what_one_block_gives(wave, seed):
    rng = np.random.default_rng(seed)
    offline = readings([wave], lambda count: [], every_s=LENGTH_S)
    streamed = readings([wave], lambda count: np.unique(rng.integers(1, count, rng.integers(1, 300))).tolist())
    assert set(streamed) == set(offline)
    for name, reading in streamed.items():
        assert reading.value == (offline[name].value and pytest.approx(offline[name].value, rel=TOLERANCE)), name
        assert reading.quality == pytest.approx(offline[name].quality, abs=TOLERANCE), name


def test_all_streams_together_give_every_reading():
    seen = readings(WAVES, lambda count: range(20, count, 20))
    assert set(seen) == set(READINGS)
    assert not [name for name, reading in seen.items() if reading.value is None]


def test_the_fast_readings_need_ten_seconds_and_the_slow_ones_thirty():
    """The first second each is known. Skin, pulse and EEG lead; variability follows."""
    window, first_s = Window(), {}
    blocks = sorted((b for w in WAVES for b in blocks_of(*w, range(1, len(w[1]), 20))), key=lambda b: -b.start_s)
    for now_s in range(1, LENGTH_S + 1):
        while blocks and blocks[-1].start_s < now_s:
            window.add(blocks.pop())
        for name, reading in window.describe(float(now_s)).readings.items():
            if reading.value is not None:
                first_s.setdefault(name, now_s)
    assert max(first_s[name] for name in ("hr_bpm", "eda_tonic_us", "eeg_theta", "eeg_alpha", "eeg_beta")) <= 10
    assert 20 <= first_s["rmssd_ms"] <= 30
    assert 40 <= first_s["sdnn_ms"] <= 60
