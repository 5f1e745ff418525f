"""Values that can't be in their unit are told and left out; the other signals stay."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from sensors.recordings.labels import LabelError, meaning
from sensors.recordings.readers import open_recording
from sensors.recordings.recording import RecordingError

RNG = np.random.default_rng(1)


def table(path: Path, rate_hz: float, **columns) -> Path:
    times = np.arange(len(next(iter(columns.values())))) / rate_hz
    rows = zip(times, *columns.values(), strict=True)
    path.write_text("\n".join([",".join(("time_s", *columns)), *(",".join(map(str, row)) for row in rows)]))
    return path


WAVE = RNG.standard_normal(64 * 30)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("eda_us", 4300 + WAVE, "eda is about 4.3e+03 uS, and -10 to 200 uS can be (is it in nS, or a resistance?)"),
        ("ecg_mv", WAVE / 2000, "ecg moves by 0.00"),
        ("ecg_mv", WAVE * 500, "ecg moves by 2.4"),
        ("temp_c", 306 + WAVE / 100, "temp is about 306 degC, and -20 to 60 degC can be (is it in K or F?)"),
        ("eeg_AF7_uv", WAVE / 50_000, "eeg moves by"),
        ("acc_x_g", 9.81 + WAVE / 10, "acc is about 9.8"),
        ("rr_ms", 0.8 + WAVE / 100, "rr is about 0.8"),
        ("hr_bpm", 1.1 + WAVE / 100, "hr is about 1.1"),
    ],
)
def test_a_wrong_unit_is_told_and_the_other_signals_stay(tmp_path, column, values, said):
    path = table(tmp_path / "a.csv", 64, **{column: values, "ppg": WAVE})
    recording = open_recording(path)
    assert [info.stream for info in recording.streams] == ["ppg"]
    assert recording.notes[0].startswith(said)
    assert recording.notes[0].endswith("; it is left out")


def test_a_flat_line_is_no_wrong_unit(tmp_path):
    path = table(tmp_path / "a.csv", 64, ecg_mv=np.zeros(64 * 30), eda_us=np.zeros(64 * 30))
    recording = open_recording(path)
    assert [info.stream for info in recording.streams] == ["ecg", "eda"]
    assert recording.notes == ()


def test_a_spike_or_a_gap_does_not_make_a_unit_wrong(tmp_path):
    values = 4 + WAVE / 10
    values[100:110] = 1e6
    assert open_recording(table(tmp_path / "a.csv", 64, eda_us=values)).notes == ()


def test_an_electrode_that_fails_leaves_the_others(tmp_path):
    broken = WAVE.copy()
    broken[640:] = np.nan
    path = table(tmp_path / "a.csv", 64, eeg_AF7_uv=WAVE * 20, eeg_AF8_uv=broken)
    (piece,) = open_recording(path).signal("eeg").pieces
    assert len(piece.samples) == len(WAVE)
    assert np.isnan(piece.samples[:, 1]).sum() == len(WAVE) - 640


def test_a_recording_longer_than_any_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time_s,rr_ms\n1,800\n2,800\n3000000,800\n")
    with pytest.raises(RecordingError, match=r"a.csv lasts 35 days by its times; expected at most 14"):
        open_recording(path)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "both"
    folder.mkdir()
    table(folder / "eda.csv", 4, eda_us=4 + WAVE[:160] / 10)
    table(folder / "resp.csv", 16, resp=WAVE[:640])
    (folder / "._eda.csv").write_bytes(b"\0\5\x16\7" * 9)
    (folder / ".hidden.csv").write_text("not ours")
    return folder


def test_a_folder_or_zip_of_tables_is_one_recording(tables):
    packed = tables.with_suffix(".zip")
    with ZipFile(packed, "w") as archive:
        for file in tables.iterdir():
            archive.write(file, f"session/{file.name}")
        archive.writestr("__MACOSX/session/._eda.csv", b"\0\5\x16\7")
    for path in (tables, packed):
        recording = open_recording(path)
        assert {info.stream: info.rate_hz for info in recording.streams} == {"eda": 4, "resp": 16}
        assert recording.notes == ()


def test_a_table_that_can_not_be_read_costs_only_itself(tables):
    (tables / "tags.csv").write_text("1644226061.2\n")
    recording = open_recording(tables)
    assert {info.stream for info in recording.streams} == {"eda", "resp"}
    assert recording.notes[0].startswith("tags.csv: no column 'time_s'; columns are")


@pytest.mark.parametrize(
    ("label", "unit", "kind", "found"),
    [
        ("EEG Fp1-Ref", "uV", "", ("eeg", "Fp1", 1.0)),
        ("FP2", "mV", "", ("eeg", "Fp2", 1e3)),
        ("af7", "V", "", ("eeg", "AF7", 1e6)),
        ("F7-T3", "µV", "", ("eeg", "F7-T3", 1.0)),
        ("EEG A2-A1", "uV", "", ("eeg", "A2", 1.0)),
        ("Ch 3", "microvolts", "EEG", ("eeg", "Ch-3", 1.0)),
        ("Fc5.", "uV", "", ("eeg", "FC5", 1.0)),
        ("EEG 26-REF", "uV", "", ("eeg", "26-REF", 1.0)),
        ("ECG II", "V", "", ("ecg", "II", 1e3)),
        ("ECG ECG", "mV", "", ("ecg", "ECG", 1.0)),
        ("EEG EKG1-REF", "uV", "", ("ecg", "1-REF", 1e-3)),
        ("aVF", "mV", "", ("ecg", "aVF", 1.0)),
        ("EKG", "uV", "", ("ecg", "ecg", 1e-3)),
        ("Skin conductance", "S", "", ("eda", "eda", 1e6)),
        ("BVP", "", "", ("ppg", "ppg", 1.0)),
        ("Acc_Z", "mg", "", ("acc", "z", 1e-3)),
        ("Y", "g", "Accelerometer", ("acc", "y", 1.0)),
        ("Heart Rate", "BPM", "", ("hr", "hr", 1.0)),
        ("IBI", "s", "", ("rr", "rr", 1e3)),
    ],
)
def test_labels_that_are_known(label, unit, kind, found):
    meant = meaning(label, unit, kind)
    assert (meant.modality, meant.channel, pytest.approx(meant.worth)) == found


@pytest.mark.parametrize(
    ("label", "unit", "why"),
    [
        ("EOG left", "uV", "none of the signals"),
        ("EEG LOC-REF", "uV", "none of the signals"),
        ("Fp1", "MV", "has the unit 'MV'"),
        ("A1", "uV", "none of the signals"),
        ("SCORE", "uS", "none of the signals"),
        ("Fp1", "", "has no unit, so it can't be put into uV; expected one of V, mV"),
        ("Fp1", "mmHg", "has the unit 'mmHg', so it can't be put into uV"),
        ("EDA", "kOhm", "has the unit 'kOhm', so it can't be put into uS; expected one of S, mS, uS, nS"),
    ],
)
def test_labels_that_are_not_guessed(label, unit, why):
    with pytest.raises(LabelError, match=why):
        meaning(label, unit)
