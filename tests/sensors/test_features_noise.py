"""No number out of noise: whatever is not a body gives no reading, and says why."""

import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.window import Window

RATES = [("ecg", 130.0), ("ecg", 250.0), ("ppg", 64.0), ("ppg", 25.0)]
SEEDS = range(15)
LENGTH_S = 40


def coloured(rng, count, exponent):
    """White (0), pink (1) or brown (2) noise of unit variance."""
    f = np.fft.rfftfreq(count)
    f[0] = f[1]
    x = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) / f ** (exponent / 2), count)
    return x / x.std()


def movement(rng, count, rate_hz):
    """Brown noise under steps and bursts at random moments."""
    x = coloured(rng, count, 2)
    for at in rng.integers(0, count, 12):
        length = int(rate_hz * rng.uniform(0.2, 2))
        part = x[at : at + length]
        part += 5 * rng.standard_normal() * np.hanning(length)[: len(part)]
        x[at:] += rng.standard_normal()
    return x


def mains(rng, count, rate_hz):
    t = np.arange(count) / rate_hz
    return np.sin(2 * np.pi * rng.choice([50, 60]) * t) + rng.choice([0, 0.1]) * rng.standard_normal(count)


NOISES = {
    "white": lambda rng, count, rate_hz: coloured(rng, count, 0),
    "pink": lambda rng, count, rate_hz: coloured(rng, count, 1),
    "brown": lambda rng, count, rate_hz: coloured(rng, count, 2),
    "mains": mains,
    "movement": movement,
}


def describe(modality, rate_hz, samples, contact=None):
    """Features of every second of one stream."""
    samples = np.asarray(samples, np.float32).reshape(len(samples), -1)
    info = StreamInfo("s", modality, tuple(f"c{i}" for i in range(samples.shape[1])), rate_hz)
    window, seconds = Window(), []
    for seq, at in enumerate(range(0, len(samples), int(rate_hz))):
        part = samples[at : at + int(rate_hz)]
        window.add(SampleBlock(info, seq, at / rate_hz, part, contact=contact))
        seconds.append(window.describe((at + len(part)) / rate_hz))
    return seconds


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("modality", "rate_hz"), RATES)
def test_noise_has_no_heartbeat(modality, rate_hz, noise):
    given = asked = 0
    for seed in SEEDS:
        rng = np.random.default_rng([seed, int(rate_hz)])
        samples = NOISES[noise](rng, int(LENGTH_S * rate_hz), rate_hz)
        for second in describe(modality, rate_hz, samples):
            asked += 1
            given += any(reading.value is not None for reading in second.readings.values())
    assert given <= 0.001 * asked


@pytest.mark.parametrize(("modality", "rate_hz"), [*RATES, ("eda", 4.0), ("eeg", 256.0)])
def test_a_flat_line_is_called_a_flat_line(modality, rate_hz):
    last = describe(modality, rate_hz, np.full(int(20 * rate_hz), 0.7))[-1]
    assert last.readings
    assert all(reading.value is None for reading in last.readings.values())
    assert all("flat line" in reading.reason for reading in last.readings.values())


@pytest.mark.parametrize(("modality", "rate_hz"), [*RATES, ("eda", 4.0), ("eeg", 256.0)])
def test_a_sensor_off_the_body_says_not_worn(modality, rate_hz):
    samples = 1 + 0.1 * np.random.default_rng(1).standard_normal(int(20 * rate_hz))
    last = describe(modality, rate_hz, samples, contact=False)[-1]
    assert {reading.reason for reading in last.readings.values()} == {"not worn"}


def test_a_heart_cut_off_at_the_amplifiers_limits_is_not_counted():
    t = np.arange(30 * 130) / 130
    clipped = np.clip(5 * np.sin(2 * np.pi * 1.1 * t) + 0.01 * np.random.default_rng(1).standard_normal(len(t)), -1, 1)
    hr = describe("ecg", 130.0, clipped)[-1].readings["hr_bpm"]
    assert hr.value is None
    assert "cut off" in hr.reason


def test_white_noise_and_mains_hum_are_no_eeg():
    rng = np.random.default_rng(2)
    t = np.arange(30 * 256)[:, None] / 256
    for x in (
        20 * rng.standard_normal((30 * 256, 4)),
        100 * np.sin(2 * np.pi * 50 * t) * np.ones(4) + rng.standard_normal((30 * 256, 4)),
        2000 * rng.standard_normal((30 * 256, 4)),
    ):
        for second in describe("eeg", 256.0, x):
            assert all(reading.value is None for reading in second.readings.values())


def test_electrodes_in_the_air_or_jumping_are_no_skin():
    rng = np.random.default_rng(3)
    for x in (0.01 + 0.002 * rng.standard_normal(240), 500 + rng.standard_normal(240), 30 * rng.random(240)):
        for second in describe("eda", 4.0, x):
            assert all(reading.value is None for reading in second.readings.values())
    assert "outside" in second.readings["eda_tonic_us"].reason or "jump" in second.readings["eda_tonic_us"].reason
