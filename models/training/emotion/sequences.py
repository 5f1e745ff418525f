"""The last minute before each second of a person, as the recurrent estimator sees it live."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.recent import STEP_S, STEPS
from models.training.emotion.distances import Distances, stretches
from models.training.emotion.people import NAMES, Array
from models.usual import LEAST_QUALITY, scaled


def sequences(one: Distances, names: Sequence[str]) -> Array:
    """(second, step, reading): distances of five seconds' means from the usual level of the second, NaN where absent.

    A reading that is not usable at the second is absent from all its steps. Nothing reaches into another recording.
    """
    columns = [NAMES.index(name) for name in names]
    usable = one.person.qualities[:, columns] >= LEAST_QUALITY
    values = np.where(usable, _scaled(one, names), np.nan)
    levels = np.where(np.isfinite(values), one.levels[:, columns], np.nan)
    table = np.full((len(values), STEPS, len(names)), np.nan)
    for begin, end in stretches(one.person):
        means = _running(values[begin:end])
        for back in range(min(STEPS, 1 + (end - begin - 1) // STEP_S)):
            table[begin + back * STEP_S : end, STEPS - 1 - back] = means[: end - begin - back * STEP_S]
    return table - levels[:, None]


def _scaled(one: Distances, names: Sequence[str]) -> Array:
    tables = [[scaled(name, v) if v == v else np.nan for v in one.person.column(name).tolist()] for name in names]
    return np.array(tables).T


def _running(values: Array) -> Array:
    """(second, reading): mean of what is known in the five seconds up to each."""
    known = np.isfinite(values)
    counts, totals = (_last_five(column) for column in (known.astype(np.float64), np.where(known, values, 0.0)))
    return np.where(counts > 0.5, totals / np.maximum(counts, 1), np.nan)


def _last_five(values: Array) -> Array:
    return np.array(sum(np.pad(values, ((back, 0), (0, 0)))[: len(values)] for back in range(STEP_S)))
