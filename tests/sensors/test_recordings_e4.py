"""Empatica E4 recordings: what is read, and what is said about everything that can be wrong with one."""

import gzip
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from sensors.recordings.files import Allowance, Lines
from sensors.recordings.readers import open_recording
from sensors.recordings.recording import Recording, RecordingError

BEGAN = 1_644_226_061

FILES = {
    "BVP.csv": f"{BEGAN}.000000\n64.000000\n" + "".join(f"{row % 7}.25\n" for row in range(640)),
    "EDA.csv": f"{BEGAN}.000000\n4.000000\n" + "0.5\n" * 40,
    "TEMP.csv": f"{BEGAN}\r\n4\r\n" + "33.1\r\n" * 40,
    "ACC.csv": f"{BEGAN}.0, {BEGAN}.0, {BEGAN}.0\n32.0, 32.0, 32.0\n" + "0,-32,64\n" * 320,
    "HR.csv": f"{BEGAN + 10}.0\n1.0\n83.0\n84.5\n",
    "IBI.csv": f"{BEGAN}.0, IBI\n1.0,0.9\n1.8,0.8\n6.0,0.75\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "S01"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    return folder


def zipped(folder: Path, inside: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, inside + file.name)
    return path


def summary(recording: Recording) -> list[tuple[object, ...]]:
    return [
        (signal.info, [(piece.start_s, piece.samples.tolist()) for piece in signal.pieces])
        for signal in recording.signals
    ]


def test_every_signal_is_read_in_its_unit_on_one_time_line(folder: Path) -> None:
    recording = open_recording(folder)
    assert recording.began_at == datetime.fromtimestamp(BEGAN, UTC)
    assert [info.stream for info in recording.streams] == ["ppg", "eda", "temp", "acc", "hr", "rr"]
    assert recording.signal("ppg").info.rate_hz == 64
    assert recording.signal("acc").pieces[0].samples[0].tolist() == [0, -0.5, 1.0]
    hr, rr = recording.signal("hr").pieces[0], recording.signal("rr").pieces
    assert hr.times_s.tolist() == [10, 11]
    assert rr[0].samples[:, 0] == pytest.approx([900, 800])
    assert rr[1].times_s.tolist() == [6.0]
    assert (recording.start_s, recording.end_s, recording.notes) == (0, 11, ())


def test_gzipped_files_and_zips_are_the_same_recording(folder: Path) -> None:
    plain = summary(open_recording(folder))
    assert summary(open_recording(zipped(folder))) == plain
    assert summary(open_recording(zipped(folder, "a session/"))) == plain
    for file in list(folder.iterdir()):
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert summary(open_recording(folder)) == plain


def test_one_missing_file_is_noted_and_all_missing_is_an_error(folder: Path) -> None:
    (folder / "EDA.csv").unlink()
    (folder / "HR.csv").unlink()
    assert open_recording(folder).notes == ("EDA.csv is missing",)
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(RecordingError, match=r"S01 holds no Empatica E4 file; expected some of BVP.csv, EDA.csv"):
        open_recording(folder)


def test_a_last_line_that_is_cut_is_left_out_and_noted(folder: Path) -> None:
    (folder / "ACC.csv").write_text(FILES["ACC.csv"] + "0,-3")
    recording = open_recording(folder)
    assert len(recording.signal("acc").pieces[0].samples) == 320
    assert recording.notes == ("ACC.csv: its last line is cut short and left out",)


def test_a_gzip_file_that_breaks_off_keeps_what_is_whole(folder: Path) -> None:
    rng = np.random.default_rng(0)
    text = f"{BEGAN}\n64\n" + "".join(f"{value:.2f}\n" for value in rng.normal(size=5000))
    whole = gzip.compress(text.encode())
    (folder / "BVP.csv").unlink()
    (folder / "BVP.csv.gz").write_bytes(whole[: len(whole) // 2])
    recording = open_recording(folder)
    kept = recording.signal("ppg").pieces[0].samples[:, 0]
    expected = np.array(text.split()[2:], dtype=np.float32)
    assert 2000 < len(kept) < 3000
    assert np.array_equal(kept, expected[: len(kept)])
    assert recording.notes == ("BVP.csv.gz: its end is missing",)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("", "EDA.csv is empty"),
        (f"{BEGAN}\n", "EDA.csv holds no samples"),
        (f"{BEGAN}\n4\n", "EDA.csv holds no samples"),
        (f"{BEGAN}\n4\nnan\n\n", "EDA.csv holds no samples"),
    ],
)
def test_a_file_without_samples_is_noted(folder: Path, content: str, note: str) -> None:
    (folder / "EDA.csv").write_text(content)
    recording = open_recording(folder)
    assert recording.notes == (note,)
    assert "eda" not in [info.stream for info in recording.streams]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("EDA.csv", f"{BEGAN}\n4\n0.5\nabc\n0.5\n", r"EDA.csv, line 4: 'abc' is no number"),
        ("EDA.csv", f"{BEGAN}\n4\n0.5\n\n0.5\n", r"EDA.csv, line 5: line 4 before it is empty"),
        ("EDA.csv", f"{BEGAN}\n4\n0.5,1\n0.5\n", r"EDA.csv, line 3: 2 values; expected 1"),
        ("ACC.csv", f"{BEGAN}\n32\n0,1,2\n0,1\n1,2,3\n", r"ACC.csv, line 4: 2 values; expected 3"),
        ("BVP.csv", "yesterday\n64\n1\n", r"BVP.csv, line 1: start time 'yesterday' is no number"),
        ("BVP.csv", "-5\n64\n1\n", r"BVP.csv, line 1: start time -5; expected seconds since 1970"),
        ("BVP.csv", f"{BEGAN}\n0\n1\n", r"BVP.csv, line 2: rate 0 Hz; expected above 0"),
        ("BVP.csv", f"{BEGAN}\nnan\n1\n", r"BVP.csv, line 2: rate nan; expected a finite number"),
        ("IBI.csv", f"{BEGAN}, IBI\n2,0.9\n1,0.9\n", r"IBI.csv: 1 s comes after 2 s; times must grow"),
        ("BVP.csv", f"{BEGAN}\n64\n1_0\n2\n", r"BVP.csv, line 3: '1_0' is no number"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_rule(folder: Path, file: str, content: str, said: str) -> None:
    (folder / file).write_text(content)
    with pytest.raises(RecordingError, match=said):
        open_recording(folder)


def test_values_that_are_no_numbers_are_a_hole_never_a_value(folder: Path) -> None:
    (folder / "EDA.csv").write_text(f"{BEGAN}\n4\n1\n2\nnan\ninf\n1e300\n6\n7\n")
    first, second = open_recording(folder).signal("eda").pieces
    assert (first.start_s, first.samples[:, 0].tolist()) == (0, [1, 2])
    assert (second.start_s, second.samples[:, 0].tolist()) == (1.25, [6, 7])


def test_a_file_whose_clock_is_hours_off_is_left_out_and_noted(folder: Path) -> None:
    (folder / "TEMP.csv").write_text(f"{BEGAN + 3 * 3600}\n4\n33\n33\n")
    recording = open_recording(folder)
    assert "temp" not in [info.stream for info in recording.streams]
    assert recording.notes == ("TEMP.csv begins +3.0 h away from the others and is left out",)


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "BVP.csv").write_bytes(b"\x00\xff\xfe\n" * 100)
    with pytest.raises(RecordingError, match=r"BVP.csv is no UTF-8 text"):
        open_recording(folder)


def test_what_is_no_zip_is_refused(tmp_path: Path, folder: Path) -> None:
    path = zipped(folder)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(RecordingError, match=r"S01.zip is not a zip file, or its end is missing"):
        open_recording(path)


@pytest.mark.parametrize("inside", ["../EDA.csv", "/etc/EDA.csv", "a/../../EDA.csv", "..\\EDA.csv"])
def test_a_zip_that_points_outside_itself_is_refused(folder: Path, inside: str) -> None:
    path = zipped(folder)
    with ZipFile(path, "a") as archive:
        archive.writestr(inside, "1\n4\n1\n")
    with pytest.raises(RecordingError, match="points outside the archive"):
        open_recording(path)


def test_a_zip_with_two_recordings_is_refused(folder: Path) -> None:
    path = zipped(folder)
    with ZipFile(path, "a") as archive:
        archive.writestr("second/BVP.csv", FILES["BVP.csv"])
    with pytest.raises(RecordingError, match=r"holds BVP.csv more than once; expected one recording"):
        open_recording(path)


def test_a_zip_with_a_damaged_member_is_refused(folder: Path) -> None:
    path = zipped(folder)
    content = bytearray(path.read_bytes())
    with ZipFile(path) as archive:
        member = archive.getinfo("BVP.csv")
    begin = member.header_offset + 30 + len("BVP.csv")
    content[begin : begin + 20] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"BVP.csv is damaged"):
        open_recording(path)


def test_a_small_file_that_unpacks_to_a_huge_one_is_stopped_early(tmp_path: Path) -> None:
    bomb = tmp_path / "BVP.csv.gz"
    bomb.write_bytes(gzip.compress(b"0\n" * 2_000_000))
    assert bomb.stat().st_size < 20_000
    with bomb.open("rb") as stream, pytest.raises(RecordingError, match="holds more than 1 MB; split it"):
        list(Lines(stream, bomb.name, Allowance(2**20)))


def test_a_file_without_lines_is_stopped_early(folder: Path) -> None:
    (folder / "BVP.csv").write_bytes(b"1" * 2_000_000)
    with pytest.raises(RecordingError, match="a line of more than 65536 bytes"):
        open_recording(folder)


@pytest.mark.parametrize("name", ["notes.txt", "recording.edf"])
def test_a_file_of_another_kind_is_refused_with_the_kinds_there_are(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hello")
    with pytest.raises(RecordingError, match=r"there are: an Empatica E4 folder or .zip, a .csv"):
        open_recording(tmp_path / name)


def test_nothing_at_all_is_said_to_be_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no recording at .*gone"):
        open_recording(tmp_path / "gone")


def test_a_person_of_the_stress_predict_study_is_read_whole(tmp_path: Path, shared: Callable[[str], Path]) -> None:
    with tarfile.open(shared("emotion/stress-predict.tar.gz")) as archive:
        members = [member for member in archive if "/S01/" in member.name]
        archive.extractall(tmp_path, members, filter="data")
    recording = open_recording(tmp_path / "stress-predict" / "Raw_data" / "S01")
    assert {info.stream: info.rate_hz for info in recording.streams} == {
        "ppg": 64, "eda": 4, "temp": 4, "acc": 32, "hr": None, "rr": None,
    }  # fmt: skip
    assert recording.notes == ()
    assert 50 * 60 < recording.end_s < 60 * 60
    assert np.median(np.linalg.norm(recording.signal("acc").pieces[0].samples, axis=1)) == pytest.approx(1, abs=0.1)
    intervals = np.concatenate([piece.samples[:, 0] for piece in recording.signal("rr").pieces])
    assert 500 < np.median(intervals) < 1100


def longer(folder: Path, **seconds: float) -> None:
    """Signals of a minute, or as many `seconds` as are given."""
    for name, rate_hz, row in (("BVP", 64, "0.5"), ("EDA", 4, "0.4"), ("TEMP", 4, "33"), ("ACC", 32, "0,0,64")):
        count = round(seconds.get(name, 60) * rate_hz)
        (folder / f"{name}.csv").write_text(f"{BEGAN}\n{rate_hz}\n" + f"{row}\n" * count)


@pytest.mark.parametrize(("rate_hz", "lasts_s"), [("32", 120), ("128", 30)])
def test_a_rate_line_that_contradicts_the_other_files_costs_its_signal(
    folder: Path, rate_hz: str, lasts_s: int
) -> None:
    longer(folder)
    bvp = folder / "BVP.csv"
    bvp.write_text(bvp.read_text().replace("\n64\n", f"\n{rate_hz}\n"))
    recording = open_recording(folder)
    assert "ppg" not in [info.stream for info in recording.streams]
    assert recording.notes == (
        f"BVP.csv lasts {lasts_s} s by its rate of {rate_hz} Hz, the others 60 s: the rate can't be right, "
        "and it is left out",
    )


def test_of_two_files_the_one_with_an_unusual_rate_is_doubted(folder: Path) -> None:
    longer(folder)
    (folder / "TEMP.csv").unlink()
    (folder / "ACC.csv").unlink()
    (folder / "EDA.csv").write_text(f"{BEGAN}\n8\n" + "0.4\n" * 240)
    recording = open_recording(folder)
    assert "eda" not in [info.stream for info in recording.streams]
    assert "EDA.csv lasts 30 s by its rate of 8 Hz, the others 60 s" in recording.notes[-1]


def test_a_file_that_ends_early_is_kept_and_noted(folder: Path) -> None:
    longer(folder, ACC=40)
    recording = open_recording(folder)
    assert recording.signal("acc").end_s == 40
    assert recording.notes == ("ACC.csv lasts 40 s by its rate of 32 Hz, the others 60 s: its end is missing",)


def test_files_of_another_session_are_left_out_and_noted(folder: Path) -> None:
    longer(folder)
    for file in ("EDA.csv", "IBI.csv"):
        (folder / file).write_text((folder / file).read_text().replace(str(BEGAN), str(BEGAN + 90)))
    recording = open_recording(folder)
    assert {info.stream for info in recording.streams} == {"ppg", "temp", "acc", "hr"}
    assert recording.notes == (
        "EDA.csv begins +90 s away from the others and is left out",
        "IBI.csv begins +90 s away from the others and is left out",
    )


def test_two_recordings_in_equal_parts_are_refused(folder: Path) -> None:
    longer(folder)
    for file in ("EDA.csv", "TEMP.csv", "HR.csv"):
        (folder / file).write_text(
            (folder / file).read_text().replace(str(BEGAN)[:-3], str(BEGAN)[:-3].replace("1644", "1645"))
        )
    with pytest.raises(RecordingError, match=r"S01 mixes two recordings, begun 277.8 h apart: BVP.csv, .*; and "):
        open_recording(folder)


def test_files_that_begin_some_seconds_apart_are_asked_about(folder: Path) -> None:
    longer(folder)
    (folder / "EDA.csv").write_text((folder / "EDA.csv").read_text().replace(str(BEGAN), str(BEGAN + 7)))
    assert open_recording(folder).notes == ("its files begin up to 7 s apart: are they of one recording?",)


def test_what_systems_leave_in_folders_and_zips_is_passed_over(folder: Path) -> None:
    (folder / "._BVP.csv").write_bytes(b"\0\5\x16\7")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "tags.csv").write_text("1644226061.2\n")
    packed = zipped(folder, "S01/")
    with ZipFile(packed, "a") as archive:
        archive.writestr("__MACOSX/S01/._BVP.csv", b"\0\5\x16\7")
        archive.writestr("S01/__MACOSX/BVP.csv", b"\0\5\x16\7")
    assert open_recording(folder).notes == ()
    assert summary(open_recording(packed)) == summary(open_recording(folder))
