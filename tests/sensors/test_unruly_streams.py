"""Whatever happens on the way from a body to us, every second has its readings, each a number or a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.emotion.resting import Estimator
from models.person import Baseline, Person
from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock, StreamInfo
from sensors.virtual.faults import EVERY
from sensors.virtual.patients import PATIENTS
from sensors.window import Window

SECONDS = 150
REST = Person(Baseline(180.0, {"hr_bpm": 70.0, "eda_tonic_us": 4.0, "rmssd_ms": 40.0, "eeg_alpha": -0.9}))

Fault = Callable[[SampleBlock, np.random.Generator], list[SampleBlock]]


def with_samples(block: SampleBlock, value: float, start: int = 0) -> list[SampleBlock]:
    samples = block.samples.copy()
    samples[start:] = value
    return [replace(block, samples=samples)]


def shortened(block: SampleBlock, count: int) -> SampleBlock:
    times_s = None if block.times_s is None else block.times_s[:count]
    return replace(block, samples=block.samples[:count], times_s=times_s)


def twice(block: SampleBlock) -> np.ndarray | None:
    return None if block.times_s is None else block.times_s.repeat(2)


def thinned(block: SampleBlock, every: int) -> SampleBlock:
    times_s = None if block.times_s is None else block.times_s[::every]
    return replace(block, samples=block.samples[::every], times_s=times_s)


def other_rate(info: StreamInfo) -> StreamInfo:
    return info if info.rate_hz is None else replace(info, rate_hz=info.rate_hz * 1.5)


def moved(block: SampleBlock, by_s: float) -> SampleBlock:
    times_s = None if block.times_s is None else block.times_s + by_s
    return replace(block, start_s=block.start_s + by_s, times_s=times_s)


def mixed(block: SampleBlock, rng: np.random.Generator) -> SampleBlock:
    times_s = None if block.times_s is None else rng.permutation(block.times_s) - rng.uniform(0, 3)
    return replace(block, start_s=block.start_s + float(rng.normal(0, 0.3)), times_s=times_s)


FAULTS: dict[str, Fault] = {
    "lost": lambda block, rng: [],
    "no number": lambda block, rng: with_samples(block, np.nan),
    "no number from here on": lambda block, rng: with_samples(block, np.nan, int(rng.integers(len(block.samples)))),
    "infinite": lambda block, rng: with_samples(block, np.inf, int(rng.integers(len(block.samples)))),
    "zero": lambda block, rng: with_samples(block, 0.0),
    "frozen": lambda block, rng: with_samples(block, float(block.samples[0, 0])),
    "another unit": lambda block, rng: [replace(block, samples=block.samples * np.float32(1e6))],
    "twice": lambda block, rng: [block, block],
    "from the past": lambda block, rng: [replace(block, start_s=block.start_s - float(rng.uniform(0, 30)))],
    "from the future": lambda block, rng: [replace(block, start_s=block.start_s + float(rng.uniform(0, 8)))],
    "cut short": lambda block, rng: [shortened(block, int(rng.integers(len(block.samples))))],
    "not worn": lambda block, rng: [replace(block, contact=False)],
    "half the samples": lambda block, rng: [thinned(block, 2)],
    "twice the samples": lambda block, rng: [replace(block, samples=block.samples.repeat(2, 0), times_s=twice(block))],
    "at another rate": lambda block, rng: [replace(block, info=other_rate(block.info))],
    "poor by its own account": lambda block, rng: [replace(block, quality=float(rng.uniform(0, 0.3)))],
    "an hour back": lambda block, rng: [moved(block, -3600.0)],
    "times mixed up": lambda block, rng: [mixed(block, rng)],
    "after a gap": lambda block, rng: [replace(block, gap_s=float(rng.uniform(0, 100)))],
}


def check_description(patient: str, seed: int, faults: list[Fault]) -> None:
    rng = np.random.default_rng(seed)
    sensor, window = (
        Sensor.open(f"{patient}/{','.join(EVERY)}", Place(lambda: 0.0, np.random.default_rng(seed))),
        Window(),
    )
    for second in range(1, SECONDS):
        arriving: list[SampleBlock] = []
        for block in sensor.read(float(second)):
            if isinstance(block, SampleBlock):
                struck = rng.random() < 0.3
                arriving += faults[rng.integers(len(faults))](block, rng) if struck else [block]
        if rng.random() < 0.3:
            arriving = [arriving[place] for place in rng.permutation(len(arriving))]
        for arrived in arriving:
            window.add(arrived)
        features = window.describe(float(second))
        for name, reading in features.readings.items():
            assert reading.value is not None or reading.reason, name
        affect = Estimator().estimate(features, REST)
        assert affect.state == "known" or affect.reason


@pytest.mark.parametrize("patient", PATIENTS)
def test_every_patient_is_described_whatever_goes_wrong(patient: str) -> None:
    check_description(patient, seed=5, faults=list(FAULTS.values()))


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_breaks_the_description(fault: str) -> None:
    check_description("dropout", seed=11, faults=[FAULTS[fault]])
