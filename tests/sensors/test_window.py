"""Whatever the blocks do, the window stays right, says what it misses, and never bridges a gap."""

from itertools import pairwise

import neurokit2 as nk
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.blocks import SampleBlock, StreamInfo
from sensors.features.slow import SLOWEST
from sensors.window import Window

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")

ECG = StreamInfo("chest", "ecg", ("ecg",), 130.0)
LENGTH_S = 40


@pytest.fixture(scope="module")
def ecg():
    samples = nk.ecg_simulate(duration=LENGTH_S, sampling_rate=130, heart_rate=72, random_state=5)
    return np.asarray(samples, np.float32).reshape(-1, 1)


def second_by_second(ecg, alter=lambda block: [block], length_s=LENGTH_S):
    """Features of each second, with every one-second block put through `alter`."""
    window, seen = Window(), []
    for k in range(length_s):
        for block in alter(SampleBlock(ECG, k, float(k), ecg[130 * k : 130 * (k + 1)])):
            window.add(block)
        seen.append(window.describe(k + 1.0))
    return seen, window


def numbers(seen):
    return [[reading.value for reading in second.readings.values()] for second in seen]


def streams():
    """One of each waveform, 30 s: stream, samples."""
    rng, t = np.random.default_rng(1), np.arange(30 * 256) / 256
    acc = rng.normal(0, 0.02, (30 * 32, 3)) + np.array([0, 0, 1])
    eeg = 10 * np.cumsum(rng.standard_normal((30 * 256, 4)), axis=0) * 0.1 + 10 * np.sin(2 * np.pi * 10 * t)[:, None]
    ppg = nk.ppg_simulate(duration=30, sampling_rate=64, heart_rate=75, random_state=1)
    ecg = nk.ecg_simulate(duration=30, sampling_rate=130, heart_rate=72, random_state=5)
    eda = 5 + 0.05 * np.cumsum(rng.standard_normal(30 * 15)) / 4
    return (
        (ECG, np.asarray(ecg)[:, None]),
        (StreamInfo("wrist", "ppg", ("ppg",), 64.0), np.asarray(ppg)[:, None]),
        (StreamInfo("skin", "eda", ("eda",), 15.0), eda[:, None]),
        (StreamInfo("head", "eeg", ("TP9", "AF7", "AF8", "TP10"), 256.0), eeg),
        (StreamInfo("acc", "acc", ("x", "y", "z"), 32.0), acc),
    )


STREAMS = streams()


def last_of(cuts_of):
    """Features after 30 s with each stream cut at `cuts_of(info, count)`."""
    window, blocks = Window(), []
    for info, samples in STREAMS:
        edges = [0, *cuts_of(info, len(samples)), len(samples)]
        for seq, (a, b) in enumerate(pairwise(edges)):
            blocks.append(SampleBlock(info, seq, a / info.rate_hz, samples[a:b].astype(np.float32)))
    blocks.sort(key=lambda block: -block.start_s)
    for now_s in range(1, 31):
        while blocks and blocks[-1].start_s < now_s:
            window.add(blocks.pop())
        seen = window.describe(float(now_s))
    return seen


WHOLE_SECONDS = last_of(lambda info, count: range(round(info.rate_hz), count, round(info.rate_hz)))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_result_does_not_depend_on_how_samples_are_cut_into_blocks(seed):
    rng = np.random.default_rng(seed)
    seen = last_of(lambda info, count: np.unique(rng.integers(1, count, rng.integers(1, 200))).tolist())
    assert set(seen.readings) == set(WHOLE_SECONDS.readings)
    for name, reading in seen.readings.items():
        whole = WHOLE_SECONDS.readings[name]
        assert reading.value == (whole.value and pytest.approx(whole.value, rel=1e-6)), name
        assert reading.quality == pytest.approx(whole.quality, abs=1e-6), name


def test_all_five_waveforms_give_their_readings():
    assert WHOLE_SECONDS.value("hr_bpm") is not None
    assert WHOLE_SECONDS.value("eda_tonic_us") == pytest.approx(5, abs=1)
    assert WHOLE_SECONDS.value("movement_g") == pytest.approx(0.02 * 3**0.5, rel=0.15)
    assert WHOLE_SECONDS.value("eeg_faa") is not None


def test_the_same_blocks_give_the_same_features(ecg):
    assert numbers(second_by_second(ecg)[0]) == numbers(second_by_second(ecg)[0])


def test_what_comes_late_does_not_change_what_was_said(ecg):
    whole, _ = second_by_second(ecg)
    half, _ = second_by_second(ecg, length_s=20)
    assert numbers(half) == numbers(whole[:20])


def test_repeated_and_out_of_order_blocks_are_dropped_and_counted(ecg):
    clean, _ = second_by_second(ecg)
    kept = []

    def twice(block):
        kept.append(block)
        return [block, block, *kept[-4:-3]]

    seen, window = second_by_second(ecg, twice)
    assert numbers(seen) == numbers(clean)
    assert window.dropped["chest"]["repeated"] == LENGTH_S + LENGTH_S - 3


def test_nothing_is_counted_across_a_gap(ecg):
    """Four lost seconds must not become a four-second interval, nor a beat at the seam."""
    seen, _ = second_by_second(ecg, lambda block: [] if 20 <= block.seq < 24 else [block])
    readings = [second.readings["hr_bpm"] for second in seen]
    assert readings[19].value == pytest.approx(72, rel=0.05)
    assert readings[24].value is None
    assert "too little signal" in readings[24].reason
    assert readings[-1].value == pytest.approx(72, rel=0.05)
    assert readings[-1].coverage == 1
    assert seen[-1].readings["rmssd_ms"].value is None or seen[-1].value("rmssd_ms") < 60


def test_a_silent_stream_says_for_how_long(ecg):
    seen, _ = second_by_second(ecg, lambda block: [block] if block.seq < 20 else [])
    assert seen[22].value("hr_bpm") is None or seen[22].readings["hr_bpm"].age_s == pytest.approx(3)
    assert seen[30].readings["hr_bpm"].reason == "no signal for 11 s"


def test_samples_that_are_no_numbers_are_a_gap(ecg):
    spoilt = ecg.copy()
    spoilt[130 * 25 : 130 * 26] = np.nan
    spoilt[130 * 26] = np.inf
    seen, _ = second_by_second(spoilt)
    assert seen[26].readings["hr_bpm"].coverage == pytest.approx(0.9, abs=0.02)
    assert seen[-1].value("hr_bpm") == pytest.approx(72, rel=0.05)


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, 1e9, float("nan")])
def test_a_clock_that_jumps_by_hours_gives_silence_and_then_recovers(ecg, jump_s):
    def jumping(block):
        wrong = SampleBlock(ECG, block.seq, block.start_s + jump_s, block.samples)
        return [wrong if 15 <= block.seq < 22 else block]

    seen, window = second_by_second(ecg, jumping)
    assert seen[21].readings["hr_bpm"].reason == "no signal for 7 s"
    assert sum(window.dropped["chest"].values()) == 7
    assert seen[-1].value("hr_bpm") == pytest.approx(72, rel=0.05)


def test_a_rate_other_than_declared_is_named(ecg):
    window = Window()
    for k in range(20):
        window.add(SampleBlock(ECG, k, float(k), ecg[65 * k : 65 * (k + 1)]))
        seen = window.describe(k + 1.0)
    assert seen.value("hr_bpm") is None
    assert "65" in seen.readings["hr_bpm"].reason
    assert "130" in seen.readings["hr_bpm"].reason


@pytest.mark.parametrize("slow", [1.005, 1.02, 0.985])
def test_a_crystal_that_runs_wrong_is_followed(ecg, slow):
    """Stamps tell that what is declared as one second takes longer: no gap, and the pulse in true seconds."""
    window = Window()
    for k in range(38):
        window.add(SampleBlock(ECG, k, slow * k, ecg[130 * k : 130 * (k + 1)]))
        seen = window.describe(slow * (k + 1))
    straight, _ = second_by_second(ecg, length_s=38)
    assert seen.readings["hr_bpm"].coverage > 0.97
    assert seen.value("hr_bpm") == pytest.approx(straight[-1].value("hr_bpm") / slow, rel=0.004)
    assert seen.value("rmssd_ms") == pytest.approx(straight[-1].value("rmssd_ms"), abs=3)


def test_jitter_of_the_stamps_is_smoothed(ecg):
    rng = np.random.default_rng(3)
    straight, _ = second_by_second(ecg)
    seen, _ = second_by_second(
        ecg, lambda b: [SampleBlock(ECG, b.seq, max(0.0, b.start_s + rng.normal(0, 0.008)), b.samples)]
    )
    assert seen[-1].value("rmssd_ms") == pytest.approx(straight[-1].value("rmssd_ms"), abs=3)


def test_an_unknown_kind_of_signal_is_counted_and_harmless():
    window = Window()
    window.add(SampleBlock(StreamInfo("t", "temp", ("t",), 4.0), 0, 0.0, np.ones((4, 1), np.float32)))
    assert window.describe(1.0).readings == {}
    assert window.dropped["t"]["ignored"] == 1


def test_empty_blocks_are_harmless(ecg):
    empty = np.empty((0, 1), np.float32)
    seen, _ = second_by_second(
        ecg,
        lambda b: [
            SampleBlock(ECG, 2 * b.seq, b.start_s, b.samples),
            SampleBlock(ECG, 2 * b.seq + 1, b.start_s + 1, empty),
        ],
    )
    assert numbers(seen) == numbers(second_by_second(ecg)[0])


def test_a_wrong_shape_is_refused_where_it_is_made():
    with pytest.raises(ValueError, match="expected \\(time, channel\\)"):
        SampleBlock(ECG, 0, 0.0, np.zeros(130, np.float32))


@pytest.mark.parametrize("modality", SLOWEST)
@pytest.mark.parametrize("rate_hz", [0.1, 0.5, 1.0, 2.0, 3.0, 8.0, 20.0, 40.0, 1000.0])
def test_any_rate_gives_readings_or_a_reason(modality: str, rate_hz: float) -> None:
    channels = ("AF7", "AF8") if modality == "eeg" else ("x",)
    info, window = StreamInfo(modality, modality, channels, rate_hz), Window()
    count = max(1, round(rate_hz))
    samples = np.random.default_rng(0).normal(4, 1, (count, len(channels))).astype(np.float32)
    for seq in range(30):
        window.add(SampleBlock(info, seq, seq * count / rate_hz, samples))
    readings = window.describe(30 * count / rate_hz).readings
    assert set(readings) == set(SLOWEST[modality][1])
    if rate_hz < SLOWEST[modality][0]:
        assert all(reading.reason.startswith(f"sampled {rate_hz:g} times") for reading in readings.values())
