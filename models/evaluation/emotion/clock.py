"""Does a reading tell the time? Its correlation with elapsed time while the label stays the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.training.emotion.distances import Distances
from models.training.emotion.people import NAMES, Array
from models.usual import scaled

LEAST_S = 120


def reads_clock(people: Sequence[Distances], reading: str) -> tuple[float, float]:
    """(as measured, as the distance that is used): mean over people of r with time over calm seconds."""
    raw = [_r(one, _measured(one, reading)) for one in people]
    used = [_r(one, one.of((reading,))[:, 0]) for one in people]
    return _mean(raw), _mean(used)


def _measured(one: Distances, reading: str) -> Array:
    column = one.person.values[:, NAMES.index(reading)]
    return np.array([scaled(reading, value) if value == value else np.nan for value in column.tolist()])


def _r(one: Distances, values: Array) -> float:
    """Over all calm seconds after the baseline."""
    calm = (one.person.labels == 0) & np.isfinite(values)
    calm[: one.person.rest_s] = False
    seconds = np.flatnonzero(calm)
    if len(seconds) < LEAST_S or np.std(values[seconds]) == 0:
        return np.nan
    return float(np.corrcoef(seconds, values[seconds])[0, 1])


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else np.nan
