"""Any bytes at all, given to any reader: a recording of finite numbers, or an error in words. Never anything else."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import edfio
import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.blocks import SensorError
from sensors.recordings.readers import open_recording

RNG = np.random.default_rng(0)
WAVES = RNG.standard_normal((3, 640)) * 40
SLOWEST_S = 5.0
FIELDS = [b"0", b"-1", b"9", b"99999999", b"nan", b"inf", b"1e300", b"-", b"EDF+D", b" ", b"/", b"~", b"\xff", b"\n"]
MARKS = [b"", b"0       ", b"\xffBIOSEMI", b"XDF:", b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"time_s,ppg\n"]
MANY = settings(max_examples=120, deadline=None)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes, within: int | None = None) -> bytes:
    """`whole` with some bytes written over, mostly within the first `within`, and perhaps cut."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, (within or len(content)) - 1))
        what = draw(st.sampled_from(FIELDS) | st.binary(min_size=1, max_size=8))
        content[at : at + len(what)] = what
    return bytes(content[: draw(st.integers(0, len(content)))]) if draw(st.booleans()) else bytes(content)


def survives(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    begun = time.perf_counter()
    try:
        signals = open_recording(path).signals
    except SensorError:
        signals = ()
    for signal in signals:
        for piece in signal.pieces:
            assert len(piece.samples) > 0
            assert np.isfinite(piece.start_s)
            known = np.isfinite(piece.samples)
            assert known.any(axis=1).all() if signal.info.modality == "eeg" else known.all()
    assert time.perf_counter() - begun < SLOWEST_S


def edf_channel(kind, index: int, label: str, unit: str):
    return kind(WAVES[index], 64, label=label, physical_dimension=unit, physical_range=(-500, 500))


EDF = edfio.Edf(
    [edf_channel(edfio.EdfSignal, i, *told) for i, told in enumerate((("EEG Fp1", "uV"), ("ECG", "uV"), ("Resp", "")))],
    annotations=[edfio.EdfAnnotation(1.5, 2.0, "BAD_ACQ_SKIP x"), edfio.EdfAnnotation(1.5, None, "rr 800 ms")],
).to_bytes()
BDF = edfio.Bdf([edf_channel(edfio.BdfSignal, 0, "Fp1", "uV")]).to_bytes()
TABLE = b"time_s,ecg_mv,eda_us,rr_ms\n" + b"".join(b"%g,%g,%g,800\n" % (i / 64, i % 7, i % 5) for i in range(100))


@MANY
@given(content=damaged(EDF, 1280) | damaged(EDF) | damaged(BDF, 512))
def test_edf_and_bdf(folder, content):
    survives(folder / "a.edf", content)


@MANY
@given(data=st.data())
def test_xdf(folder, xdf_file, data):
    times_s = 1000 + np.arange(200) / 64
    whole = xdf_file.file(
        xdf_file.stream(1, "Muse", "EEG", 64, [("TP9", "microvolts"), ("AF7", "microvolts")]),
        xdf_file.stream(2, "Strap", "RR", 0, [("RR", "ms")]),
        xdf_file.chunked(1, times_s, WAVES[:2, :200].T),
        *(xdf_file.clock(1, 1000.0 + s, 0.1 * s) for s in range(4)),
        xdf_file.samples(2, [1000.8, 1001.6], [[800.0], [800.0]]),
    )
    survives(folder / "a.xdf", data.draw(damaged(whole) | damaged(whole, 500)))


@pytest.fixture(scope="module")
def record(folder: Path) -> Path:
    waves = {"sig_name": ["II", "RESP"], "units": ["mV", "pm"], "p_signal": WAVES[:2].T / 40, "fmt": ["212", "212"]}
    wfdb.wrsamp("rec", fs=64, write_dir=str(folder), **waves)
    wfdb.wrann("rec", "atr", np.array([100, 150, 210]), ["N"] * 3, write_dir=str(folder))
    return folder / "rec.hea"


@MANY
@given(data=st.data())
def test_wfdb_heads(record, data):
    whole = record.read_bytes()
    try:
        survives(record, data.draw(damaged(whole)))
    finally:
        record.write_bytes(whole)


@MANY
@given(data=st.data())
def test_wfdb_beats(record, data):
    alone = record.with_name("alone.hea")
    alone.with_suffix(".atr").write_bytes(data.draw(damaged(record.with_suffix(".atr").read_bytes())))
    survives(alone, b"alone 0 64 0\n")


@MANY
@given(content=damaged(TABLE))
def test_tables(folder, content):
    survives(folder / "a.csv", content)


@MANY
@given(
    name=st.sampled_from(["a.edf", "a.csv", "a.csv.gz", "a.xdf", "a.xdfz", "a.zip", "a.hea", "a.bin"]),
    mark=st.sampled_from(MARKS),
    rest=st.binary(max_size=2000),
)
def test_noise_behind_every_mark_and_name(folder, name, mark, rest):
    survives(folder / name, mark + rest)
