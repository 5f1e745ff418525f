"""Hearts that don't beat evenly: artefacts are left out and counted; fibrillation and pacemakers switch HRV off."""

import neurokit2 as nk
import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.artefacts import artefacts
from sensors.features.intervals import lawless, rmssd
from sensors.window import Window

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")

STRAP = StreamInfo("strap", "rr", ("rr",), None)
CALM_MS = 850.0


def resting(rng, beats=90, breath_ms=25.0, wander_ms=8.0):
    """Times of a resting heart's beats, ms: it follows the breath (every 4.7 beats) and wanders a little."""
    beat = np.arange(beats)
    rr_ms = CALM_MS + breath_ms * np.sin(2 * np.pi * beat / 4.7) + wander_ms * rng.standard_normal(beats)
    return np.cumsum(rr_ms)


def fibrillating(rng, beats=150):
    return np.cumsum(np.clip(rng.normal(720, 130, beats), 380, 1300))


def ecg_of(beats_ms, rate_hz=130.0, noise=0.01, rng=None):
    """An R peak, a T wave and a little noise for each beat, mV."""
    t = np.arange(int(beats_ms[-1] / 1000 * rate_hz)) / rate_hz
    since = t[:, None] - beats_ms / 1000
    wave = np.exp(-((since / 0.012) ** 2) / 2) + 0.2 * np.exp(-(((since - 0.25) / 0.04) ** 2) / 2)
    return wave.sum(axis=1) + noise * (rng or np.random.default_rng(0)).standard_normal(len(t))


def of_strap(beats_ms, flags=frozenset()):
    """What is known when the last beat has been sent, each interval as its own block."""
    window = Window()
    for seq, (at_ms, rr_ms) in enumerate(zip(beats_ms[1:], np.diff(beats_ms), strict=True)):
        at_s = at_ms / 1000
        window.add(SampleBlock(STRAP, seq, at_s, np.float32([[rr_ms]]), np.array([at_s]), flags=flags))
        if int(at_s) > int(at_s - rr_ms / 1000):
            seen = window.describe(float(int(at_s)))
    return seen.readings


def of_wave(samples, rate_hz, modality="ecg"):
    info, window = StreamInfo("wave", modality, ("a",), rate_hz), Window()
    samples, step = np.asarray(samples, np.float32).reshape(-1, 1), round(rate_hz)
    for seq in range(len(samples) // step):
        window.add(SampleBlock(info, seq, float(seq), samples[step * seq : step * (seq + 1)]))
        seen = window.describe(seq + 1.0)
    return seen.readings


def spoilt(kind, beats_ms, at, rng):
    """The same beats with something wrong at the places `at`."""
    if kind == "missed":
        return np.delete(beats_ms, at)
    if kind == "extra":
        return np.sort(np.concatenate((beats_ms, beats_ms[at] + rng.uniform(250, 550, len(at)))))
    early = {"ectopic": -rng.uniform(180, 300, len(at)), "misplaced": rng.uniform(90, 150, len(at))}[kind]
    return beats_ms + np.bincount(at, early, minlength=len(beats_ms))


@pytest.mark.parametrize("kind", ["ectopic", "missed", "extra", "misplaced"])
def test_wrong_beats_are_counted_and_leave_variability_alone(kind):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        beats_ms = resting(rng)
        wrong_ms = np.diff(spoilt(kind, beats_ms, rng.choice(np.arange(8, 80, 8), 4, replace=False), rng))
        found = artefacts(wrong_ms)
        differences_ms = np.diff(wrong_ms)[~(found.odd[1:] | found.odd[:-1])]
        assert rmssd(differences_ms) == pytest.approx(rmssd(np.diff(np.diff(beats_ms))), rel=0.12)
        assert 4 <= found.corrected.sum() <= 6


def test_a_heart_without_wrong_beats_loses_none():
    for seed in range(20):
        rr_ms = np.diff(resting(np.random.default_rng(seed), breath_ms=10 + 3 * seed))
        assert artefacts(rr_ms).odd.mean() <= 0.03


def test_wrong_beats_are_those_neurokits_kubios_method_corrects():
    rng = np.random.default_rng(3)
    beats_ms = spoilt("missed", resting(rng), np.array([20, 40, 60]), rng)
    kubios, _ = nk.signal_fixpeaks(beats_ms.astype(int), sampling_rate=1000, method="Kubios", iterative=False)
    ours = np.flatnonzero(artefacts(np.diff(beats_ms)).corrected) + 1
    assert set(kubios["missed"]) == set(ours)


def test_the_share_of_wrong_beats_is_told():
    beats_ms = np.delete(resting(np.random.default_rng(1)), [40, 50, 60, 70])
    seen = of_strap(beats_ms)
    assert seen["rr_corrected"].value == pytest.approx(4 / 67, abs=0.02)
    assert seen["rmssd_ms"].value is not None


def test_more_than_a_fifth_of_wrong_beats_ends_variability():
    rng = np.random.default_rng(2)
    seen = of_strap(np.delete(resting(rng), np.arange(20, 88, 4)))
    assert seen["rmssd_ms"].value is None
    assert seen["sdnn_ms"].value is None
    assert "irregular" in seen["rmssd_ms"].reason


@pytest.mark.parametrize("seed", range(5))
def test_fibrillation_keeps_the_pulse_and_ends_variability(seed):
    beats_ms = fibrillating(np.random.default_rng(seed))
    for seen in (of_strap(beats_ms), of_wave(ecg_of(beats_ms), 130.0)):
        assert seen["hr_bpm"].value == pytest.approx(60_000 / 720, rel=0.15)
        assert seen["rmssd_ms"].value is None
        assert seen["sdnn_ms"].value is None
        assert seen["resp_per_min"].value is None
        assert "irregular" in seen["rmssd_ms"].reason


@pytest.mark.parametrize("beats_a_breath", [3.4, 4.7, 6.0])
def test_a_young_heart_that_follows_the_breath_is_no_fibrillation(beats_a_breath):
    rng = np.random.default_rng(4)
    rr_ms = 1000 + 120 * np.sin(2 * np.pi * np.arange(90) / beats_a_breath) + 15 * rng.standard_normal(90)
    assert not lawless(rr_ms)


def test_fibrillation_is_told_from_half_a_minute_of_beats():
    rng = np.random.default_rng(8)
    assert np.mean([lawless(np.diff(fibrillating(rng, beats=42))) for _ in range(200)]) > 0.9


def test_a_pacemaker_keeps_the_pulse_and_ends_variability():
    even = 1000 * np.arange(1, 90) * 60 / 70
    seen = of_wave(ecg_of(even, noise=0.001), 130.0)
    assert seen["hr_bpm"].value == pytest.approx(70, abs=0.2)
    assert seen["rmssd_ms"].value is None
    assert "pacemaker" in seen["rmssd_ms"].reason


def test_a_flag_of_a_pacemaker_is_believed():
    beats_ms = resting(np.random.default_rng(5))
    seen = of_strap(beats_ms, frozenset({"pacemaker"}))
    assert seen["hr_bpm"].value == pytest.approx(60_000 / CALM_MS, rel=0.03)
    assert seen["rmssd_ms"].value is None
    assert "pacemaker" in seen["rmssd_ms"].reason
    assert of_strap(beats_ms)["rmssd_ms"].value is not None


@pytest.mark.parametrize("scale", [1e-3, 1e3, -1.0])
def test_an_ecg_in_volts_microvolts_or_upside_down_is_read_alike(scale):
    ecg = ecg_of(resting(np.random.default_rng(6)))
    right, scaled = of_wave(ecg, 130.0), of_wave(scale * ecg, 130.0)
    for name in ("hr_bpm", "rmssd_ms", "sdnn_ms"):
        assert scaled[name].value == pytest.approx(right[name].value, rel=0.02)


@pytest.mark.parametrize("scale", [-1.0, 1e4])
def test_a_pulse_wave_of_any_size_and_either_side_is_read_alike(scale):
    ppg = nk.ppg_simulate(duration=70, sampling_rate=64, heart_rate=66, random_state=2)
    right, scaled = of_wave(ppg, 64.0, "ppg"), of_wave(scale * ppg, 64.0, "ppg")
    assert scaled["hr_bpm"].value == pytest.approx(right["hr_bpm"].value, rel=0.01)


@pytest.mark.parametrize(("rate_hz", "jitter_ms"), [(130.0, 1.0), (250.0, 0.7)])
def test_r_peaks_are_timed_to_a_millisecond(rate_hz, jitter_ms):
    """SD of the error of an interval: what the sampling and 1 % of noise add to variability."""
    beats_ms = resting(np.random.default_rng(7), breath_ms=0.0, wander_ms=8.0)
    sdnn_ms = of_wave(ecg_of(beats_ms, rate_hz), rate_hz)["sdnn_ms"].value
    inside = beats_ms[(beats_ms > beats_ms[-1] - 61_000) & (beats_ms < beats_ms[-1] - 800)]
    assert abs(sdnn_ms**2 - np.diff(inside).std(ddof=1) ** 2) < 2 * jitter_ms * 8


def test_clear_stretches_between_bursts_of_movement_keep_the_pulse():
    """A hand that moves for three seconds in nine: ten seconds never hold enough beats, thirty do."""
    ppg = np.asarray(nk.ppg_simulate(duration=120, sampling_rate=64, heart_rate=72, random_state=3))
    rng, t = np.random.default_rng(9), np.arange(len(ppg)) / 64
    bursts = 3 * np.cumsum(rng.standard_normal(len(ppg))) / 8 * (t % 9 < 3)
    info, window, given = StreamInfo("wrist", "ppg", ("ppg",), 64.0), Window(), []
    for k in range(120):
        window.add(SampleBlock(info, k, float(k), np.float32(ppg + bursts)[64 * k : 64 * (k + 1)].reshape(-1, 1)))
        reading = window.describe(k + 1.0).readings["hr_bpm"]
        if reading.value is not None and k > 20:
            given.append(reading)
    sparse = [reading for reading in given if reading.window_s == 30]
    assert len(given) > 40
    assert len(sparse) > 20
    assert np.median([abs(reading.value - 72) for reading in sparse]) < 3
    assert all(reading.quality < 0.5 and "clear stretches" in reading.reason for reading in sparse)
