"""An EEG of any montage and rate: the same rhythms give the same numbers, and theta stands over beta."""

import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.window import Window

LENGTH_S = 20
HEADBANDS = (("TP9", "AF7", "AF8", "TP10"), ("F7", "F8", "T5", "T6"))
WHOLE_HEAD = (
    *("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T3", "C3", "Cz", "C4", "T4"),
    *("T5", "P3", "Pz", "P4", "T6", "O1", "O2"),
)


def brain(rate_hz, channels, rhythms=((10.0, 8.0),), seed=1):
    """Pink noise of 8 uV (0.5 to 45 Hz, the same at any rate) under rhythms (Hz, uV); shape (time, channel)."""
    rng, t = np.random.default_rng(seed), np.arange(int(LENGTH_S * rate_hz)) / rate_hz
    hz = np.arange(1, 45 * LENGTH_S) / LENGTH_S
    size, phase = 1 / np.sqrt(hz)[:, None], 2 * np.pi * rng.random((len(hz), channels))
    count = len(t) // 2 + 1
    spectrum = np.zeros((count, channels), complex)
    spectrum[1 : 1 + len(hz)] = (size * np.exp(1j * phase))[: count - 1]
    pink = np.fft.irfft(spectrum, len(t), axis=0)
    pink *= 8 / pink.std(axis=0)
    return pink + sum(uv * np.sin(2 * np.pi * at * t)[:, None] for at, uv in rhythms)


def describe(eeg_uv, channels, rate_hz):
    info, window, step = StreamInfo("head", "eeg", channels, rate_hz), Window(), round(rate_hz)
    eeg_uv = np.asarray(eeg_uv, np.float32)
    for k in range(LENGTH_S):
        window.add(SampleBlock(info, k, float(k), eeg_uv[step * k : step * (k + 1)]))
        seen = window.describe(k + 1.0)
    return seen


@pytest.mark.parametrize("rate_hz", [128.0, 250.0, 256.0, 500.0, 512.0])
@pytest.mark.parametrize("channels", [*HEADBANDS, WHOLE_HEAD])
def test_any_montage_and_rate_gives_all_readings(channels, rate_hz):
    seen = describe(brain(rate_hz, len(channels)), channels, rate_hz)
    usual = describe(brain(256.0, 4), HEADBANDS[0], 256.0)
    for name in ("eeg_theta", "eeg_alpha", "eeg_beta", "eeg_theta_beta"):
        assert seen.value(name) == pytest.approx(usual.value(name), abs=0.35), name
    assert abs(seen.value("eeg_faa")) < 0.6


@pytest.mark.parametrize(
    "channels",
    [("EEG F7", "EEG F8", "EEG T5", "EEG T6"), ("FP1-A2", "FP2-A1", "O1-A2", "O2-A1"), ("fp1", "fp2", "o1", "o2")],
)
def test_a_frontal_pair_is_known_by_the_names_files_use(channels):
    assert describe(brain(256.0, 4), channels, 256.0).value("eeg_faa") is not None


def test_theta_over_beta_is_the_log_of_their_ratio_in_the_front():
    seen = [
        describe(brain(256.0, 4, ((6.0, theta_uv), (20.0, beta_uv))), HEADBANDS[0], 256.0).value("eeg_theta_beta")
        for theta_uv, beta_uv in ((20.0, 10.0), (10.0, 10.0), (10.0, 20.0))
    ]
    assert seen[0] - seen[1] == pytest.approx(2 * np.log(2), abs=0.2)
    assert seen[1] - seen[2] == pytest.approx(2 * np.log(2), abs=0.2)


def test_theta_over_beta_leaves_out_the_back():
    eeg = brain(256.0, 4)
    front_only = describe(eeg, HEADBANDS[0], 256.0).value("eeg_theta_beta")
    eeg[:, [0, 3]] += 30 * np.sin(2 * np.pi * 20 * np.arange(len(eeg)) / 256)[:, None]
    assert describe(eeg, HEADBANDS[0], 256.0).value("eeg_theta_beta") == pytest.approx(front_only, abs=1e-6)


def test_without_a_frontal_pair_theta_over_beta_is_that_of_all_channels():
    seen = describe(brain(256.0, 2), ("Cz", "Pz"), 256.0)
    assert seen.value("eeg_theta_beta") is not None
    assert "eeg_faa" not in seen.readings


@pytest.mark.parametrize("scale", [1e-6, 1e-3])
def test_volts_and_millivolts_are_asked_about(scale):
    reading = describe(scale * brain(256.0, 4), HEADBANDS[0], 256.0).readings["eeg_alpha"]
    assert reading.value is None
    assert "µV" in reading.reason


def test_blinks_cost_the_front_and_not_the_whole_head():
    eeg = brain(256.0, len(WHOLE_HEAD))
    clean = describe(eeg, WHOLE_HEAD, 256.0)
    eeg[:, :2] += 300 * (np.arange(len(eeg)) % 512 < 64)[:, None]
    seen = describe(eeg, WHOLE_HEAD, 256.0)
    assert seen.value("eeg_alpha") == pytest.approx(clean.value("eeg_alpha"), abs=0.05)
    assert 0.8 < seen.readings["eeg_alpha"].quality < 0.95
