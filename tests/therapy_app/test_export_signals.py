"""A session's raw signals taken away: other programs read what was received, and so do we."""

from __future__ import annotations

import json
import resource
from io import BytesIO
from zipfile import ZipFile

import edfio
import mne
import numpy as np
import pyedflib
import pytest
from click.testing import CliRunner

from sensors.blocks import SampleBlock, StreamInfo
from sensors.recordings.readers import open_recording
from sensors.recordings.seconds import seconds_of
from therapy_app.cli import main
from therapy_app.engine.fast import run_fast
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.exchange.session_files import EXPORTS
from therapy_app.exchange.signals import ExportError, recorded
from therapy_app.exchange.signals_edf import written
from therapy_app.exchange.whole_file import FileError, write_whole
from therapy_app.records.log import TickRecord, all_events, append
from therapy_app.records.sessions import request_session

RNG = np.random.default_rng(5)
ECG = StreamInfo("strap.ecg", "ecg", ("ecg",), 130.0)
EDA = StreamInfo("eda", "eda", ("eda",), 4.0)
EEG = StreamInfo("eeg", "eeg", ("AF7", "AF8"), 256.0)
RR = StreamInfo("rr", "rr", ("rr",), None)
SKIN = (7 + RNG.standard_normal((80, 1)) / 10).astype(np.float32)
HEART = (RNG.standard_normal((2600, 1)) / 3).astype(np.float32)
BRAIN = (RNG.standard_normal((5120, 2)) * 30).astype(np.float32)
BRAIN[1000:1500, 1] = np.nan
BEATS_MS = (800 + RNG.standard_normal(20) * 40).astype(np.float32)
BEATS_S = 0.5 + np.cumsum(BEATS_MS.astype(float)) / 1000


def cut(info, values, seconds, hole=()):
    """Blocks of a second of what was sampled in `seconds`; those in `hole` never came."""
    size = len(values) // seconds
    kept = [second for second in range(seconds) if second not in hole]
    for seq, second in enumerate(kept):
        lost_s = float(second - kept[seq - 1] - 1) if seq else 0.0
        yield SampleBlock(info, seq, float(second), values[second * size : (second + 1) * size], gap_s=lost_s)


@pytest.fixture
def received(clinic) -> int:
    """Twenty seconds: a heart, skin that was lost from 8 to 11 s, an electrode that failed, and beats."""
    session = clinic.session(status="running")
    blocks = [*cut(ECG, HEART, 20), *cut(EDA, SKIN, 20, {8, 9, 10}), *cut(EEG, BRAIN, 20)]
    blocks.append(SampleBlock(RR, 0, float(BEATS_S[0]), BEATS_MS[:, None], BEATS_S))
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(1, clinic.clock.now, [], blocks)])
    return session


@pytest.fixture
def file(clinic, received, tmp_path):
    def write(form):
        path = tmp_path / f"taken.{EXPORTS[form].ending}"
        path.write_bytes(EXPORTS[form].write(clinic.database, received))
        return path

    return write


def step(channel):
    """What one digital step of a channel is worth."""
    return (channel.physical_max - channel.physical_min) / (channel.digital_max - channel.digital_min)


def test_edf_holds_every_sample_to_half_a_digital_step(file):
    channels = {channel.label: channel for channel in edfio.read_edf(file("edf")).signals}
    assert list(channels) == ["ECG", "EDA", "EEG AF7", "EEG AF8"]
    assert [channel.physical_dimension for channel in channels.values()] == ["mV", "uS", "uV", "uV"]
    skin = channels["EDA"].data.reshape(20, 4)
    for label, received, values in (
        ("ECG", HEART[:, 0], channels["ECG"].data),
        ("EDA", np.delete(SKIN[:, 0].reshape(20, 4), (8, 9, 10), 0).ravel(), np.delete(skin, (8, 9, 10), 0).ravel()),
        ("EEG AF7", BRAIN[:, 0], channels["EEG AF7"].data),
    ):
        assert np.abs(values - received).max() <= step(channels[label]) * 0.501
    assert step(channels["ECG"]) < 5e-5


def test_mne_and_pyedflib_read_the_same_samples_and_see_the_gaps(file):
    path = file("edf")
    raw = {label: mne.io.read_raw_edf(path, include=[label], verbose="error") for label in ("ECG", "EEG AF7")}
    with pyedflib.EdfReader(str(path)) as reader:
        labels = reader.getSignalLabels()
        for label, per_volt in (("ECG", 1e3), ("EEG AF7", 1e6)):
            samples = reader.readSignal(labels.index(label))
            assert raw[label].get_data()[0] * per_volt == pytest.approx(samples, abs=1e-6)
        onsets, durations, texts = reader.readAnnotations()
    skip = ("BAD_ACQ_SKIP eda", 8.0, 3.0)
    assert skip in zip(texts, onsets, durations, strict=True)
    assert skip in [(note["description"], note["onset"], note["duration"]) for note in raw["ECG"].annotations]


def test_edf_names_the_session_and_nobody(file, clinic, received):
    head = file("edf").read_bytes()[:256]
    assert head[8:88].decode().split() == ["X", "X", "X", "X"]
    assert head[88:168].decode().split() == ["Startdate", "22-NOV-2026", f"session-{received}", "X", "therapy"]
    assert b"M-001" not in file("edf").read_bytes()


@pytest.mark.parametrize(("form", "exact"), [("edf", False), ("signals", True)])
def test_our_own_reader_finds_every_stream_sample_and_gap_again(file, clinic, received, form, exact):
    back, sent = open_recording(file(form)), recorded(clinic.database, received)
    assert {info.stream for info in back.streams} == {"ecg", "eda", "eeg", "rr"}
    for signal in sent.signals:
        found = back.signal(signal.info.stream)
        assert (found.info.channels, found.info.rate_hz) == (signal.info.channels, signal.info.rate_hz)
        for one, other in zip(found.pieces, signal.pieces, strict=True):
            assert one.start_s == pytest.approx(other.start_s, abs=1e-9)
            assert one.samples == pytest.approx(other.samples, rel=0, abs=0 if exact else 0.005, nan_ok=True)
    assert [(piece.start_s, len(piece.samples)) for piece in back.signal("eda").pieces] == [(0.0, 32), (11.0, 36)]
    assert np.array_equal(back.signal("rr").pieces[0].samples[:, 0], BEATS_MS)
    assert back.signal("rr").pieces[0].times_s == pytest.approx(BEATS_S, abs=1e-9)


def test_tables_have_the_columns_that_recordings_have(file):
    with ZipFile(file("signals")) as archive:
        heads = {name: archive.read(name).decode().split("\n")[0] for name in archive.namelist()}
        eeg = archive.read("eeg.csv").decode().split("\n")
    assert heads == {
        "ecg.csv": "time_s,ecg_mv",
        "eda.csv": "time_s,eda_us",
        "eeg.csv": "time_s,eeg_AF7_uv,eeg_AF8_uv",
        "rr.csv": "time_s,rr_ms",
    }
    time_s, af7, af8 = eeg[1200].split(",")
    assert (float(time_s), np.float32(af7), af8) == (1199 / 256, BRAIN[1199, 0], "")


def test_a_clock_that_runs_away_begins_a_new_piece_at_its_time(clinic):
    session = clinic.session(status="running")
    blocks = [SampleBlock(ECG, seq, seq * 1.001, HEART[:130]) for seq in range(600)]
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(1, clinic.clock.now, [], blocks)])
    (signal,) = recorded(clinic.database, session).signals
    assert 2 <= len(signal.pieces) <= 4
    last = signal.pieces[-1]
    assert last.start_s + len(last.samples) / 130 == pytest.approx(600 * 1.001, abs=0.26)
    assert sum(len(piece.samples) for piece in signal.pieces) == 600 * 130


def test_a_session_without_signals_says_so(clinic):
    with pytest.raises(ExportError, match="has no signals to write"):
        EXPORTS["edf"].write(clinic.database, clinic.session(status="finished"))


def test_a_range_that_edf_can_not_hold_is_refused(clinic):
    session = clinic.session(status="running")
    huge = np.linspace(-3e8, 3e8, 640, dtype=np.float32)[:, None]
    block = SampleBlock(StreamInfo("ppg", "ppg", ("ppg",), 64.0), 0, 0.0, huge)
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(1, clinic.clock.now, [], [block])])
    with pytest.raises(ExportError, match=r"ppg reaches -3.*e.08, which EDF can't hold; choose the format 'signals'"):
        EXPORTS["edf"].write(clinic.database, session)
    assert len(EXPORTS["signals"].write(clinic.database, session)) > 1000


def test_rates_that_are_no_whole_number_a_second_share_a_record(clinic):
    session = clinic.session(status="running")
    blocks = [
        SampleBlock(StreamInfo("a", "ppg", ("ppg",), 25.6), 0, 0.0, HEART[:512]),
        SampleBlock(StreamInfo("b", "resp", ("resp",), 12.5), 0, 0.0, HEART[:250]),
    ]
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(1, clinic.clock.now, [], blocks)])
    channels = edfio.read_edf(BytesIO(written(recorded(clinic.database, session)))).signals
    assert [channel.sampling_frequency for channel in channels] == [25.6, 12.5]
    assert [len(channel.data) for channel in channels] == [512, 250]


@pytest.fixture
def played(clinic) -> int:
    """Two minutes that were really played."""
    session = request_session(
        clinic.database,
        client_id=clinic.client,
        user_id=1,
        protocol="settle",
        sensors=["virtual"],
        consent_by="1",
        seed=7,
        length_s=120.0,
        status="running",
    )
    run_fast(
        clinic.database,
        Recorder(clinic.database, Reserve(clinic.settings.var / "reserve", 4096)),
        session,
        clinic.clock.now,
    )
    return session


@pytest.mark.parametrize(("form", "tolerance"), [("edf", 0.02), ("signals", 1e-6)])
def test_what_is_read_back_says_what_the_live_session_said(clinic, played, tmp_path, form, tolerance):
    path = tmp_path / f"played.{EXPORTS[form].ending}"
    path.write_bytes(EXPORTS[form].write(clinic.database, played))
    again = {moment.at_s: moment for moment in seconds_of(open_recording(path))}
    compared = 0
    for stored in all_events(clinic.database, played):
        if stored.kind != "features" or stored.at_s not in again:
            continue
        for name, reading in json.loads(stored.body)["readings"].items():
            if reading["value"] is not None:
                compared += 1
                assert again[stored.at_s].value(name) == pytest.approx(reading["value"], rel=tolerance, abs=tolerance)
    assert compared > 500


def run(clinic, session, form, out):
    arguments = [
        "export",
        str(session),
        "--format",
        form,
        "--out",
        str(out),
        "--database",
        clinic.settings.database_url,
    ]
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("form", ["edf", "signals"])
def test_the_command_writes_a_file_that_opens(clinic, received, tmp_path, form):
    out = tmp_path / f"mine.{form}.{EXPORTS[form].ending}"
    done = run(clinic, received, form, out)
    assert (done.exit_code, done.stdout) == (0, f"{out}: {out.stat().st_size} bytes\n")
    assert open_recording(out).signal("ecg").info.rate_hz == 130
    assert run(clinic, received, form, out).stdout.endswith(" bytes, in place of the file that was there\n")


def test_a_folder_that_is_not_there_is_said(clinic, received, tmp_path):
    done = run(clinic, received, "edf", tmp_path / "gone" / "a.edf")
    assert done.exit_code == 1
    assert done.stderr == f"there is no folder {tmp_path / 'gone'}; make it first, or choose another\n"


def test_a_full_disk_leaves_the_old_file_whole_and_no_half_of_a_new_one(tmp_path):
    out = tmp_path / "a.edf"
    out.write_bytes(b"the old one")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(FileError, match=r"a.edf can't be written: file too large; 1000000 bytes are needed"):
            write_whole(out, bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.edf", b"the old one")]


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path):
    with pytest.raises(FileError, match="is a folder; name a file in it"):
        write_whole(tmp_path, b"")


def test_a_gap_too_short_to_show_in_the_times_is_a_gap_all_the_same(clinic):
    session = clinic.session(status="running")
    blocks = [SampleBlock(EDA, 0, 0.0, SKIN[:8]), SampleBlock(EDA, 1, 2.2, SKIN[8:16], gap_s=0.2)]
    with clinic.database.begin() as connection:
        append(connection, session, [TickRecord(1, clinic.clock.now, [], blocks)])
    (signal,) = recorded(clinic.database, session).signals
    assert [(piece.start_s, len(piece.samples)) for piece in signal.pieces] == [(0.0, 8), (2.2, 8)]


@pytest.mark.parametrize("ending", ["edf", "zip"])
def test_what_a_sensor_test_sees_can_be_kept(tmp_path, ending):
    out = tmp_path / f"a.{ending}"
    done = CliRunner().invoke(main, ["sensors", "test", "virtual", "--seconds", "1.5", "--keep", str(out)])
    assert done.exit_code == 0, done.stderr
    assert open_recording(out).signal("ecg").end_s == pytest.approx(1.25, abs=0.5)


def test_a_name_that_does_not_say_what_to_keep_is_refused(tmp_path):
    done = CliRunner().invoke(main, ["sensors", "test", "virtual", "--keep", str(tmp_path / "a.mp3")])
    assert done.exit_code == 2
    assert "'a.mp3'; expected a name that ends with .edf or .zip" in done.stderr
