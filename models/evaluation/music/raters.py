"""An independent judge of valence and arousal: ridge and trees fitted on VGMIDI's raters, inside the evaluation only.

Nothing that ships is fitted on these ratings, and no figure from them is a promise about patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.evaluation.music.hearing import Array, Passage, features, passage
from models.music.plan import PerformedBar
from models.training.corpus.archives import content
from models.training.corpus.metre import bar_lines
from models.training.corpus.midi import read_midi
from models.training.corpus.score import Refused, Score
from models.training.labels_check import Rated, correlation, rated_pieces

SCALES = ("valence", "arousal")
WINDOW_BARS = 8
LEAST_NOTES = 8
FOLDS = 10


@dataclass(frozen=True)
class Ratings:
    """Windows of eight bars: features (n, 18), mean ratings (n, 2) as valence and arousal, whose piece each is (n,)."""

    features: Array
    ratings: Array
    piece: NDArray[np.intp]
    unreadable: tuple[str, ...] = ()


def read_ratings(folder: Path) -> Ratings:
    """All labelled pieces of an unpacked VGMIDI; a file that can't be read is named."""
    rows: list[tuple[Array, Array, int]] = []
    unreadable = []
    for index, piece in enumerate(rated_pieces(folder)):
        try:
            rows += [(heard, rated, index) for heard, rated in _windows(piece)]
        except Refused as reason:
            unreadable.append(f"{piece.file.name}: {reason}")
    heard, rated, owner = zip(*rows, strict=True)
    return Ratings(np.array(heard), np.array(rated), np.array(owner), tuple(unreadable))


def _windows(piece: Rated) -> list[tuple[Array, Array]]:
    """(features, mean ratings) of each eight bars; the raters' curve is laid along the piece as a whole."""
    score = read_midi(content(piece.file))
    lines = bar_lines(score)
    bars = len(lines) - 1
    edges = np.unique(np.linspace(0, bars, max(1, round(bars / WINDOW_BARS)) + 1).round().astype(int))
    found = []
    for first, after in pairwise(edges.tolist()):
        heard = _cut(score, int(lines[first]), int(lines[after]))
        if len(heard.pitch) >= LEAST_NOTES:
            rated = [_mean_between(getattr(piece, scale), first / bars, after / bars) for scale in SCALES]
            found.append((features(heard), np.array(rated)))
    return found


def _mean_between(curve: Array, first: float, after: float) -> float:
    """Mean of a curve over this stretch of it, 0 to 1."""
    at = np.linspace(first, after, 33) * len(curve) - 0.5
    return float(np.interp(at, np.arange(len(curve)), curve).mean())


def _cut(score: Score, first: int, after: int) -> Passage:
    """The notes that begin in these steps, in seconds at the stated tempos."""
    tempos = score.tempos or ((0, 120.0),)
    steps = np.array([step for step, _ in tempos], dtype=float)
    pace = np.array([60 / bpm / 12 for _, bpm in tempos])
    begun = np.concatenate([[0.0], np.cumsum(np.diff(steps) * pace[:-1])])

    def second(step: Array) -> Array:
        at = np.maximum(0, np.searchsorted(steps, step, side="right") - 1)
        moment: Array = begun[at] + (step - steps[at]) * pace[at]
        return moment

    notes = score.notes[(score.notes[:, 0] >= first) & (score.notes[:, 0] < after)].astype(float)
    notes = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    edges = second(np.array([first, after], dtype=float))
    start, end = second(notes[:, 0]), second(notes[:, 0] + notes[:, 1])
    seconds = float(edges[1] - edges[0])
    tempo = 60 * (after - first) / 12 / seconds
    return Passage(start - edges[0], end - start, notes[:, 2], notes[:, 4], seconds, tempo)


def ridge() -> RegressorMixin:
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 4, 21)))


def trees() -> RegressorMixin:
    return ExtraTreesRegressor(80, min_samples_leaf=4, max_features=0.5, random_state=0)


KINDS = {"ridge": ridge, "trees": trees}
JUDGE = "ridge"
"""Of the two the one whose word counts for the figures, chosen with both at hand: cues add up (Eerola et al. 2013), and
trees say nothing new beyond the range of the piano pieces they were fitted on. The report shows both."""


@dataclass(frozen=True)
class Judge:
    """Fitted models for valence and arousal, and their r with raters of pieces they were not fitted on.

    `r_windows` and `r_pieces` hold valence and arousal: the ceiling of what this judge's word is worth.
    """

    kind: str
    models: tuple[RegressorMixin, RegressorMixin]
    r_windows: tuple[float, float]
    r_pieces: tuple[float, float]

    def scores(self, rows: Array) -> Array:
        """(n, 2) valence and arousal of features (n, 18); NaN rows stay NaN."""
        said = np.full((len(rows), 2), np.nan)
        heard = ~np.isnan(rows).any(axis=1)
        if heard.any():
            said[heard] = np.stack([model.predict(rows[heard]) for model in self.models], axis=1)
        return said

    def of_pieces(self, pieces: Sequence[Sequence[PerformedBar]]) -> Array:
        """(n, 2) the means over each piece's windows of eight bars; NaN where nothing sounds."""
        cuts = [
            (bars[at : at + WINDOW_BARS], piece)
            for piece, bars in enumerate(pieces)
            for at in range(0, len(bars), WINDOW_BARS)
        ]
        said = self.scores(np.array([features(passage(cut)) for cut, _ in cuts]))
        known = ~np.isnan(said).any(axis=1)
        owner = np.array([piece for _, piece in cuts])[known]
        sums = np.stack([np.bincount(owner, said[known, column], len(pieces)) for column in range(2)], axis=1)
        counts = np.bincount(owner, minlength=len(pieces))[:, None]
        means: Array = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
        return means


def fit(ratings: Ratings, kind: str) -> Judge:
    """Each piece counts alike however long it is."""
    weights = _weights(ratings)
    said = out_of_fold(ratings, kind)
    models = tuple(_fitted(KINDS[kind](), ratings.features, ratings.ratings[:, column], weights) for column in range(2))
    windows = tuple(correlation(said[:, c], ratings.ratings[:, c]) for c in range(2))
    pieces = tuple(
        correlation(_by_piece(said[:, c], ratings.piece), _by_piece(ratings.ratings[:, c], ratings.piece))
        for c in range(2)
    )
    return Judge(kind, (models[0], models[1]), (windows[0], windows[1]), (pieces[0], pieces[1]))


def folds(ratings: Ratings) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(fitted on, judged) rows; no piece stands on both sides."""
    count = min(FOLDS, len(np.unique(ratings.piece)))
    return list(GroupKFold(count).split(ratings.features, groups=ratings.piece))


def out_of_fold(ratings: Ratings, kind: str) -> Array:
    """What models say of windows whose pieces they have not met, (n, 2)."""
    said = np.zeros_like(ratings.ratings)
    weights, model = _weights(ratings), KINDS[kind]()
    for known, judged in folds(ratings):
        for column in range(2):
            own = _fitted(clone(model), ratings.features[known], ratings.ratings[known, column], weights[known])
            said[judged, column] = own.predict(ratings.features[judged])
    return said


def _fitted(model: RegressorMixin, rows: Array, told: Array, weights: Array) -> RegressorMixin:
    name = f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"
    return model.fit(rows, told, **{name: weights})


def _weights(ratings: Ratings) -> Array:
    counts = np.bincount(ratings.piece)
    return 1.0 / counts[ratings.piece]


def _by_piece(values: Array, piece: NDArray[np.intp]) -> Array:
    return np.array([values[piece == one].mean() for one in np.unique(piece)])
