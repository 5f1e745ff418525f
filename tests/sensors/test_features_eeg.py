"""Band powers and frontal asymmetry from waves of known size; blinks, muscle and loose electrodes gate."""

import numpy as np
import pytest
from scipy import signal

from sensors.blocks import SampleBlock, StreamInfo
from sensors.window import Window

CHANNELS = ("TP9", "AF7", "AF8", "TP10")
RATE_HZ = 256.0
LENGTH_S = 20


def background(seed=1, channels=4):
    """Pink noise of 8 uV: what is left of an EEG without rhythms. Shape (time, channel)."""
    count = int(LENGTH_S * RATE_HZ)
    f = np.fft.rfftfreq(count)
    f[0] = f[1]
    white = np.random.default_rng(seed).standard_normal((count, channels))
    pink = np.fft.irfft(np.fft.rfft(white, axis=0) / f[:, None], count, axis=0)
    return 8 * pink / pink.std(axis=0)


def wave(hz, size_uv):
    """A rhythm of this size in every channel (or one size each)."""
    t = np.arange(int(LENGTH_S * RATE_HZ))[:, None] / RATE_HZ
    return np.sin(2 * np.pi * hz * t) * np.broadcast_to(size_uv, 4)


def describe(eeg_uv, channels=CHANNELS, contact=None):
    info, window = StreamInfo("head", "eeg", channels, RATE_HZ), Window()
    eeg_uv = np.asarray(eeg_uv, np.float32)
    for k in range(LENGTH_S):
        window.add(SampleBlock(info, k, float(k), eeg_uv[256 * k : 256 * (k + 1)], contact=contact))
        seen = window.describe(k + 1.0)
    return seen


@pytest.mark.parametrize(("hz", "name"), [(6, "eeg_theta"), (10, "eeg_alpha"), (20, "eeg_beta")])
def test_a_rhythm_raises_its_own_band_and_lowers_the_others(hz, name):
    rest, rhythm = describe(background()), describe(background() + wave(hz, 10.0))
    for band in ("eeg_theta", "eeg_alpha", "eeg_beta"):
        change = rhythm.value(band) - rest.value(band)
        assert change > 0.4 if band == name else change < -0.4


def test_band_powers_are_those_of_scipys_welch():
    eeg = background() + wave(10, 6.0)
    last = eeg[-4 * 256 :]
    hz, power = signal.welch(last, RATE_HZ, nperseg=512, window=np.hanning(512), detrend="constant", axis=0)

    def band(low, high):
        return power[(hz >= low) & (hz < high)].sum(axis=0)

    for name, (low, high) in {"eeg_theta": (4, 8), "eeg_alpha": (8, 13), "eeg_beta": (13, 30)}.items():
        expected = np.mean(np.log(band(low, high) / band(4, 30)))
        assert describe(eeg).value(name) == pytest.approx(expected, abs=1e-4)


def test_more_alpha_on_the_right_is_a_positive_asymmetry():
    right = describe(background() + wave(10, [8.0, 6.0, 12.0, 8.0])).value("eeg_faa")
    left = describe(background() + wave(10, [8.0, 12.0, 6.0, 8.0])).value("eeg_faa")
    assert right == pytest.approx(2 * np.log(2), abs=0.3)
    assert left == pytest.approx(-2 * np.log(2), abs=0.3)


@pytest.mark.parametrize(
    ("channels", "there"),
    [(("F7", "F8", "T5", "T6"), True), (("Fp1", "Fp2", "O1", "O2"), True), (("TP9", "AF7", "Cz", "TP10"), False)],
)
def test_asymmetry_needs_a_frontal_pair(channels, there):
    assert ("eeg_faa" in describe(background(), channels).readings) is there


def test_blinks_in_the_front_leave_the_bands_to_the_other_channels():
    eeg = background() + wave(10, 8.0)
    eeg[:, 1:3] += 300 * (np.arange(len(eeg)) % 384 < 64)[:, None]
    seen = describe(eeg)
    assert seen.value("eeg_alpha") == pytest.approx(describe(background() + wave(10, 8.0)).value("eeg_alpha"), abs=0.3)
    assert seen.readings["eeg_alpha"].quality == pytest.approx(0.5, abs=0.05)
    assert seen.readings["eeg_faa"].value is None
    assert seen.readings["eeg_faa"].reason == "blinks"


def test_clenched_jaws_are_muscle():
    muscle = 25 * np.random.default_rng(2).standard_normal((int(LENGTH_S * RATE_HZ), 4))
    seen = describe(background() + muscle).readings["eeg_beta"]
    assert seen.value is None
    assert seen.reason.startswith("muscle")


def test_a_band_that_lies_on_the_table_is_not_worn():
    seen = describe(1000 * np.random.default_rng(2).standard_normal((int(LENGTH_S * RATE_HZ), 4)))
    assert seen.readings["eeg_alpha"].reason == "not worn"


def test_one_dead_channel_costs_quality_only():
    eeg = background()
    eeg[:, 0] = np.nan
    seen = describe(eeg)
    assert seen.readings["eeg_alpha"].value is not None
    assert seen.readings["eeg_alpha"].quality == pytest.approx(0.75)
    assert seen.value("eeg_faa") is not None
