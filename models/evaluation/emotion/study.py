"""One corpus, measured once: the estimator on people left out, changed people, and every floor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.emotion import floors
from models.evaluation.emotion.nested import Change, Nested, nested, without
from models.evaluation.emotion.rivals import rivals
from models.evaluation.emotion.standing import Standing, of_windows, standing
from models.training.emotion.distances import Distances
from models.training.emotion.fit import BODY, BRAIN, SIGNALS, Design
from models.training.emotion.people import NAMES

SEED = 20
Done = Callable[[float], object]


def _only(*signals: str) -> Change:
    return without(*(name for name in NAMES if name in SIGNALS and SIGNALS[name] not in signals))


CHANGES: Mapping[str, Mapping[str, Change]] = {
    BODY.corpus: {"heart alone": _only("heart"), "skin alone": _only("skin")},
    BRAIN.corpus: {},
}


@dataclass(frozen=True, eq=False)
class Study:
    """`floors` by name, worst first in no order; `found` holds tracks and choices, `changed` people who wore less,
    `rivals` the recurrent network and both together."""

    design: Design
    people: Sequence[Distances]
    found: Nested
    linear: Standing
    changed: Mapping[str, Standing]
    rivals: Mapping[str, Standing]
    floors: Mapping[str, Standing]
    circular: Sequence[float]
    leaky: float

    @property
    def name(self) -> str:
        return self.design.corpus


def study(people: Sequence[Distances], design: Design, done: Done) -> Study:
    """`done` is told the share that is behind us, 0 to 1."""
    found = nested(people, design, CHANGES[design.corpus], lambda count: done(0.3 * count / len(people)))
    others = rivals(people, design, found.estimators, lambda count: done(0.3 + 0.5 * count / len(people)))
    choice, rng = found.usual_choice, np.random.default_rng(SEED)
    measured = {
        "always calm": floors.majority(people, design),
        "elapsed time alone": floors.elapsed_time(people, design),
        "random body": floors.random_body(people, choice, design, rng),
        "same readings, rest never updated": floors.fixed_rest(people, choice, design),
        "`resting`, set by hand": floors.at_rest_rule(people, design),
    }
    if floors.moving(people):
        measured["movement alone"] = floors.movement(people, design)
    done(0.9)
    turned = [of_windows(draw).mean("balanced") for draw in floors.circular(people, choice, design, rng)]
    return Study(
        design,
        people,
        found,
        standing(found.tracks[""], design.window_s),
        {name: standing(found.tracks[name], design.window_s) for name in CHANGES[design.corpus]},
        others,
        {name: of_windows(windows) for name, windows in measured.items()},
        turned,
        floors.leaky(people, design),
    )
