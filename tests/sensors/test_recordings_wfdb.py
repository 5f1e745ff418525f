"""WFDB records: units from the head, gaps kept, nothing read from elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import wfdb

from sensors.recordings.readers import open_recording
from sensors.recordings.recording import RecordingError

RATE = 100
RNG = np.random.default_rng(2)


def write(folder: Path, name="rec", seconds=20, labels=("MLII", "V5"), units=("mV", "mV"), values=None, **other):
    if values is None:
        values = RNG.standard_normal((seconds * RATE, len(labels)))
    form = other.pop("fmt", "16")
    told = {"units": list(units), "sig_name": list(labels), "p_signal": values, "fmt": [form] * len(labels)}
    wfdb.wrsamp(name, fs=RATE, write_dir=str(folder), **told, **other)
    return values


def test_its_head_its_samples_or_its_folder_are_the_same_record(tmp_path):
    values = write(tmp_path)
    for path in (tmp_path / "rec.hea", tmp_path / "rec.dat", tmp_path):
        recording = open_recording(path)
        assert [(info.stream, info.channels) for info in recording.streams] == [("ecg", ("MLII",)), ("ecg-2", ("V5",))]
        assert recording.signal("ecg-2").pieces[0].samples[:, 0] == pytest.approx(values[:, 1], abs=1e-3)
    assert recording.notes == ()


@pytest.mark.parametrize("form", ["16", "212", "24", "32", "80"])
def test_samples_of_every_width_are_those_that_were_written(tmp_path, form):
    values = write(tmp_path, fmt=form)
    step = 2 * np.abs(values).max() / (200 if form == "80" else 4000)
    assert open_recording(tmp_path).signal("ecg").pieces[0].samples[:, 0] == pytest.approx(values[:, 0], abs=step)


def test_units_are_put_into_ours_and_what_is_no_signal_of_ours_is_noted(tmp_path):
    values = write(tmp_path, labels=("ECG", "EDA", "PLETH", "ABP"), units=("uV", "nS", "NU", "mmHg"))
    recording = open_recording(tmp_path)
    assert [info.stream for info in recording.streams] == ["eda", "ppg"]
    assert recording.notes[0] == "channel 'ABP' is none of the signals that are used here and is left out"
    assert recording.notes[1].startswith("ecg moves by 0.00")
    assert "is it in V" in recording.notes[1]
    write(tmp_path, labels=("ECG", "EDA"), units=("uV", "nS"), values=values[:, :2] * 1000)
    assert open_recording(tmp_path).signal("ecg").pieces[0].samples[:, 0] == pytest.approx(values[:, 0], abs=0.01)


def test_samples_that_are_marked_as_none_are_a_gap(tmp_path):
    values = RNG.standard_normal((20 * RATE, 1))
    values[500:700] = np.nan
    write(tmp_path, labels=("II",), units=("mV",), values=values)
    first, second = open_recording(tmp_path).signal("ecg").pieces
    assert (len(first.samples), second.start_s) == (500, 7.0)


def test_segments_lie_where_the_head_puts_them(tmp_path):
    one, other = write(tmp_path, "a", 5, ("II",), ("mV",)), write(tmp_path, "b", 5, ("II",), ("mV",))
    (tmp_path / "whole.hea").write_text(f"whole/3 1 {RATE} 1300\na 500\n~ 300\nb 500\n")
    recording = open_recording(tmp_path)
    first, second = recording.signal("ecg").pieces
    assert (first.start_s, second.start_s) == (0, 8.0)
    assert first.samples[:, 0] == pytest.approx(one[:, 0], abs=1e-3)
    assert second.samples[:, 0] == pytest.approx(other[:, 0], abs=1e-3)


def test_the_day_is_known_when_the_head_tells_it(tmp_path):
    write(tmp_path, base_datetime=datetime(2021, 5, 6, 7, 8, 9))
    assert open_recording(tmp_path).began_at == datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_beats_are_used_only_where_there_is_no_wave(tmp_path):
    write(tmp_path, labels=("RESP",), units=("pm",))
    wfdb.wrann("rec", "atr", np.array([100, 180, 200, 260, 700, 780]), list("NN+NNV"), write_dir=str(tmp_path))
    rr = open_recording(tmp_path).signal("rr").pieces
    assert [piece.samples[:, 0].tolist() for piece in rr] == [[800, 800], [800]]
    assert [piece.times_s.tolist() for piece in rr] == [[1.8, 2.6], [7.8]]
    write(tmp_path, labels=("II",), units=("mV",))
    recording = open_recording(tmp_path)
    assert [info.stream for info in recording.streams] == ["ecg"]
    assert recording.notes == ("beats in rec.atr are not used: they are found in the signal itself",)


def test_samples_that_are_cut_are_kept_as_far_as_they_go(tmp_path):
    write(tmp_path)
    (tmp_path / "rec.dat").write_bytes((tmp_path / "rec.dat").read_bytes()[:4002])
    recording = open_recording(tmp_path)
    assert len(recording.signal("ecg").pieces[0].samples) == 1000
    assert recording.notes == ("rec.hea says that it has 2000 samples a channel; 1000 are there and read",)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("rec 1 0 100\nrec.dat 16 200/mV 16 0 0 0 0 II\n", r"rec.hea: 0(.0)? frames a second; expected 0.001 to 20000"),
        (
            "rec 1 100 100\n../rec.dat 16 200/mV 16 0 0 0 0 II\n",
            r"rec.hea can't be read as a WFDB head: invalid syntax",
        ),
        ("rec 1 100 100\n/rec.dat 16 200/mV 16 0 0 0 0 II\n", r"rec.hea can't be read as a WFDB head: invalid syntax"),
        ("rec 1 100 100\ngone.dat 16 200/mV 16 0 0 0 0 II\n", r"rec.hea names 'gone.dat', which is not there"),
        ("rec 1 100 100\nrec.dat 17 200/mV 16 0 0 0 0 II\n", r"rec.hea: samples in format 17; expected one of 8, 16"),
        ("rec 5000 100 100\n", r"rec.hea: 5000 channels; expected at most 1024"),
        ("rec 3 100 100\nrec.dat 16 200/mV 16 0 0 0 0 II\n", r"rec.hea"),
        ("rec/2 1 100 100\n../a 50\nb 50\n", r"rec.hea can't be read as a WFDB head: invalid syntax"),
        ("rec/1 1 100 100\nrec 100\n", r"rec.hea has segments, and is a segment itself"),
        ("\n", r"rec.hea can't be read as a WFDB head"),
        ("rec 0 100 100\n", r"rec.hea has no samples"),
    ],
)
def test_a_head_that_can_not_be_is_refused(tmp_path, head, said):
    write(tmp_path, labels=("II",), units=("mV",))
    (tmp_path / "rec.hea").write_text(head)
    with pytest.raises(RecordingError, match=said):
        open_recording(tmp_path / "rec.hea")


def test_a_head_that_promises_more_than_any_disk_holds_costs_nothing(tmp_path):
    write(tmp_path, labels=("II",), units=("mV",))
    head = tmp_path / "rec.hea"
    head.write_text(head.read_text().replace(" 2000\n", " 99999999999999\n"))
    assert len(open_recording(head).signal("ecg").pieces[0].samples) == 2000
