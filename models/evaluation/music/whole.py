"""The whole evaluation: every part in turn."""

from __future__ import annotations

from collections.abc import Callable

from models.evaluation.music.sections import control, form, likelihood, originality, quality, speed
from models.evaluation.music.study import Study
from models.evaluation.music.tables import Section

PARTS: tuple[Callable[[Study], Section], ...] = (
    control.section,
    quality.section,
    likelihood.section,
    form.section,
    originality.section,
    speed.section,
)


def sections_of(study: Study, done: Callable[[float], object]) -> list[Section]:
    """All sections; `done` is told how many parts are behind us."""
    sections = []
    for count, part in enumerate(PARTS, start=1):
        sections.append(part(study))
        done(count)
    return sections
