"""The people the estimators learn from: their readings second by second, by the code that runs live, with labels."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.usual import STALEST_S
from sensors.blocks import StreamInfo
from sensors.readings import READINGS, Features, Reading
from sensors.recordings.readers import open_recording
from sensors.recordings.recording import Piece, Recording, RecordingError, Signal
from sensors.recordings.seconds import seconds_of

Array = NDArray[np.float64]
NAMES = tuple(READINGS)
HEADBAND = ("F7", "F8", "T5", "T6")
"""The four of the twelve electrodes that lie nearest to a headband's."""
WRIST_REST_S, HEAD_REST_S = 180, 60
LABELS = Path("Processed_data", "Improved_All_Combined_hr_rsp_binary.csv.gz")
WINDOW_S = 10.0


@dataclass(frozen=True, eq=False)
class Recorded:
    """One person. `values` and `qualities` (second, reading), NaN and 0 where absent; `labels` 0 calm, 1 stressed, NaN.

    The first `rest_s` seconds are the baseline: they are never scored. `parts` are the seconds where another recording
    of the same person begins.
    """

    corpus: str
    name: str
    values: Array
    qualities: Array
    labels: Array
    rest_s: int
    parts: tuple[int, ...] = ()

    def moments(self) -> Iterator[Features]:
        """What the live code saw."""
        for second in range(len(self.values)):
            found = np.flatnonzero(np.isfinite(self.values[second])).tolist()
            yield Features(float(second + 1), {NAMES[i]: self._reading(second, i) for i in found})

    def _reading(self, second: int, i: int) -> Reading:
        return Reading(float(self.values[second, i]), float(self.qualities[second, i]), 1.0, WINDOW_S)

    def column(self, name: str) -> Array:
        return self.values[:, NAMES.index(name)]


def table_of(moments: list[Features]) -> tuple[Array, Array]:
    """(values, qualities) of what is fresh."""
    values = np.full((len(moments), len(NAMES)), np.nan)
    qualities = np.zeros_like(values)
    for second, moment in enumerate(moments):
        for name, reading in moment.readings.items():
            if reading.value is not None and reading.age_s <= STALEST_S:
                values[second, NAMES.index(name)] = reading.value
                qualities[second, NAMES.index(name)] = reading.quality
    return values, qualities


def wrists(folder: Path) -> Iterator[Recorded]:
    """Stress-Predict: 34 people with an Empatica E4, rest and three stressors. Raises RecordingError."""
    rows = _labels(folder / LABELS)
    for number in sorted(set(rows[:, 0].astype(int).tolist())):
        recording = open_recording(folder / "Raw_data" / f"S{number:02d}")
        assert recording.began_at is not None
        values, qualities = table_of(seconds_of(recording))
        seconds = np.round(rows[rows[:, 0] == number, 3] - recording.began_at.timestamp()).astype(int) - 1
        inside = (seconds >= 0) & (seconds < len(values))
        labels = np.full(len(values), np.nan)
        labels[seconds[inside]] = rows[rows[:, 0] == number, 4][inside]
        yield Recorded("stress-predict", f"{number:02d}", values, qualities, labels, WRIST_REST_S)


def heads(folder: Path) -> Iterator[Recorded]:
    """EEGMAT: 36 people, three minutes of rest, then one minute of subtracting. Raises RecordingError."""
    files = sorted(folder.rglob("Subject*_1.npz"))
    if not files:
        raise RecordingError(f"no Subject…_1.npz in {folder.name}")
    for file in files:
        calm, busy = (table_of(seconds_of(_eeg(part))) for part in (file, file.with_name(_task(file))))
        labels = np.repeat([0.0, 1.0], [len(calm[0]), len(busy[0])])
        values, qualities = np.concatenate((calm[0], busy[0])), np.concatenate((calm[1], busy[1]))
        yield Recorded("eegmat", file.name[7:9], values, qualities, labels, HEAD_REST_S, (len(calm[0]),))


def _task(file: Path) -> str:
    return file.name.replace("_1.npz", "_2.npz")


def _eeg(file: Path) -> Recording:
    """Times in s from the file's own beginning, samples in uV."""
    with np.load(file, allow_pickle=False) as held:
        names = [str(name) for name in held["ch"]]
        rows = [names.index(name) for name in HEADBAND]
        samples = (held["x"][rows] * float(held["scale_uV"])).T.astype(np.float32)
    info = StreamInfo("eeg", "eeg", HEADBAND, 128.0)
    return Recording(file.name, (Signal(info, (Piece(0.0, samples),)),))


def _labels(file: Path) -> Array:
    """Rows of participant, pulse, breaths, UTC second, label."""
    if not file.is_file():
        raise RecordingError(f"the labels {file.name} are missing")
    with gzip.open(file) as content:
        return np.genfromtxt(content, delimiter=",", skip_header=1)


CORPORA: Mapping[str, Callable[[Path], Iterator[Recorded]]] = {"stress-predict": wrists, "eegmat": heads}
