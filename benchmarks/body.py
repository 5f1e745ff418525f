"""Feature extraction, a second of each signal at a time, and an hour of a wristband."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.figure import Figure
from models.emotion.resting import Estimator
from models.person import Baseline, Person
from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock
from sensors.window import Window

SECONDS = 300
LIMITS_MS = {"ecg": 5.0, "ppg": 5.0, "eda": 5.0, "eeg": 5.0}


def _blocks() -> list[SampleBlock]:
    sensor = Sensor.open("typical", Place(lambda: 0.0, np.random.default_rng(7)))
    arrivals = [arrival for second in range(SECONDS) for arrival in sensor.read(float(second + 1))]
    return [arrival for arrival in arrivals if isinstance(arrival, SampleBlock)]


def _per_second_ms(blocks: list[SampleBlock]) -> float:
    """CPU time of `Window` for each second of signal."""
    window, waiting = Window(), iter(blocks)
    block = next(waiting, None)
    begun = time.process_time()
    for second in range(1, SECONDS):
        while block is not None and block.start_s < second:
            window.add(block)
            block = next(waiting, None)
        window.describe(float(second))
    return (time.process_time() - begun) / SECONDS * 1000


def measure() -> list[Figure]:
    blocks = _blocks()
    figures = []
    for modality, limit in LIMITS_MS.items():
        cost = _per_second_ms([block for block in blocks if block.info.modality == modality])
        figures.append(Figure(f"features per second of one {modality.upper()} stream", round(cost, 2), "ms", limit))
    return [*figures, _estimate(blocks)]


def _estimate(blocks: list[SampleBlock]) -> Figure:
    window = Window()
    for second in range(1, 61):
        for block in blocks:
            if second - 1 <= block.start_s < second:
                window.add(block)
        features = window.describe(float(second))
    estimator, person = Estimator(), Person(Baseline(180.0, {"hr_bpm": 70.0, "eda_tonic_us": 4.0, "rmssd_ms": 40.0}))
    begun = time.process_time()
    for _ in range(1000):
        estimator.estimate(features, person)
    return Figure("one estimate of affect", round(time.process_time() - begun, 3), "ms", 1.0)
