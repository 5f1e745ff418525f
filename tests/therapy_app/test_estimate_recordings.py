"""Every kind of recording, made of a virtual patient's signals: the heart is found, and a gap stays a gap."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import edfio
import numpy as np
import pytest
import wfdb
from click.testing import CliRunner
from scipy.signal import find_peaks

from models.emotion.resting import Estimator
from sensors.adapters.replay import Sensor as Replay
from sensors.adapters.virtual import Sensor as Patient
from sensors.blocks import Place, SampleBlock, Status
from sensors.recordings.readers import open_recording
from therapy_app.cli import main
from therapy_app.exchange.estimate import estimate_rows

SECONDS = 120
GAP = (60, 75)
UNITS = {"ecg": "mV", "eda": "uS", "eeg": "uV", "ppg": ""}
KINDS = ("a.edf", "a.bdf", "a.xdf", "a.hea", "a.csv", "a.zip", "E4")
Waves = dict[str, tuple[tuple[str, ...], float, np.ndarray]]


@pytest.fixture(scope="module")
def waves() -> Waves:
    """(channels, rate, samples (time, channel)) of two minutes without a gap."""
    patient = Patient.open("typical", Place(lambda: 0.0, np.random.default_rng(3)))
    blocks: dict[str, list[SampleBlock]] = {}
    for second in range(1, SECONDS + 3):
        for item in patient.read(float(second)):
            if isinstance(item, SampleBlock):
                blocks.setdefault(item.info.modality, []).append(item)
    whole: Waves = {}
    for modality in UNITS:
        info, values = blocks[modality][0].info, np.concatenate([block.samples for block in blocks[modality]])
        assert info.rate_hz is not None
        whole[modality] = info.channels, info.rate_hz, values[: round(SECONDS * info.rate_hz)]
    return whole


@pytest.fixture(scope="module")
def xdf_file() -> ModuleType:
    place = Path(__file__).parents[1] / "sensors" / "xdf_file.py"
    spec = importlib.util.spec_from_file_location("xdf_file", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kept(rate_hz: float) -> np.ndarray:
    """Which samples were received."""
    second = np.arange(round(SECONDS * rate_hz)) / rate_hz
    return (second < GAP[0]) | (second >= GAP[1])


def edf(path: Path, waves: Waves, _: ModuleType) -> None:
    """EDF+ with the lowest number where nothing was received."""
    kind = edfio.Bdf if path.suffix == ".bdf" else edfio.Edf
    one = edfio.BdfSignal if path.suffix == ".bdf" else edfio.EdfSignal
    lowest, highest = (-(2**23), 2**23 - 1) if path.suffix == ".bdf" else (-(2**15), 2**15 - 1)
    channels = []
    for modality, (names, rate_hz, samples) in waves.items():
        for name, values in zip(names, samples.T, strict=True):
            limits = (float(np.floor(values.min() - 1)), float(np.ceil(values.max() + 1)))
            scaled = np.rint((values - limits[0]) / (limits[1] - limits[0]) * (highest - lowest)) + lowest
            digital = np.where(kept(rate_hz), scaled, lowest).astype(np.int32 if path.suffix == ".bdf" else np.int16)
            label = f"EEG {name}" if modality == "eeg" else modality.upper()
            told = {"physical_dimension": UNITS[modality], "physical_range": limits, "digital_range": (lowest, highest)}
            channels.append(one.from_digital(digital, rate_hz, label=label, **told))
    kind(channels, annotations=[edfio.EdfAnnotation(GAP[0], GAP[1] - GAP[0], "BAD_ACQ_SKIP all")]).write(path)


def xdf(path: Path, waves: Waves, xdf_file: ModuleType) -> None:
    chunks = []
    for number, (modality, (names, rate_hz, samples)) in enumerate(waves.items(), start=1):
        labels = [(name, {"eeg": "microvolts"}.get(modality, UNITS[modality])) for name in names]
        times_s, there = 500 + np.arange(len(samples)) / rate_hz, kept(rate_hz)
        chunks.append(xdf_file.stream(number, modality, modality.upper(), rate_hz, labels))
        chunks.append(xdf_file.chunked(number, times_s[there], samples[there]))
    path.write_bytes(xdf_file.file(*chunks))


def record(path: Path, waves: Waves, _: ModuleType) -> None:
    (_, rate_hz, samples) = waves["ecg"]
    values = np.where(kept(rate_hz)[:, None], samples, np.nan).astype(float)
    told = {"units": ["mV"], "sig_name": ["ECG"], "p_signal": values, "fmt": ["16"]}
    wfdb.wrsamp(path.stem, fs=rate_hz, write_dir=str(path.parent), **told)


def table(path: Path, waves: Waves, _: ModuleType) -> None:
    (_, rate_hz, samples) = waves["ecg"]
    there = kept(rate_hz)
    rows = zip(np.flatnonzero(there) / rate_hz, samples[there, 0], strict=True)
    path.write_text("time_s,ecg_mv\n" + "".join(f"{time_s},{value}\n" for time_s, value in rows))


def tables(path: Path, waves: Waves, xdf_file: ModuleType) -> None:
    table(path.with_suffix(".csv"), waves, xdf_file)
    with ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".csv"), "ecg.csv")
        archive.writestr(
            "resp.csv", "time_s,resp\n" + "".join(f"{row / 10},{row % 40}\n" for row in range(SECONDS * 10))
        )


def wristband(path: Path, waves: Waves, _: ModuleType) -> None:
    path.mkdir()
    for file, modality in (("BVP.csv", "ppg"), ("EDA.csv", "eda")):
        (_, rate_hz, samples) = waves[modality]
        rows = np.where(kept(rate_hz), samples[:, 0], np.nan)
        (path / file).write_text(f"1644226061\n{rate_hz}\n" + "".join(f"{value}\n" for value in rows))


WRITERS: dict[str, Callable[[Path, Waves, ModuleType], None]] = {
    "a.edf": edf,
    "a.bdf": edf,
    "a.xdf": xdf,
    "a.hea": record,
    "a.csv": table,
    "a.zip": tables,
    "E4": wristband,
}


@pytest.fixture(scope="module", params=KINDS)
def recording(request, waves, xdf_file, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("kind") / request.param
    WRITERS[request.param](path, waves, xdf_file)
    return path


@pytest.fixture(scope="module")
def truth_bpm(waves) -> float:
    """Told from the peaks of the ECG before it was written to any file."""
    (_, rate_hz, samples) = waves["ecg"]
    x = samples[:, 0]
    peaks, _ = find_peaks(x, height=np.median(x) + 0.5 * (x.max() - np.median(x)), distance=rate_hz * 0.35)
    return float(60 / np.median(np.diff(peaks / rate_hz)))


def test_the_heart_is_found_and_the_gap_is_kept(recording, truth_bpm):
    rows = list(estimate_rows(open_recording(recording), Estimator()))
    heart = {row["time_s"]: row["hr_bpm"] for row in rows}
    assert (min(heart), max(heart)) == (1, SECONDS)
    assert np.median([heart[second] for second in range(20, GAP[0])]) == pytest.approx(truth_bpm, rel=0.05)
    assert {heart[second] for second in range(GAP[0] + 10, GAP[1] + 3)} == {""}
    assert np.median([heart[second] for second in range(GAP[1] + 15, SECONDS)]) == pytest.approx(truth_bpm, rel=0.08)


def test_it_is_replayed_with_its_gap_and_unbroken_numbers(recording):
    sensor = Replay.open(f"{recording}@20", Place(lambda: 100.0, np.random.default_rng(0)))
    arrived = [item for tick in range(7 * 4) for item in sensor.read(100 + tick / 4)]
    assert [item.state for item in arrived if isinstance(item, Status)] == ["streaming", "stopped"]
    whole = open_recording(recording)
    for signal in whole.signals:
        blocks = [item for item in arrived if isinstance(item, SampleBlock) and item.info == signal.info]
        assert [block.seq for block in blocks] == list(range(len(blocks)))
        sent = np.concatenate([piece.samples for piece in signal.pieces])
        assert np.array_equal(np.concatenate([block.samples for block in blocks]), sent, equal_nan=True)
        gaps_s = [block.gap_s for block in blocks if block.gap_s]
        assert gaps_s == ([] if signal.info.modality == "resp" else [pytest.approx(GAP[1] - GAP[0], abs=0.05)])


def test_the_command_takes_it(waves, xdf_file, tmp_path):
    edf(tmp_path / "a.edf", waves, xdf_file)
    out = tmp_path / "out.csv"
    done = CliRunner().invoke(main, ["estimate", str(tmp_path / "a.edf"), "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    with out.open(newline="") as file:
        assert sum(row["hr_bpm"] != "" for row in csv.DictReader(file)) > 60
