"""XDF files: clocks of several machines on one line, lost samples as gaps, damage told and passed over."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sensors.recordings.readers import open_recording
from sensors.recordings.recording import RecordingError

RATE = 64
MUSE = [(site, "microvolts") for site in ("TP9", "AF7", "AF8", "TP10")]
RNG = np.random.default_rng(11)
N = RATE * 40
EEG = RNG.standard_normal((N, 4)) * 20
TIMES_S = 1000 + np.arange(N) / RATE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.xdf"


def head(xdf, **other):
    told = {"number": 1, "name": "Muse", "kind": "EEG", "rate_hz": RATE, "labels": MUSE} | other
    return xdf.stream(**told)


def starts(recording, stream="eeg"):
    return [(round(piece.start_s, 2), len(piece.samples)) for piece in recording.signal(stream).pieces]


def test_streams_are_told_by_their_labels_types_and_units(path, xdf_file):
    path.write_bytes(
        xdf_file.file(
            head(xdf_file),
            xdf_file.stream(2, "Polar H10", "ECG", 130, [("", "uV")]),
            xdf_file.stream(3, "Shimmer", "GSR", 4, [("Skin Conductance", "nS")]),
            xdf_file.stream(4, "Polar RR", "RR", 0, [("RR", "s")]),
            xdf_file.stream(5, "Keyboard", "Markers", 0, [("key", "")], "string"),
            xdf_file.stream(6, "Mouse", "Position", 60, [("left", "px")]),
            xdf_file.chunked(1, TIMES_S, EEG),
            xdf_file.chunked(2, 1000 + np.arange(1300) / 130, RNG.standard_normal((1300, 1)) * 500),
            xdf_file.chunked(3, 1000 + np.arange(40) / 4, np.full((40, 1), 4000.0)),
            xdf_file.samples(4, [1000.9, 1001.7, 1002.5], [[0.9], [0.8], [0.8]]),
            xdf_file.chunked(6, TIMES_S, EEG[:, :1]),
        )
    )
    recording = open_recording(path)
    assert {info.stream: (info.channels, info.unit, info.rate_hz) for info in recording.streams} == {
        "eeg": (("TP9", "AF7", "AF8", "TP10"), "uV", 64),
        "ecg": (("Polar-H10",), "mV", 130),
        "eda": (("eda",), "uS", 4),
        "rr": (("rr",), "ms", None),
    }
    assert np.array_equal(recording.signal("eeg").pieces[0].samples, EEG.astype(np.float32))
    assert recording.signal("eda").pieces[0].samples[0, 0] == pytest.approx(4.0)
    assert recording.signal("rr").pieces[0].samples[:, 0] == pytest.approx([900, 800, 800])
    assert recording.signal("rr").pieces[0].times_s == pytest.approx([0.9, 1.7, 2.5])
    assert recording.began_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert recording.notes == (
        "1 streams of text are not used",
        "Mouse, channel 'left' is none of the signals that are used here and is left out",
    )


def test_a_channel_without_unit_is_told_not_guessed(path, xdf_file):
    path.write_bytes(
        xdf_file.file(head(xdf_file, labels=[("AF7", ""), ("AF8", "uV")]), xdf_file.chunked(1, TIMES_S, EEG[:, :2]))
    )
    recording = open_recording(path)
    assert recording.signal("eeg").info.channels == ("AF8",)
    assert "Muse, channel 'AF7' has no unit, so it can't be put into uV" in recording.notes[0]


def test_jitter_is_smoothed_and_lost_seconds_are_a_gap(path, xdf_file):
    late = TIMES_S + np.repeat(RNG.uniform(0, 0.1, N // 32), 32)
    late[N // 2 :] += 7
    path.write_bytes(xdf_file.file(head(xdf_file), xdf_file.chunked(1, late, EEG)))
    recording = open_recording(path)
    first, second = recording.signal("eeg").pieces
    assert (len(first.samples), len(second.samples)) == (N // 2, N // 2)
    assert second.start_s - first.start_s == pytest.approx(27, abs=0.05)
    assert recording.signal("eeg").info.rate_hz == pytest.approx(RATE, rel=0.002)


def test_clocks_of_two_machines_are_put_on_one(path, xdf_file):
    rr_times_s = 6000 + np.arange(1, 31) * 0.8
    clocks = [xdf_file.clock(1, 1000 + s, 0.0) + xdf_file.clock(2, 6000 + s, -5000.0) for s in range(0, 45, 5)]
    path.write_bytes(
        xdf_file.file(
            head(xdf_file),
            xdf_file.stream(2, "Strap", "RR", 0, [("RR", "ms")]),
            *clocks,
            xdf_file.chunked(1, TIMES_S, EEG),
            xdf_file.samples(2, rr_times_s, np.full((30, 1), 800.0)),
        )
    )
    recording = open_recording(path)
    assert recording.signal("eeg").pieces[0].start_s == pytest.approx(0, abs=1e-3)
    assert recording.signal("rr").pieces[0].times_s == pytest.approx(np.arange(1, 31) * 0.8, abs=1e-3)


def test_a_computer_that_was_restarted_leaves_two_pieces(path, xdf_file):
    own_s = np.concatenate((TIMES_S[: N // 2], 10 + np.arange(N // 2) / RATE))
    clocks = [xdf_file.clock(1, 1000 + s, 0.0) for s in range(0, 20, 2)]
    clocks += [xdf_file.clock(1, 10 + s, 1020.0) for s in range(0, 20, 2)]
    path.write_bytes(xdf_file.file(head(xdf_file), *clocks, xdf_file.chunked(1, own_s, EEG)))
    assert starts(open_recording(path)) == [(0.0, N // 2), (30.0, N // 2)]


def test_times_that_are_left_out_are_worked_out(path, xdf_file):
    times_s = [TIMES_S[0], *[None] * (N - 1)]
    path.write_bytes(xdf_file.file(head(xdf_file), xdf_file.samples(1, times_s, EEG)))
    assert starts(open_recording(path)) == [(0.0, N)]


def test_a_stream_slower_than_it_says_keeps_its_own_times(path, xdf_file):
    path.write_bytes(xdf_file.file(head(xdf_file, rate_hz=128), xdf_file.chunked(1, TIMES_S, EEG)))
    recording = open_recording(path)
    assert recording.signal("eeg").info.rate_hz == 64
    assert recording.notes == ("Muse says 128 Hz, its times say 64 Hz; its times are used",)


def test_values_that_are_no_numbers_are_no_samples(path, xdf_file):
    values = EEG.copy()
    values[100:110] = np.nan
    values[200, 2] = np.inf
    path.write_bytes(xdf_file.file(head(xdf_file), xdf_file.chunked(1, TIMES_S, values)))
    first, second = open_recording(path).signal("eeg").pieces
    assert len(first.samples) == 100
    assert second.start_s == pytest.approx(110 / RATE)
    assert np.isnan(second.samples[90]).tolist() == [False, False, True, False]


def test_a_file_that_breaks_off_keeps_all_whole_chunks(path, xdf_file):
    content = xdf_file.file(head(xdf_file), xdf_file.chunked(1, TIMES_S, EEG))
    path.write_bytes(content[:-100])
    recording = open_recording(path)
    assert starts(recording) == [(0.0, N - 32)]
    assert recording.notes == ("lab.xdf: its last part is cut short and left out",)


def test_packed_files_are_read_and_one_that_breaks_off_keeps_its_beginning(path, xdf_file):
    whole = gzip.compress(xdf_file.file(head(xdf_file), xdf_file.chunked(1, TIMES_S, EEG)))
    packed = path.with_suffix(".xdfz")
    packed.write_bytes(whole)
    assert starts(open_recording(packed)) == [(0.0, N)]
    packed.write_bytes(whole[: len(whole) // 2])
    ((_, count),) = starts(open_recording(packed))
    assert N / 3 < count < 2 * N / 3


def test_a_damaged_chunk_costs_only_itself(path, xdf_file):
    lying = xdf_file.samples(1, TIMES_S[32:64], EEG[32:64])
    lying = lying.replace(b"\x04" + (32).to_bytes(4, "little"), b"\x04" + (2**32 - 1).to_bytes(4, "little"), 1)
    path.write_bytes(
        xdf_file.file(
            head(xdf_file),
            xdf_file.samples(1, TIMES_S[:32], EEG[:32]),
            lying,
            xdf_file.chunked(1, TIMES_S[64:], EEG[64:]),
        )
    )
    recording = open_recording(path)
    assert starts(recording) == [(0.0, 32), (1.0, N - 64)]
    assert recording.notes == ("lab.xdf: 1 damaged parts are left out",)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><info/>", "1 damaged parts"),
        ("<info><channel_count>99999</channel_count><channel_format>float32</channel_format></info>", "1 damaged"),
        ("<info><channel_count>1</channel_count><channel_format>float32</channel_format>", "has a head that can't be"),
        (
            "<info><channel_count>1</channel_count><channel_format>float32</channel_format>"
            "<nominal_srate>nan</nominal_srate></info>",
            r"has nan Hz \(expected 0 to 20000\)",
        ),
    ],
)
def test_a_head_that_can_not_be_is_told(path, xdf_file, xml, said):
    path.write_bytes(xdf_file.file(xdf_file.chunk(2, (1).to_bytes(4, "little") + xml.encode())))
    with pytest.raises(RecordingError, match=rf"lab.xdf has no samples; .*{said}"):
        open_recording(path)


def test_a_clock_that_never_stands_still_is_not_followed(path, xdf_file):
    clocks = [xdf_file.clock(1, 1000 + s / 10, 50.0 * (s % 2)) for s in range(400)]
    path.write_bytes(xdf_file.file(head(xdf_file), *clocks, xdf_file.chunked(1, TIMES_S, EEG)))
    recording = open_recording(path)
    assert starts(recording) == [(0.0, N)]
    assert recording.notes == ("stream 1: its clock jumps more than 100 times and is not mapped",)
