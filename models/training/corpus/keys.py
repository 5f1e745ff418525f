"""The key of every bar: Krumhansl's profiles, and a cost for leaving a key, so that sections keep theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.music.harmony import Key
from models.music.measures import MAJOR_PROFILE, MINOR_PROFILE
from models.training.corpus.score import Steps

Array = NDArray[np.float64]

WINDOW = 4  # bars to either side that a bar's histogram hears
CHANGE = 1.6  # cost of another key, in correlation summed over bars
KEYS = tuple(Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12))


def _unit(profile: Array) -> Array:
    centred = profile - profile.mean()
    norm: Array = centred / np.linalg.norm(centred)
    return norm


PROFILES = np.stack(
    [np.roll(_unit(profile), tonic) for profile in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)]
)


def histograms(notes: Steps, lines: Steps) -> Array:
    """Sounding time of each pitch class in each bar, in beats; (bars, 12). Notes count where they begin."""
    bar = np.searchsorted(lines, notes[:, 0], side="right") - 1
    table = np.zeros((len(lines) - 1, 12))
    np.add.at(table, (np.clip(bar, 0, len(table) - 1), notes[:, 2] % 12), np.minimum(notes[:, 1], 48) / 12)
    return table


def correlations(table: Array) -> Array:
    """Krumhansl correlation of each histogram with the 24 keys of `KEYS`; (rows, 24), 0 for silence."""
    centred = table - table.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    matched: Array = (centred / np.where(norm > 0, norm, 1.0)) @ PROFILES.T
    return matched


def keys_of_bars(notes: Steps, lines: Steps) -> list[Key]:
    """One key a bar: the path of the greatest correlation that pays `CHANGE` for every modulation (Viterbi)."""
    table = histograms(notes, lines)
    padded = np.pad(table, ((WINDOW, WINDOW), (0, 0)))
    heard = sum(padded[shift : shift + len(table)] for shift in range(2 * WINDOW + 1))
    fits = correlations(np.asarray(heard))
    total, came = fits[0].copy(), np.zeros(fits.shape, dtype=np.int8)
    for index in range(1, len(fits)):
        best = int(total.argmax())
        leave = total[best] - CHANGE > total
        came[index] = np.where(leave, best, np.arange(len(KEYS)))
        total = np.where(leave, total[best] - CHANGE, total) + fits[index]
    path = [int(total.argmax())]
    for index in range(len(fits) - 1, 0, -1):
        path.append(int(came[index, path[-1]]))
    return [KEYS[key] for key in reversed(path)]
