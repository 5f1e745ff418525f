"""Pulse and its variability, against neurokit2 and against signals whose beats are known."""

import tarfile

import neurokit2 as nk
import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.beats import PIECE_S, WAVES, BeatDetector
from sensors.features.intake import Intake
from sensors.features.intervals import plausible, regular, rmssd, successive
from sensors.window import Window

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")


def blocks_of(samples, rate_hz, modality, stream="s", seconds=1.0):
    samples = np.asarray(samples, np.float32).reshape(len(samples), -1)
    info = StreamInfo(stream, modality, ("a",), rate_hz)
    step = int(seconds * rate_hz)
    for seq, at in enumerate(range(0, len(samples), step)):
        yield SampleBlock(info, seq, at / rate_hz, samples[at : at + step])


def intervals_of(rr_ms, start_s=0.0):
    """Each interval as its own block, at the time of its beat."""
    info = StreamInfo("strap", "rr", ("rr",), None)
    for seq, (at_s, rr) in enumerate(zip(start_s + np.cumsum(rr_ms) / 1000, rr_ms, strict=True)):
        yield SampleBlock(info, seq, at_s, np.array([[rr]], np.float32), np.array([at_s]))


def describe(*streams, length_s):
    """What is known after `length_s`, having asked every second."""
    window, waiting = Window(), sorted((b for stream in streams for b in stream), key=lambda block: -block.start_s)
    for now_s in range(1, length_s + 1):
        while waiting and waiting[-1].start_s < now_s:
            window.add(waiting.pop())
        seen = window.describe(float(now_s))
    return seen


def beats_of(samples, rate_hz, modality):
    """Beat times over the whole signal."""
    intake = Intake(StreamInfo("s", modality, ("a",), rate_hz), PIECE_S)
    detector = BeatDetector(WAVES[modality], rate_hz)
    times_s = []
    for block in blocks_of(samples, rate_hz, modality):
        intake.offer(block)
        for piece in intake.until(block.end_s):
            times_s += [beat.time_s for beat in detector.take(piece)]
    return np.array(times_s)


def agreement(samples, rate_hz):
    """Share of neurokit2's R peaks that we find within 20 ms, once both know the signal."""
    samples = np.asarray(samples, np.float64)
    peaks = nk.ecg_peaks(nk.ecg_clean(samples, sampling_rate=rate_hz), sampling_rate=rate_hz)[1]["ECG_R_Peaks"]
    reference_s = peaks / rate_hz
    reference_s = reference_s[(reference_s > 4) & (reference_s < len(samples) / rate_hz - 2)]
    ours_s = beats_of(samples, rate_hz, "ecg")
    return np.mean([np.abs(ours_s - at_s).min() <= 0.02 for at_s in reference_s])


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, shared):
    """neurokit2's example recordings: one person each, at rest."""
    packed = shared("emotion/neurokit.tar.gz")
    folder = tmp_path_factory.mktemp("recordings")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")

    def read(name, column=0):
        return np.genfromtxt(folder / "neurokit/data" / name, delimiter=",", skip_header=1, usecols=(column,))

    return read


@pytest.mark.parametrize(
    ("name", "rate_hz"),
    [("bio_resting_5min_100hz.csv", 100), ("bio_eventrelated_100hz.csv", 100), ("ecg_1000hz.csv", 1000)],
)
def test_r_peaks_are_where_neurokit_finds_them(recordings, name, rate_hz):
    assert agreement(recordings(name), rate_hz) >= 0.98


@pytest.mark.parametrize("noise", [0.01, 0.3])
def test_r_peaks_survive_noise(noise):
    ecg = nk.ecg_simulate(duration=60, sampling_rate=130, noise=noise, heart_rate=70, random_state=3)
    assert agreement(ecg, 130) >= 0.98


def test_an_upside_down_lead_finds_the_same_beats(recordings):
    ecg = recordings("bio_eventrelated_100hz.csv")
    upright_s, turned_s = beats_of(ecg, 100.0, "ecg"), beats_of(-ecg, 100.0, "ecg")
    np.testing.assert_allclose(turned_s[-100:], upright_s[-100:], atol=0.005)


def test_pulse_wave_and_ecg_of_one_person_agree(recordings):
    name = "bio_resting_5min_100hz.csv"
    ecg = describe(blocks_of(recordings(name), 100.0, "ecg"), length_s=120)
    ppg = describe(blocks_of(recordings(name, 1), 100.0, "ppg"), length_s=120)
    assert ppg.value("hr_bpm") == pytest.approx(ecg.value("hr_bpm"), abs=1.5)
    assert ppg.value("rmssd_ms") == pytest.approx(ecg.value("rmssd_ms"), rel=0.15)


def neurokits_pulse(ppg, rate_hz):
    """Beats per minute over the last ten seconds, as neurokit2 sees them."""
    peaks = nk.ppg_findpeaks(nk.ppg_clean(ppg, sampling_rate=rate_hz), sampling_rate=rate_hz)["PPG_Peaks"] / rate_hz
    end_s = len(ppg) / rate_hz - 0.7
    return 60 / np.diff(peaks[(peaks > end_s - 9.3) & (peaks < end_s)]).mean()


@pytest.mark.parametrize("heart_rate", [48, 75, 130])
def test_pulse_of_a_simulated_pulse_wave_is_neurokits(heart_rate):
    ppg = nk.ppg_simulate(duration=30, sampling_rate=64, heart_rate=heart_rate, random_state=1)
    hr = describe(blocks_of(ppg, 64.0, "ppg"), length_s=30).readings["hr_bpm"]
    assert hr.value == pytest.approx(neurokits_pulse(ppg, 64), rel=0.02)
    assert hr.quality > 0.6


@pytest.mark.parametrize("heart_rate", [48, 75, 130])
def test_pulse_of_a_simulated_ecg_is_the_one_asked_for(heart_rate):
    ecg = nk.ecg_simulate(duration=30, sampling_rate=130, heart_rate=heart_rate, random_state=1, method="simple")
    hr = describe(blocks_of(ecg, 130.0, "ecg"), length_s=30).readings["hr_bpm"]
    assert hr.value == pytest.approx(heart_rate, rel=0.05)
    assert hr.quality > 0.6


def test_variability_is_neurokits(recordings):
    ecg = recordings("bio_eventrelated_100hz.csv")
    seen = describe(blocks_of(ecg, 100.0, "ecg"), length_s=100)
    beats_s = beats_of(ecg, 100.0, "ecg")
    inside = beats_s[(beats_s > 40) & (beats_s <= 99.3)]
    reference = nk.hrv_time({"RRI": np.diff(inside) * 1000, "RRI_Time": inside[1:]})
    assert seen.value("rmssd_ms") == pytest.approx(reference["HRV_RMSSD"].iloc[0], rel=0.03)
    assert seen.value("sdnn_ms") == pytest.approx(reference["HRV_SDNN"].iloc[0], rel=0.03)


@pytest.mark.parametrize("rate_hz", [100.0, 130.0, 250.0])
def test_beats_are_timed_between_the_samples(rate_hz):
    """Sharp beats at known fractions of a sample: without interpolation 100 Hz alone would add 5 ms."""
    rng = np.random.default_rng(4)
    beats_s = np.cumsum(0.8 + rng.normal(0, 0.008, 110))
    t = np.arange(int(80 * rate_hz)) / rate_hz
    nearest_s = beats_s[np.abs(t[:, None] - beats_s).argmin(axis=1)]
    ecg = np.exp(-(((t - nearest_s) / 0.012) ** 2) / 2) + 0.003 * rng.standard_normal(len(t))
    inside_s = beats_s[(beats_s > 20) & (beats_s < 79.2)]
    known = rmssd(np.diff(np.diff(inside_s) * 1000))
    assert describe(blocks_of(ecg, rate_hz, "ecg"), length_s=80).value("rmssd_ms") == pytest.approx(known, rel=0.03)


def test_known_intervals_give_their_known_variability():
    rr_ms = np.tile([800.0, 840.0], 60)
    seen = describe(intervals_of(rr_ms), length_s=90)
    assert seen.value("hr_bpm") == pytest.approx(60_000 / 820, rel=0.01)
    assert seen.value("rmssd_ms") == pytest.approx(40, abs=0.5)
    assert seen.value("sdnn_ms") == pytest.approx(20, abs=0.5)
    assert seen.readings["rmssd_ms"].window_s == 60


def test_half_a_minute_is_called_a_short_window():
    seen = describe(intervals_of(np.tile([790.0, 810.0], 30)), length_s=40).readings
    assert seen["rmssd_ms"].window_s == 30
    assert "short window" in seen["rmssd_ms"].reason
    assert seen["sdnn_ms"].value is None


def test_no_variability_before_half_a_minute():
    seen = describe(intervals_of(np.tile([790.0, 810.0], 30)), length_s=20).readings
    assert seen["hr_bpm"].value == pytest.approx(75, abs=0.1)
    assert seen["rmssd_ms"].value is None


def test_an_extra_and_a_missed_beat_leave_variability_alone():
    rr_ms = np.tile([800.0, 840.0], 60)
    rr_ms[[40, 61]] = 400.0, 1640.0
    assert describe(intervals_of(rr_ms), length_s=80).value("rmssd_ms") == pytest.approx(40, abs=0.5)


def test_a_removed_beat_is_never_bridged():
    rr_ms = np.array([800.0, 800, 800, 300, 900, 900, 900])
    trusted = np.array([True, True, True, False, True, True, True])
    follows = np.ones(7, bool)
    assert rmssd(successive(rr_ms, trusted, follows)) == 0


def test_many_bad_beats_switch_variability_off_and_say_so():
    rr_ms = np.where(np.arange(120) % 3 == 2, 450.0, 900.0)
    seen = describe(intervals_of(rr_ms), length_s=80).readings
    assert seen["rmssd_ms"].value is None
    assert "irregular" in seen["rmssd_ms"].reason or "no clear" in seen["rmssd_ms"].reason


def test_regular_marks_the_odd_interval_only():
    rr_ms = np.array([800.0, 810, 790, 1600, 805, 795, 250])
    np.testing.assert_array_equal(regular(rr_ms, plausible(rr_ms)), [1, 1, 1, 0, 1, 1, 0])


def test_a_watch_gives_pulse_and_no_variability():
    info = StreamInfo("watch", "hr", ("hr",), None)
    shown = ((k, np.array([[71.0 + (k == 10)]], np.float32)) for k in range(20))
    seen = describe((SampleBlock(info, k, 3.0 * k, x, np.array([3.0 * k])) for k, x in shown), length_s=50).readings
    assert seen["hr_bpm"].value == 71
    assert seen["rmssd_ms"].value is None
    assert "single beats" in seen["rmssd_ms"].reason


def test_a_devices_own_number_does_not_overrule_a_wave_without_beats():
    noise = np.random.default_rng(1).standard_normal(30 * 64)
    info = StreamInfo("watch", "hr", ("hr",), None)
    numbers = (SampleBlock(info, k, float(k), np.array([[71.0]], np.float32), np.array([float(k)])) for k in range(30))
    hr = describe(blocks_of(noise, 64.0, "ppg", "p"), numbers, length_s=30).readings["hr_bpm"]
    assert hr.value is None
    assert hr.reason == "no clear heartbeat"


def test_the_surer_heart_is_used_and_named():
    ecg = nk.ecg_simulate(duration=30, sampling_rate=130, heart_rate=70, random_state=1, method="simple")
    ppg = nk.ppg_simulate(duration=30, sampling_rate=64, heart_rate=90, random_state=1)
    noise = np.random.default_rng(1).standard_normal(len(ecg))
    both = describe(blocks_of(ecg, 130.0, "ecg", "e"), blocks_of(ppg, 64.0, "ppg", "p"), length_s=30)
    assert both.value("hr_bpm") == pytest.approx(70, rel=0.05)
    assert "ECG" in both.readings["hr_bpm"].reason
    loose = describe(blocks_of(noise, 130.0, "ecg", "e"), blocks_of(ppg, 64.0, "ppg", "p"), length_s=30)
    assert loose.value("hr_bpm") == pytest.approx(neurokits_pulse(ppg, 64), rel=0.02)
    assert "pulse wave" in loose.readings["hr_bpm"].reason


def test_movement_takes_quality_from_a_wrist():
    ppg = nk.ppg_simulate(duration=30, sampling_rate=64, heart_rate=75, random_state=1)
    info = StreamInfo("acc", "acc", ("x", "y", "z"), 32.0)
    shaken = np.random.default_rng(2).normal(0, 0.4, (30 * 32, 3)).astype(np.float32) + np.float32([0, 0, 1])
    acc = (SampleBlock(info, k, float(k), shaken[32 * k : 32 * k + 32]) for k in range(30))
    hr = describe(blocks_of(ppg, 64.0, "ppg"), acc, length_s=30).readings["hr_bpm"]
    assert hr.value is None
    assert "movement" in hr.reason
