"""Whatever happens on the way from a body to us, every second has its readings, each a number or a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.emotion.resting import Estimator
from models.person import Baseline, Person
from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock
from sensors.virtual.patients import PATIENTS
from sensors.window import Window

SECONDS = 150
REST = Person(Baseline(180.0, {"hr_bpm": 70.0, "eda_tonic_us": 4.0, "rmssd_ms": 40.0, "eeg_alpha": -0.9}))

Fault = Callable[[SampleBlock, np.random.Generator], list[SampleBlock]]


def with_samples(block: SampleBlock, value: float, start: int = 0) -> list[SampleBlock]:
    samples = block.samples.copy()
    samples[start:] = value
    return [replace(block, samples=samples)]


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
    "cut short": lambda block, rng: [replace(block, samples=block.samples[: int(rng.integers(len(block.samples)))])],
    "not worn": lambda block, rng: [replace(block, contact=False)],
    "after a gap": lambda block, rng: [replace(block, gap_s=float(rng.uniform(0, 100)))],
}


def check_description(patient: str, seed: int, faults: list[Fault]) -> None:
    rng = np.random.default_rng(seed)
    sensor, window = Sensor.open(patient, Place(lambda: 0.0, np.random.default_rng(seed))), Window()
    for second in range(1, SECONDS):
        for block in sensor.read(float(second)):
            if isinstance(block, SampleBlock):
                struck = rng.random() < 0.3
                for arrived in faults[rng.integers(len(faults))](block, rng) if struck else [block]:
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
