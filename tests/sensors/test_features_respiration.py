"""Breaths per minute from a belt, an ECG, a pulse wave or a strap, against the breath that was recorded."""

import tarfile

import neurokit2 as nk
import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.respiration import BREATH_S
from sensors.window import Window

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")

RATE_HZ = 100.0
RECORDED = {
    "bio_resting_5min_100hz.csv": {"ecg": 0, "ppg": 1, "resp": 2},
    "bio_eventrelated_100hz.csv": {"ecg": 0, "resp": 3},
    "bio_resting_8min_100hz.csv": {"ecg": 0, "resp": 1},
}
MEAN_ERROR_PER_MIN = {"resp": 1.4, "ecg": 1.8, "ppg": 1.8}
LEAST_GIVEN = 0.35


def seconds_of(modality, samples, rate_hz=RATE_HZ):
    """(second, reading) of one stream."""
    info, window = StreamInfo("s", modality, ("a",), rate_hz), Window()
    samples, step = np.asarray(samples, np.float32).reshape(-1, 1), round(rate_hz)
    for seq in range(len(samples) // step):
        window.add(SampleBlock(info, seq, float(seq), samples[step * seq : step * (seq + 1)]))
        yield seq + 1.0, window.describe(seq + 1.0).readings["resp_per_min"]


def neurokits_breaths(samples):
    """Times of the breaths' peaks, s."""
    clean = nk.rsp_clean(samples, sampling_rate=int(RATE_HZ))
    return nk.rsp_peaks(clean, sampling_rate=int(RATE_HZ))[1]["RSP_Peaks"] / RATE_HZ


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, shared):
    packed = shared("emotion/neurokit.tar.gz")
    folder = tmp_path_factory.mktemp("recordings")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return {name: np.genfromtxt(folder / "neurokit/data" / name, delimiter=",", skip_header=1) for name in RECORDED}


@pytest.mark.parametrize(("name", "modality"), [(n, m) for n, columns in RECORDED.items() for m in columns])
def test_breath_is_that_of_the_recorded_belt(recorded, name, modality):
    """The mean error of the seconds that are given, and how many are: breath is not always to be seen in a heart."""
    columns, samples = RECORDED[name], recorded[name]
    breaths_s = neurokits_breaths(samples[:, columns["resp"]])
    errors, asked = [], 0
    for now_s, reading in seconds_of(modality, samples[:, columns[modality]]):
        inside_s = breaths_s[(breaths_s > now_s - BREATH_S) & (breaths_s <= now_s)]
        if now_s < 40 or len(inside_s) < 3:
            continue
        asked += 1
        if reading.value is not None:
            errors.append(abs(reading.value - 60 / np.diff(inside_s).mean()))
    assert np.mean(errors) < MEAN_ERROR_PER_MIN[modality]
    assert len(errors) > LEAST_GIVEN * asked


@pytest.mark.parametrize("per_min", [6, 12, 20, 30])
@pytest.mark.parametrize("rate_hz", [4.0, 25.0, 100.0])
def test_a_belt_tells_any_breath(per_min, rate_hz):
    t = np.arange(int(60 * rate_hz)) / rate_hz
    belt = 3 + np.sin(2 * np.pi * per_min / 60 * t) + 0.1 * np.random.default_rng(1).standard_normal(len(t))
    *_, (_, last) = seconds_of("resp", belt, rate_hz)
    assert last.value == pytest.approx(per_min, abs=0.3)
    assert last.quality > 0.8


@pytest.mark.parametrize("per_min", [8, 14, 20])
def test_a_straps_intervals_tell_the_breath(per_min):
    info, window = StreamInfo("strap", "rr", ("rr",), None), Window()
    rng, at_s, second = np.random.default_rng(2), 0.0, 0
    for seq in range(80):
        rr_ms = 850 + 40 * np.sin(2 * np.pi * per_min / 60 * at_s) + 6 * rng.standard_normal()
        at_s += rr_ms / 1000
        window.add(SampleBlock(info, seq, at_s, np.float32([[rr_ms]]), np.array([at_s])))
        if at_s > second + 1:
            second += 1
            seen = window.describe(float(second)).readings["resp_per_min"]
    assert seen.value == pytest.approx(per_min, abs=0.7)


def test_a_heart_that_does_not_follow_the_breath_tells_none():
    info, window = StreamInfo("strap", "rr", ("rr",), None), Window()
    given = asked = 0
    for seed in range(6):
        at_s, second, window = 0.0, 0, Window()
        for seq, rr_ms in enumerate(np.random.default_rng(seed).normal(800, 15, 150)):
            at_s += rr_ms / 1000
            window.add(SampleBlock(info, seq, at_s, np.float32([[rr_ms]]), np.array([at_s])))
            if at_s > second + 1:
                second += 1
                given += window.describe(float(second)).readings["resp_per_min"].value is not None
                asked += 1
    assert given <= 0.05 * asked


def test_a_belt_that_holds_still_or_only_rustles_tells_no_breath():
    rng = np.random.default_rng(3)
    for belt in (np.full(1500, 2.0), rng.standard_normal(1500), np.cumsum(rng.standard_normal(1500))):
        readings = [reading for _, reading in seconds_of("resp", belt, 25.0)]
        assert np.mean([reading.value is not None for reading in readings]) <= 0.01
        assert readings[-1].reason


def test_nothing_is_told_before_half_a_minute_nor_across_a_gap():
    t = np.arange(2000) / 25
    belt = np.sin(2 * np.pi * 0.25 * t) + 0.05 * np.random.default_rng(4).standard_normal(len(t))
    belt[1250:1300] = np.nan
    given_s = [now_s for now_s, reading in seconds_of("resp", belt, 25.0) if reading.value is not None]
    assert min(given_s) >= 0.85 * BREATH_S
    assert not [now_s for now_s in given_s if 51 <= now_s < 52 + 0.85 * BREATH_S]


def test_a_belt_is_preferred_to_the_heart():
    ecg = StreamInfo("chest", "ecg", ("ecg",), 100.0)
    belt = StreamInfo("belt", "resp", ("resp",), 25.0)
    heart = nk.ecg_simulate(duration=50, sampling_rate=100, heart_rate=70, random_state=1)
    breath, window = np.sin(2 * np.pi * 0.2 * np.arange(1250) / 25), Window()
    breath += 0.05 * np.random.default_rng(5).standard_normal(1250)
    for k in range(50):
        window.add(SampleBlock(ecg, k, float(k), np.float32(heart[100 * k : 100 * (k + 1)])[:, None]))
        window.add(SampleBlock(belt, k, float(k), np.float32(breath[25 * k : 25 * (k + 1)])[:, None]))
        seen = window.describe(k + 1.0)
    assert seen.value("resp_per_min") == pytest.approx(12, abs=0.3)
    assert seen.readings["resp_per_min"].reason == "from the breath itself"
    assert seen.value("hr_bpm") is not None
