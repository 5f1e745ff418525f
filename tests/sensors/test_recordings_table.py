"""CSV tables: columns named with their units, rates found, holes marked, everything else refused in words."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors.recordings.readers import open_recording
from sensors.recordings.recording import RecordingError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recording.csv"


def write(path: Path, head: str, rows: list[tuple[object, ...]], end: str = "\n") -> None:
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + end)


def test_columns_become_streams_with_their_channels_and_units(path: Path) -> None:
    head = "time_s,ecg_mv,ppg,eda_us,rr_ms,hr_bpm,temp_c,acc_x_g,acc_y_g,acc_z_g,eeg_AF7_uv,eeg_AF8_uv"
    write(path, head, [(row / 10, *(row + column for column in range(11))) for row in range(20)])
    recording = open_recording(path)
    assert [(info.stream, info.channels, info.unit, info.rate_hz) for info in recording.streams] == [
        ("ecg", ("ecg",), "mV", 10.0),
        ("ppg", ("ppg",), "1", 10.0),
        ("eda", ("eda",), "uS", 10.0),
        ("rr", ("rr",), "ms", None),
        ("hr", ("hr",), "bpm", None),
        ("temp", ("temp",), "degC", 10.0),
        ("acc", ("x", "y", "z"), "g", 10.0),
        ("eeg", ("AF7", "AF8"), "uV", 10.0),
    ]
    assert recording.signal("acc").pieces[0].samples[0].tolist() == [6, 7, 8]
    assert recording.notes == ()


@pytest.mark.parametrize("rate_hz", [4, 64, 130, 256, 1000])
def test_the_rate_is_found_even_when_times_are_rounded_to_milliseconds(path: Path, rate_hz: int) -> None:
    write(path, "time_s,ecg_mv", [(f"{row / rate_hz:.3f}", 0.1) for row in range(rate_hz * 10)])
    assert open_recording(path).signal("ecg").info.rate_hz == pytest.approx(rate_hz, rel=1e-3)
    assert len(open_recording(path).signal("ecg").pieces) == 1


def test_columns_of_different_rates_share_a_table(path: Path) -> None:
    rows = [(row / 64, row % 5, row / 16 if row % 16 == 0 else "") for row in range(640)]
    write(path, "time_s,ppg,eda_us", rows)
    recording = open_recording(path)
    assert {info.stream: info.rate_hz for info in recording.streams} == {"ppg": 64, "eda": 4}
    assert recording.signal("eda").pieces[0].samples[:, 0].tolist() == list(range(40))


def test_what_is_no_number_is_a_hole(path: Path) -> None:
    values = [*range(10), "nan", "", "inf", *range(13, 20)]
    write(path, "time_s,eda_us", [(row / 4, value) for row, value in enumerate(values)])
    first, second = open_recording(path).signal("eda").pieces
    assert first.samples[:, 0].tolist() == list(range(10))
    assert (second.start_s, second.samples[0, 0]) == (3.25, 13)


def test_a_clock_that_jumps_by_hours_leaves_a_hole_and_a_note(path: Path) -> None:
    times_s = [*np.arange(20) / 4, *(7200 + np.arange(20) / 4)]
    write(path, "time_s,eda_us", [(time_s, 1) for time_s in times_s])
    recording = open_recording(path)
    assert [piece.start_s for piece in recording.signal("eda").pieces] == [0, 7200]
    assert sum(len(piece.samples) for piece in recording.signal("eda").pieces) == 40
    assert recording.notes == ("time_s jumps by 2.0 h after 4.75 s; nothing is put in between",)


def test_times_since_1970_begin_the_recording_at_its_wall_time(path: Path) -> None:
    write(path, "time_s,eda_us", [(1_700_000_000 + row / 4, 1) for row in range(8)])
    recording = open_recording(path)
    assert recording.began_at is not None
    assert recording.began_at.isoformat() == "2023-11-14T22:13:20+00:00"
    assert recording.start_s == 0


def test_intervals_are_cut_where_beats_are_missing(path: Path) -> None:
    write(path, "time_s,rr_ms", [(1.0, 900), (1.8, 800), (5.0, 800)])
    assert [len(piece.samples) for piece in open_recording(path).signal("rr").pieces] == [2, 1]


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
def test_a_last_line_counts_with_or_without_its_end(path: Path, end: str) -> None:
    write(path, "time_s,eda_us", [(row / 4, 1) for row in range(8)], end)
    assert len(open_recording(path).signal("eda").pieces[0].samples) == 8


def test_a_last_line_that_is_cut_is_left_out_and_noted(path: Path) -> None:
    write(path, "time_s,eda_us", [*((row / 4, 1) for row in range(8)), (2.0,)], "")
    recording = open_recording(path)
    assert len(recording.signal("eda").pieces[0].samples) == 8
    assert recording.notes == ("recording.csv: its last line is cut short and left out",)


def test_semicolons_byte_order_marks_and_gzip_are_read(tmp_path: Path) -> None:
    path = tmp_path / "recording.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbftime_s; eda_us\r\n0;1\r\n0.25;2\r\n"))
    assert open_recording(path).signal("eda").pieces[0].samples[:, 0].tolist() == [1, 2]


KNOWN = r"columns are (time_s, )?ecg_mv, ppg, eda_us, rr_ms, hr_bpm, temp_c, acc_x_g"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("time_s,eda\n0,1\n", rf"unknown column 'eda' without its unit \(do you mean eda_us\?\); {KNOWN}"),
        ("time_s,mood\n0,1\n", rf"unknown column 'mood'; {KNOWN}"),
        ("time,ecg_mv\n0,1\n", rf"no column 'time_s'; {KNOWN}"),
        ("0,1\n1,2\n", "no column 'time_s'"),
        ("", "no column 'time_s'"),
        ("time_s,ppg,ppg\n0,1,1\n", "column 'ppg' comes more than once"),
        ("time_s,ppg\n", "recording.csv has no samples; ppg holds no samples"),
        ("time_s\n0\n1\n", "recording.csv has no samples"),
        ("time_s,ppg\n0,nan\n1,nan\n", "recording.csv has no samples; ppg holds no samples"),
        ("time_s,ppg\n0,1\n0.1,x\n0.2,1\n", r"recording.csv, line 3: 'x' is no number"),
        ("time_s,ppg\n0,1\n0.1\n0.2,1\n", r"recording.csv, line 3: 1 values; expected 2"),
        ("time_s,ppg\n0,1\n,1\n0.2,1\n", r"recording.csv, line 3: time_s is nan; expected seconds"),
        ("time_s,ppg\n5,1\n6,1\n4,1\n", r"line 4: time_s 4 comes after 6; time may not go backwards"),
        ("time_s,ppg\n0,1\n0,1\n1,1\n", r"ppg: 0 s comes after 0 s; times must grow"),
        ("time_s,ppg\n0,1\n", "ppg: one value only; expected at least two"),
        ("time_s,ppg\n0,1\n1,1\n1.1,1\n4,1\n9,1\n9.3,1\n", "of the steps are far from the usual"),
        ("time_s,ppg\n0,1\n0.00001,1\n0.00002,1\n", "ppg: 100000 Hz; expected at least 0.001 and at most 20000"),
    ],
)
def test_what_is_wrong_is_named_with_line_value_and_rule(path: Path, content: str, said: str) -> None:
    path.write_text(content)
    with pytest.raises(RecordingError, match=said):
        open_recording(path)


@given(st.text(alphabet="time_s,ecg_mvpu\n0123456789.-nainfe;\t ", max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_recording_or_refused(path: Path, text: str) -> None:
    path.write_text("time_s,ppg,hr_bpm\n" + text)
    try:
        recording = open_recording(path)
    except RecordingError:
        return
    for signal in recording.signals:
        for piece in signal.pieces:
            assert len(piece.samples) > 0
            assert np.isfinite(piece.samples).all()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_cells_are_told_apart_by_comma_semicolon_or_tab(path: Path, separator: str) -> None:
    rows = [("time_s", "ppg", "eda_us"), *((row / 4, row % 3, row % 5) for row in range(40))]
    path.write_text("\n".join(separator.join(map(str, row)) for row in rows))
    assert [info.stream for info in open_recording(path).streams] == ["ppg", "eda"]


def test_a_table_of_another_name_is_known_by_its_first_line(path: Path) -> None:
    elsewhere = path.with_suffix(".txt")
    elsewhere.write_text("time_s,resp\n" + "".join(f"{row / 4},{row % 7}\n" for row in range(40)))
    assert open_recording(elsewhere).signal("resp").info.rate_hz == 4
