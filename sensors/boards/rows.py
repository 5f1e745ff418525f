"""What BrainFlow's boards measure, in which rows and units, and how they count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SensorError, StreamInfo
from sensors.recordings.labels import channel_name

IN_G = ("muse*", "cyton*", "ganglion*", "unicorn", "emotibit", "synthetic")

ROWS: tuple[tuple[str, str, float, tuple[str, ...]], ...] = (
    ("eeg", "eeg_channels", 1.0, ("*",)),
    ("ecg", "ecg_channels", 1e-3, ("callibri_ecg",)),
    ("ppg", "ppg_channels", 1.0, ("*",)),
    ("eda", "eda_channels", 1.0, ("emotibit", "synthetic")),
    ("acc", "accel_channels", 1.0, IN_G),
    ("temp", "temperature_channels", 1.0, ("emotibit", "synthetic")),
)
"""Modality, BrainFlow's rows, what a value is worth in our unit, and the boards for which that is known.

BrainFlow gives EEG and ECG in microvolts and promises no unit for the rest. Boards that offer the same rows as EEG,
ECG and EMG (Cyton, Ganglion) are taken as EEG.
"""

ONE_OF: Mapping[str, tuple[tuple[str, int], ...]] = {"ppg": (("muse*", 1), ("emotibit", 2), ("*", 0))}
"""The best of several colours: infrared where it goes through the forehead, green on the arm."""
AXES = ("x", "y", "z")

COUNTED: tuple[tuple[str, int, int, int], ...] = (
    ("synthetic", 0, 1, 256),
    ("synthetic", 1, 1, 256),
    ("cyton", 0, 1, 256),
    ("muse_s_athena", -1, 0, 0),
    ("muse*", 0, 12, 65536),
    ("muse*", 1, 3, 65536),
    ("muse*", 2, 6, 65536),
)
"""Board, preset, samples that share a package's number, and where the numbers begin again. Others tell no losses."""

COMMANDS: tuple[tuple[str, str], ...] = (("muse_2", "p50"), ("muse_s", "p61"))
"""What has to be asked for before it streams: the pulse."""

WHERE: tuple[tuple[str, str], ...] = (
    (r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", "mac_address"),
    (r"\d+(?:\.\d+){3}", "ip_address"),
    (r"/.+|COM\d+", "serial_port"),
    (r"[^:]+", "serial_number"),
)
"""What is told by the shape of PORT; anything else is the name a device gives itself by radio."""


@dataclass(frozen=True)
class Share:
    """One stream, as rows of one preset's table."""

    info: StreamInfo
    preset: int
    rows: tuple[int, ...]
    worth: float

    def of(self, table: NDArray[np.float64]) -> NDArray[np.float32]:
        """`table` (row, time) -> (time, channel)."""
        return np.ascontiguousarray(table[list(self.rows)].T * self.worth, dtype=np.float32)


def shares(board: str, presets: Mapping[int, Mapping[str, Any]]) -> tuple[Share, ...]:
    """Streams of a board, from BrainFlow's description of each preset; one of each modality."""
    found: dict[str, Share] = {}
    for preset, told in sorted(presets.items()):
        for modality, key, worth, known in ROWS:
            rows = tuple(told.get(key, ()))
            is_eeg_too = modality == "ecg" and rows == tuple(told.get("eeg_channels", ()))
            if rows and modality not in found and not is_eeg_too and any(fnmatch(board, name) for name in known):
                rows = best(board, modality, rows)
                info = StreamInfo(modality, modality, channels(modality, rows, told), float(told["sampling_rate"]))
                found[modality] = Share(info, preset, rows, worth)
    return tuple(found.values())


def best(board: str, modality: str, rows: tuple[int, ...]) -> tuple[int, ...]:
    for name, index in ONE_OF.get(modality, ()):
        if fnmatch(board, name):
            return (rows[min(index, len(rows) - 1)],)
    return rows


def channels(modality: str, rows: Sequence[int], told: Mapping[str, Any]) -> tuple[str, ...]:
    if modality == "eeg" and told.get("eeg_names"):
        return tuple(channel_name(name) for name in told["eeg_names"].split(","))
    if modality == "acc" and len(rows) == len(AXES):
        return AXES
    return (modality,) if len(rows) == 1 else tuple(str(number) for number in range(1, len(rows) + 1))


def place_of(port: str) -> dict[str, str | int]:
    """BrainFlow's parameters for where a board is. Raises SensorError."""
    address, colon, number = port.rpartition(":")
    if colon and re.fullmatch(WHERE[1][0], address) and number.isdecimal():
        return {"ip_address": address, "ip_port": int(number)}
    for shape, name in WHERE:
        if re.fullmatch(shape, port, re.IGNORECASE):
            return {name: port}
    if port:
        raise SensorError(f"{port!r} is no place of a board; expected a serial port, an address or a device's name")
    return {}


def recorded(text: str) -> tuple[str, str]:
    """(board, file) of 'BOARD:FILE'. Raises SensorError."""
    board, _, path = text.partition(":")
    if not Path(path).is_file():
        raise SensorError(f"no file {path!r}; expected brainflow:playback:BOARD:FILE, a file that BrainFlow wrote")
    return board, path


class Packages:
    """The numbers a board gives its packages, which tell what is missing."""

    def __init__(self, samples: int, modulus: int) -> None:
        self._samples, self._modulus = samples, modulus
        self._last: float | None = None

    def missing(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Samples missing before each sample, shape (time,). `numbers` (time,) of the samples' packages."""
        steps = np.diff(numbers, prepend=numbers[0] if self._last is None else self._last) % self._modulus
        self._last = float(numbers[-1])
        return np.asarray(np.maximum(steps - 1, 0) * self._samples, dtype=np.int64)


def packages(board: str, preset: int) -> Packages | None:
    for name, its_preset, samples, modulus in COUNTED:
        if fnmatch(board, name) and its_preset in (preset, -1):
            return Packages(samples, modulus) if samples else None
    return None
