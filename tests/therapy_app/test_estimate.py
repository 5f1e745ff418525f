"""`therapy estimate`, the part that needs no command line: one honest row a second."""

import csv
import tarfile
import time

import neurokit2 as nk
import numpy as np
import pytest

from models.emotion.resting import Estimator
from sensors.blocks import StreamInfo
from sensors.recordings.readers import open_recording
from sensors.recordings.recording import Piece, Recording, Signal
from therapy_app.exchange.estimate import COLUMNS, estimate_rows, parse_range, write_csv

pytestmark = pytest.mark.filterwarnings("ignore::Warning:neurokit2")


INTERFACE = (
    "time_s, hr_bpm, rmssd_ms, sdnn_ms, eda_tonic_us, scr_per_min, resp_per_min, eeg_theta, eeg_alpha, eeg_beta, "
    "eeg_faa, movement_g, coverage, quality, arousal, arousal_low, arousal_high, valence, valence_low, "
    "valence_high, stress_probability, state, reason"
)


def signal(modality, rate_hz, samples, start_s=0.0, channels=("a",)):
    samples = np.asarray(samples, np.float32).reshape(-1, len(channels))
    return Signal(StreamInfo(modality, modality, channels, rate_hz), (Piece(start_s, samples),))


@pytest.fixture(scope="module")
def calm_then_fast():
    """Four minutes at 65, then two at 85."""
    rest = nk.ecg_simulate(duration=240, sampling_rate=130, heart_rate=65, random_state=1, method="simple")
    fast = nk.ecg_simulate(duration=120, sampling_rate=130, heart_rate=85, random_state=1, method="simple")
    return Recording("made", (signal("ecg", 130.0, np.concatenate((rest, fast))),))


@pytest.fixture(scope="module")
def rows(calm_then_fast):
    return list(estimate_rows(calm_then_fast, Estimator()))


def test_the_columns_are_those_others_rely_on():
    assert ", ".join(COLUMNS) == INTERFACE


def test_there_is_one_row_for_each_second(rows):
    assert [row["time_s"] for row in rows] == list(range(1, 361))
    assert all(tuple(row) == COLUMNS for row in rows)


def test_a_first_part_that_was_no_rest_is_refused_in_every_row():
    """Someone who has just come up the stairs: the pulse falls all through the baseline."""
    falling = [
        nk.ecg_simulate(duration=60, sampling_rate=130, heart_rate=bpm, random_state=1, method="simple")
        for bpm in (115, 95, 75, 70)
    ]
    rows = list(estimate_rows(Recording("made", (signal("ecg", 130.0, np.concatenate(falling)),)), Estimator()))
    assert {row["state"] for row in rows} == {"unknown"}
    assert "those minutes were no rest: the pulse fell by 4" in rows[-1]["reason"]


def test_a_faster_heart_is_more_arousal(rows):
    def mean(first, last):
        return np.mean([row["arousal"] for row in rows[first:last]])

    assert mean(60, 180) == pytest.approx(0, abs=0.15)
    assert mean(280, 360) > 0.5


def test_a_number_that_is_not_known_is_empty_and_says_why(rows):
    first = rows[0]
    assert (first["hr_bpm"], first["arousal"], first["state"]) == ("", "", "unknown")
    assert first["reason"]
    assert {row["eda_tonic_us"] for row in rows} == {""}


def test_a_chosen_baseline_moves_the_zero(calm_then_fast):
    rows = list(estimate_rows(calm_then_fast, Estimator(), (260.0, 340.0)))
    assert np.mean([row["arousal"] for row in rows[100:200]]) < -0.5


def test_a_baseline_outside_the_recording_is_refused(calm_then_fast):
    with pytest.raises(ValueError, match="the recording lasts from 0 to 360 s"):
        next(estimate_rows(calm_then_fast, Estimator(), (300.0, 500.0)))


def test_noise_gives_no_affect():
    noise = np.random.default_rng(1).standard_normal(200 * 64)
    rows = list(estimate_rows(Recording("noise", (signal("ppg", 64.0, noise),)), Estimator()))
    assert {row["state"] for row in rows} == {"unknown"}


def test_a_recording_that_begins_late_and_has_a_hole_keeps_its_own_time():
    ecg = nk.ecg_simulate(duration=60, sampling_rate=130, heart_rate=70, random_state=1, method="simple")
    half = np.asarray(ecg[: 30 * 130], np.float32)[:, None]
    info = StreamInfo("ecg", "ecg", ("a",), 130.0)
    rows = list(
        estimate_rows(Recording("late", (Signal(info, (Piece(100.0, half), Piece(140.0, half))),)), Estimator())
    )
    assert (rows[0]["time_s"], rows[-1]["time_s"]) == (101, 170)
    assert rows[25]["hr_bpm"] == pytest.approx(70, rel=0.05)
    assert rows[36]["hr_bpm"] == ""
    assert rows[-1]["hr_bpm"] == pytest.approx(70, rel=0.05)


def test_the_file_reads_back(rows, tmp_path):
    assert write_csv(iter(rows), tmp_path / "out.csv") == 360
    with (tmp_path / "out.csv").open(newline="") as file:
        back = list(csv.DictReader(file))
    assert tuple(back[0]) == COLUMNS
    assert float(back[-1]["arousal"]) == rows[-1]["arousal"]


def test_ranges_are_read_as_seconds():
    assert parse_range("60:240") == (60.0, 240.0)


@pytest.mark.parametrize("text", ["60", "60:", "a:b", "240:60", "60:70", "nan:100", "0:inf", ""])
def test_a_range_that_is_none_is_told_the_form(text):
    with pytest.raises(ValueError, match="START:END"):
        parse_range(text)


@pytest.fixture(scope="module")
def wristband(tmp_path_factory, shared):
    """One Empatica E4 folder of the stress-predict corpus."""
    packed = shared("emotion/stress-predict.tar.gz")
    folder = tmp_path_factory.mktemp("wristband")
    with tarfile.open(packed) as archive:
        wanted = [member for member in archive.getmembers() if "/Raw_data/S05/" in member.name]
        archive.extractall(folder, members=wanted, filter="data")
    return folder / "stress-predict/Raw_data/S05"


def test_an_hour_of_a_wristband_is_estimated_in_seconds(wristband):
    began = time.process_time()
    rows = list(estimate_rows(open_recording(wristband), Estimator()))
    assert time.process_time() - began < 10 * 3 * len(rows) / 3600  # a busy machine may be three times slower
    known = [row for row in rows if row["state"] == "known"]
    assert len(known) > 0.9 * len(rows)
    hr = [row["hr_bpm"] for row in rows if row["hr_bpm"] != ""]
    assert len(hr) > 0.4 * len(rows)
    assert 60 < np.percentile(hr, 1) < np.percentile(hr, 99) < 120
