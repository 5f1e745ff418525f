"""Can a classifier tell the two apart? Area under the curve, cross-validated so that no work stands on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Array = NDArray[np.float64]
FOLDS = 5
HALVINGS = 5
KINDS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)),
    "boosting": GradientBoostingClassifier(n_estimators=80, max_depth=2, subsample=0.7, random_state=0),
}


def auc(first: Array, second: Array, first_groups: Sequence[str], second_groups: Sequence[str], kind: str) -> float:
    """How well rows of `first` (n, f) and of `second` (m, f) are told apart: .5 is not at all, 1 is always.

    Mean over folds that keep groups together; NaN with fewer than two groups on either side.
    """
    folds = min(FOLDS, len(set(first_groups)), len(set(second_groups)))
    if folds < 2:
        return float("nan")
    rows = np.concatenate([first, second])
    truth = np.repeat([0, 1], [len(first), len(second)])
    groups = [f"first {name}" for name in first_groups] + [f"second {name}" for name in second_groups]
    found = []
    for known, judged in StratifiedGroupKFold(folds, shuffle=True, random_state=0).split(rows, truth, groups):
        if len(set(truth[judged])) == 2 and len(set(truth[known])) == 2:
            model = clone(KINDS[kind]).fit(rows[known], truth[known])
            found.append(roc_auc_score(truth[judged], model.predict_proba(rows[judged])[:, 1]))
    return float(np.mean(found)) if found else float("nan")


def auc_alone(first: Array, second: Array) -> float:
    """How well one measure alone tells two sides apart, whichever is higher: .5 not at all, 1 wholly."""
    sides = np.concatenate([np.zeros(len(first)), np.ones(len(second))])
    area = float(roc_auc_score(sides, np.concatenate([first, second])))
    return max(area, 1 - area)


def auc_of_halves(rows: Array, groups: Sequence[str], kind: str) -> float:
    """The same between two halves of one kind of works, mean over halvings: what no difference looks like."""
    names = sorted(set(groups))
    found = []
    for seed in range(HALVINGS):
        chosen = set(np.random.default_rng(seed).permutation(names)[: len(names) // 2].tolist())
        inside = np.array([group in chosen for group in groups])
        halves = [[g for g, i in zip(groups, inside, strict=True) if i == side] for side in (True, False)]
        found.append(auc(rows[inside], rows[~inside], halves[0], halves[1], kind))
    return float(np.mean(found))
