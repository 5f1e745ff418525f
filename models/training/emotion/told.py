"""What weights say of themselves: how they were made, from whom, and how well they do on people left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.evaluation.emotion.standing import Standing
from models.training.emotion.fit import Design


def about(made_by: str, sensors: str, results: Mapping[str, tuple[Design, Standing, Standing]]) -> dict[str, Any]:
    """`results` by corpus: its design, the standing of the estimator and of the resting rule."""
    return {
        "made_by": made_by,
        "sensors": sensors,
        "corpora": [_row(name, *result) for name, result in results.items()],
    }


def _row(name: str, design: Design, found: Standing, resting: Standing) -> dict[str, Any]:
    return {
        "corpus": name,
        "people": len(found.people),
        "window_s": design.window_s,
        "balanced": round(found.mean("balanced"), 4),
        "balanced_95": [round(bound, 4) for bound in found.between],
        "worst": round(found.worst.balanced, 4),
        "auc": round(found.mean("auc"), 4),
        "ece": round(found.ece, 4),
        "coverage": round(found.coverage, 4),
        "width": round(found.width, 4),
        "resting": round(resting.mean("balanced"), 4),
    }
