"""One estimate of affect."""

from __future__ import annotations

import time
from dataclasses import replace

from benchmarks.features import blocks
from benchmarks.figure import Figure
from models.affect import Estimator
from models.emotion import linear, network
from models.person import Baseline, Person
from sensors.blocks import SampleBlock
from sensors.window import Window


def measure() -> list[Figure]:
    measured = blocks(60)
    return [
        _estimate("one estimate of affect", linear.Estimator(), measured),
        _estimate("one estimate of affect, network", network.Estimator(), measured),
    ]


def _estimate(name: str, estimator: Estimator, blocks: list[SampleBlock]) -> Figure:
    window = Window()
    for second in range(1, 61):
        for block in blocks:
            if second - 1 <= block.start_s < second:
                window.add(block)
        features = window.describe(float(second))
    rest = {"hr_bpm": 70.0, "eda_tonic_us": 4.0, "eda_slope_per_min": 0.0, "eeg_alpha": -1.0, "rmssd_ms": 40.0}
    person = Person(Baseline(180.0, rest))
    begun = time.process_time()
    for second in range(1000):
        now = replace(features, at_s=60.0 + second)
        person = person.after(now)
        estimator.estimate(now, person)
    return Figure(name, round(time.process_time() - begun, 3), "ms", 1.0)
