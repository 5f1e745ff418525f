"""How far reports miss estimates, and what learning from them does: `python -m benchmarks.personal DATA`.

DATA holds the unpacked folder `stress-predict`. Its people trained the estimator and set the constants of
`models.personal`: the figures say where those come from, they are no test. `therapy evaluate emotion` tests them on
people left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.resting import REST_S, labels_of, wrist
from models.emotion.linear import Estimator
from models.evidence import ANCHOR
from models.person import Person, rest_of
from models.personal import Personal, Told
from models.smoothing import Smoothing
from sensors.readings import Features

WINDOW_S = 60
SLIDER_SD = 0.2
"""No one hits a slider exactly."""
COUNTS = (1, 2, 4, 8)
DRAWS = 20

Numbers = NDArray[np.float64]


def arousals(moments: list[Features]) -> Numbers:
    """Smoothed arousal of each second, NaN where unknown."""
    person, smoothing, estimator = Person(rest_of(moments[:REST_S], float(REST_S))), Smoothing(), Estimator()
    felt = np.full(len(moments), np.nan)
    for second, moment in enumerate(moments):
        person = replace(person, usual=person.usual.after(moment))
        affect, smoothing = smoothing.after(estimator.estimate(moment, person))
        felt[second] = affect.arousal.value if affect.arousal else np.nan
    return felt


def windows(felt: Numbers, labels: Numbers) -> Iterator[tuple[float, float]]:
    """(anchor of the label, mean estimate) of each minute under one label that is known for a third at least."""
    for start in range(REST_S, len(felt) - WINDOW_S, WINDOW_S):
        said, seen = labels[start : start + WINDOW_S], felt[start : start + WINDOW_S]
        if len(set(said)) == 1 and np.isfinite(said[0]) and np.isfinite(seen).mean() > 1 / 3:
            yield ANCHOR * (2 * said[0] - 1), float(np.nanmean(seen))


def balanced(anchors: Numbers, felt: Numbers) -> float:
    return float(np.mean([(felt[anchors == anchor] * anchor > 0).mean() for anchor in np.unique(anchors)]))


def gain(minutes: Numbers, count: int, rng: np.random.Generator) -> float:
    """Balanced accuracy gained in the second half by this many reports in the first; NaN where it has one label."""
    half = len(minutes) // 2
    asked = minutes[np.linspace(0, half - 1, count).round().astype(int)]
    said = np.clip(asked[:, 0] + SLIDER_SD * rng.normal(size=count), -1, 1)
    told = Personal().after(Told(float(e), float(s)) for e, s in zip(asked[:, 1], said, strict=True))
    anchors, felt = minutes[half:].T
    if len(np.unique(anchors)) < 2:
        return float("nan")
    moved = told.mean_estimated + told.bias + told.gain * (felt - told.mean_estimated)
    return balanced(anchors, moved) - balanced(anchors, felt)


def people(data: Path) -> Iterator[Numbers]:
    """One person's minutes, shape (minute, 2)."""
    for number, labels in sorted(labels_of(data / "stress-predict").items()):
        began, moments = wrist(data / "stress-predict", number)
        said = np.array([labels.get(began + moment.at_s, np.nan) for moment in moments])
        minutes = np.array(list(windows(arousals(moments), said)))
        if len(minutes) and len(np.unique(minutes[:, 0])) == 2:
            yield minutes


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(data: Path) -> None:
    everyone = list(people(data))
    misses = [minutes[:, 0] - minutes[:, 1] for minutes in everyone]
    bias = [
        np.mean([miss[minutes[:, 0] == anchor].mean() for anchor in (-ANCHOR, ANCHOR)])
        for minutes, miss in zip(everyone, misses, strict=True)
    ]
    click.echo(f"{len(everyone)} people; bias differs between them by SD {np.std(bias):.2f}")
    click.echo(f"a report misses an estimate by SD {np.mean([miss.std() for miss in misses]):.2f} within a person")
    rng = np.random.default_rng(0)
    for count in COUNTS:
        gains = np.array([[gain(minutes, count, rng) for minutes in everyone] for _ in range(DRAWS)])
        gains = gains[np.isfinite(gains)]
        worse, better = ((sign * gains > 0.02).mean() for sign in (-1, 1))
        told = (
            f"{100 * gains.mean():+.1f} points of balanced accuracy; worse by over 2: {worse:.0%}, better: {better:.0%}"
        )
        click.echo(f"{count} reports: {told}")


if __name__ == "__main__":
    main()
