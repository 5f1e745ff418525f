"""EDF and BDF files: the samples other programs read, units from the file, gaps kept, everything odd said in words."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import edfio
import mne
import numpy as np
import pyedflib
import pytest

from sensors.recordings.readers import open_recording
from sensors.recordings.recording import RecordingError

RATE = 64
RNG = np.random.default_rng(4)
EEG_21 = [f"{area}{side}" for area in ("Fp", "F", "C", "P", "O", "A") for side in "12"]
EEG_21 += ["F7", "F8", "T3", "T4", "T5", "T6", "Fz", "Cz", "Pz"]


def channel(label, unit, values, rate_hz=RATE, kind=edfio.EdfSignal):
    values = np.asarray(values, float)
    spread = np.ptp(values) or 1.0
    limits = (float(f"{values.min() - spread / 50:.5g}"), float(f"{values.max() + spread / 50:.5g}"))
    return kind(values, rate_hz, label=label, physical_dimension=unit, physical_range=limits)


def noise(seconds=20, size=40.0, rate_hz=RATE):
    return RNG.standard_normal(seconds * rate_hz) * size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "night.edf"


def streams(recording):
    return {info.stream: (info.channels, info.unit, info.rate_hz) for info in recording.streams}


def test_labels_and_units_become_streams(path):
    ecg_mv, eda_us = noise(size=0.5), 5 + noise(size=0.1, rate_hz=4)
    edfio.Edf(
        [
            channel("EEG Fp1-Ref", "uV", noise()),
            channel("FP2", "mV", noise(size=0.04)),
            channel("EKG", "V", ecg_mv / 1000),
            channel("GSR", "nS", eda_us * 1000, 4),
            channel("Pleth", "", noise(size=1)),
            channel("Resp thorax", "", noise(size=1)),
            channel("Temp", "degC", 33 + noise(size=0.1, rate_hz=4), 4),
            *(channel(f"ACC {axis}", "mg", noise(size=500)) for axis in "XYZ"),
            channel("EOG left", "uV", noise()),
            channel("ECG 2", "", noise()),
        ]
    ).write(path)
    recording = open_recording(path)
    assert streams(recording) == {
        "eeg": (("Fp1", "Fp2"), "uV", 64),
        "ecg": (("ecg",), "mV", 64),
        "eda": (("eda",), "uS", 4),
        "ppg": (("ppg",), "1", 64),
        "resp": (("thorax",), "1", 64),
        "temp": (("temp",), "degC", 4),
        "acc": (("x", "y", "z"), "g", 64),
    }
    assert recording.notes == (
        "channel 'EOG left' is none of the signals that are used here and is left out",
        "channel 'ECG 2' has no unit, so it can't be put into mV; expected one of V, mV, uV, nV, volt, millivolt, "
        "microvolt and is left out",
    )
    assert recording.signal("ecg").pieces[0].samples[:, 0] == pytest.approx(ecg_mv, abs=1e-4)
    assert recording.signal("eda").pieces[0].samples[:, 0] == pytest.approx(eda_us, abs=1e-4)


def test_the_samples_are_those_that_edfio_mne_and_pyedflib_read(path):
    edfio.Edf([channel(f"EEG {site}", "uV", noise()) for site in EEG_21]).write(path)
    ours = open_recording(path).signal("eeg")
    assert ours.info.channels == tuple(EEG_21)
    values = ours.pieces[0].samples.T
    assert values == pytest.approx(np.array([signal.data for signal in edfio.read_edf(path).signals]), abs=1e-4)
    assert values == pytest.approx(mne.io.read_raw_edf(path, verbose="error").get_data() * 1e6, abs=1e-4)
    with pyedflib.EdfReader(str(path)) as reader:
        assert values == pytest.approx(np.array([reader.readSignal(index) for index in range(21)]), abs=1e-4)


def test_bdf_has_24_bits_and_their_sign(tmp_path):
    values = noise()
    edfio.Bdf([channel("AF7", "uV", values, kind=edfio.BdfSignal)]).write(tmp_path / "a.bdf")
    assert open_recording(tmp_path / "a.bdf").signal("eeg").pieces[0].samples[:, 0] == pytest.approx(values, abs=1e-4)


def test_a_pulse_once_a_second_is_events(path):
    edfio.Edf([channel("HR", "bpm", [70.0, 71, 72, 73], 1)]).write(path)
    piece = open_recording(path).signal("hr").pieces[0]
    assert piece.times_s.tolist() == [0, 1, 2, 3]
    assert piece.samples[:, 0] == pytest.approx([70, 71, 72, 73], abs=1e-3)


def test_its_day_and_hour_are_known_unless_it_is_anonymous(path):
    signal = channel("ECG", "mV", noise(size=1))
    edfio.Edf([signal]).write(path)
    assert open_recording(path).began_at is None
    edfio.Edf([signal], recording=edfio.Recording(startdate=date(2024, 2, 29)), starttime=time(23, 59, 58)).write(path)
    assert open_recording(path).began_at == datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


def test_a_day_that_is_still_to_come_is_said_and_not_used(path):
    edfio.Edf([channel("ECG", "mV", noise(size=1))], recording=edfio.Recording(startdate=date(2027, 1, 2))).write(path)
    recording = open_recording(path, lambda: datetime(2026, 12, 1, tzinfo=UTC))
    assert recording.began_at is None
    assert recording.notes == (
        "it says that it began at 2027-01-02 00:00 UTC, which is still to come; that is not used",
    )


@pytest.fixture
def broken_off(path):
    """Eight records of a second, the last three two seconds late."""
    values = noise(8)
    note = edfio.EdfAnnotation(1.5, None, "eyes open")
    content = edfio.Edf([channel("Fp1", "uV", values)], annotations=[note]).to_bytes().replace(b"EDF+C", b"EDF+D")
    for second in (7, 6, 5):
        content = content.replace(f"+{second}\x14\x14".encode(), f"+{second + 2}\x14\x14".encode())
    path.write_bytes(content)
    return values


def test_records_that_begin_later_leave_a_gap(path, broken_off):
    recording = open_recording(path)
    first, second = recording.signal("eeg").pieces
    assert (first.start_s, second.start_s) == (0, 7)
    assert np.concatenate((first.samples, second.samples))[:, 0] == pytest.approx(broken_off, abs=0.01)
    assert (recording.end_s, recording.notes) == (10, ("1 annotations are not used",))


def test_records_that_go_back_in_time_are_left_out_and_noted(path, broken_off):
    path.write_bytes(path.read_bytes().replace(b"+8\x14\x14", b"+2\x14\x14"))
    recording = open_recording(path)
    assert [piece.start_s for piece in recording.signal("eeg").pieces] == [0, 7, 9]
    assert "1 records begin before the one before them ends and are left out" in recording.notes


def test_where_nothing_was_recorded_the_flat_line_is_a_gap(path):
    digital = np.concatenate((np.arange(2 * RATE), np.full(RATE, -32768), np.full(RATE, -32768))).astype(np.int16)
    signal = edfio.EdfSignal.from_digital(
        digital,
        RATE,
        label="EEG Fp1",
        physical_dimension="uV",
        physical_range=(-100, 100),
        digital_range=(-32768, 32767),
    )
    edfio.Edf([signal], annotations=[edfio.EdfAnnotation(2.0, 1.0, "BAD_ACQ_SKIP eeg")]).write(path)
    first, second = open_recording(path).signal("eeg").pieces
    assert (len(first.samples), second.start_s, len(second.samples)) == (2 * RATE, 3, RATE)


@pytest.fixture
def plain(path):
    """Twenty records; the bytes of the file."""
    edfio.Edf([channel("ECG", "mV", noise(size=1))]).write(path)
    return path.read_bytes()


def patched(content: bytes, at: int, field: str, width: int = 8) -> bytes:
    return content[:at] + field.ljust(width).encode() + content[at + width :]


def test_a_last_record_that_is_cut_is_left_out_and_noted(path, plain):
    path.write_bytes(plain[:-10])
    recording = open_recording(path)
    assert len(recording.signal("ecg").pieces[0].samples) == 19 * RATE
    assert recording.notes == (
        "night.edf: its last record is cut short and left out",
        "night.edf says that it has 20 records; 19 are there and read",
    )


@pytest.mark.parametrize(("claim", "notes"), [("99999999", 1), ("3", 1), ("-1", 0)])
def test_what_is_there_is_read_whatever_the_head_says_of_its_length(path, plain, claim, notes):
    path.write_bytes(patched(plain, 236, claim))
    recording = open_recording(path)
    assert len(recording.signal("ecg").pieces[0].samples) == 20 * RATE
    assert len(recording.notes) == notes


CHANNEL = 256 + 16 + 80


@pytest.mark.parametrize(
    ("at", "field", "said"),
    [
        (244, "0", r"night.edf: a record lasts 0 s; expected above 0"),
        (244, "-1", r"night.edf: a record lasts -1 s; expected above 0"),
        (244, "nan", r"night.edf: duration of a record: nan is not finite"),
        (236, "many", r"night.edf: number of records 'many'; expected a whole number from -1 to 99999999"),
        (252, "0   ", r"night.edf: number of channels '0'; expected a whole number from 1 to 1024"),
        (252, "9999", r"night.edf: number of channels '9999'; expected a whole number from 1 to 1024"),
        (252, "900 ", r"night.edf breaks off within its head: \d+ bytes; 900 channels need 230656"),
        (472, "-5", r"night.edf, channel 1: samples in a record '-5'; expected a whole number from 0"),
        (472, "0", r"a record has 0 bytes; expected above 0"),
        (472, "99999999", r"samples in a record '99999999'"),
        (244, "0.000001", r"no samples; channel 'ECG' has 6.4e\+07 Hz \(expected 0.001 to 20000\)"),
        (CHANNEL + 8, "nan", r"no samples; channel 'ECG' has no scale \(physical min nan is not finite\)"),
        (CHANNEL + 8, "low", r"physical min 'low' is no number"),
        (CHANNEL + 24, "32767", r"physical range .* for digital 32767 to 32767"),
        (256, "Mystery", r"channel 'Mystery.*' is none of the signals that are used here"),
    ],
)
def test_a_head_that_can_not_be_is_refused_with_the_field_and_the_rule(path, plain, at, field, said):
    path.write_bytes(patched(plain, at, field, len(field) if at == 252 else 8))
    with pytest.raises(RecordingError, match=said):
        open_recording(path)


@pytest.mark.parametrize("length", [8, 255, 300])
def test_a_file_that_ends_within_its_head_is_refused(path, plain, length):
    path.write_bytes(plain[:length])
    with pytest.raises(RecordingError, match=r"night.edf (has|breaks off)"):
        open_recording(path)


def test_an_empty_file_is_said_to_be_empty(path):
    path.write_bytes(b"")
    with pytest.raises(RecordingError, match=r"night.edf is empty"):
        open_recording(path)


def test_two_channels_of_one_name_are_both_kept(path):
    one, other = noise(), noise()
    edfio.Edf([channel("EEG Fp1", "uV", one), channel("EEG Fp1", "uV", other)]).write(path)
    recording = open_recording(path)
    assert recording.signal("eeg-2").pieces[0].samples[:, 0] == pytest.approx(other, abs=0.01)
    assert recording.notes == ("channel 'EEG Fp1' comes 2 times; each is a stream of its own",)


def test_a_file_is_known_by_its_content_not_its_name(path, plain):
    elsewhere = path.with_suffix(".dat")
    elsewhere.write_bytes(plain)
    assert streams(open_recording(elsewhere)) == {"ecg": (("ecg",), "mV", 64)}
