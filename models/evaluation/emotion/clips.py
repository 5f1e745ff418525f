"""What a film's name alone tells of those who watch it: floors for continuous affect, from people without sensors.

CASE (Sharma et al. 2019): 30 people moved a joystick through eight clips. Nothing here is a result of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.training.emotion.people import Array

CLIPS = tuple(range(1, 9))
EVERY_MS = 1000
MIDDLE = 5.0
COLUMNS = {"valence": 1, "arousal": 2}
FLOORS = ("constant 5", "everyone's mean", "mean of the same clip", "mean of the same clip and second")


@dataclass(frozen=True, eq=False)
class Watched:
    """One person's ratings, 0.5 to 9.5, once a second: (second,) for each clip."""

    clips: dict[int, Array]


def watched(folder: Path, measure: str) -> list[Watched]:
    """Everyone's ratings of 'valence' or 'arousal'."""
    people = []
    for file in sorted((folder / "annotations").glob("sub_*.csv.gz")):
        rows = np.genfromtxt(file, delimiter=",", skip_header=1)
        people.append(Watched({clip: _seconds(rows, clip, COLUMNS[measure]) for clip in CLIPS}))
    return people


def _seconds(rows: Array, clip: int, column: int) -> Array:
    """Means over each second of the clip."""
    own: Array = rows[rows[:, 3] == clip]
    times_ms: Array = own[:, 0]
    first_ms = float(times_ms[0])
    seconds = np.floor((times_ms - first_ms) / EVERY_MS).astype(np.int64)
    mean: Array = np.bincount(seconds, own[:, column]) / np.bincount(seconds)
    return mean


def floors(people: list[Watched]) -> dict[str, float]:
    """RMSE of each predictor on people left out: per clip, then the mean of clips and people."""
    errors: dict[str, list[float]] = {name: [] for name in FLOORS}
    for number, one in enumerate(people):
        others = [other for i, other in enumerate(people) if i != number]
        everyone = float(np.mean([other.clips[clip].mean() for other in others for clip in CLIPS]))
        for clip in CLIPS:
            truth = one.clips[clip]
            same = [other.clips[clip] for other in others]
            means = (MIDDLE, everyone, float(np.mean([s.mean() for s in same])))
            guesses = (*(np.full(len(truth), mean) for mean in means), _by_second(same, len(truth)))
            for name, guess in zip(FLOORS, guesses, strict=True):
                errors[name].append(float(np.sqrt(np.mean((truth - guess) ** 2))))
    return {name: float(np.mean(values)) for name, values in errors.items()}


def _by_second(ratings: list[Array], length: int) -> Array:
    """Mean at each second over those who are still watching; the last value stays."""
    padded = np.array([np.pad(r[:length], (0, max(0, length - len(r))), mode="edge") for r in ratings])
    mean: Array = padded.mean(axis=0)
    return mean
