"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.evaluation.music.tables import Section, Table, told


@dataclass(frozen=True)
class Circumstances:
    date: str
    machine: str
    command: str
    seconds: float
    sensors: str
    weights: str


def report(sections: Sequence[Section], made: Circumstances, quick: bool) -> str:
    """What was asked and reached first, then every part."""
    rows = [
        (f.name, f.asked, told(f.value, 3), "–" if not f.known else "reached" if f.reached else "not reached")
        for section in sections
        for f in section.figures
    ]
    parts = [
        "# How well affect is estimated",
        _opening(made),
        *(["**A quick look at few people: no figure below is a result.**"] if quick else []),
        "## Reached and not reached",
        Table(("figure", "asked", "measured", ""), tuple(rows)).markdown(),
    ]
    for section in sections:
        parts += [f"## {section.title}", section.words, *(table.markdown() for table in section.tables)]
    return "\n\n".join(parts) + "\n"


def _opening(made: Circumstances) -> str:
    return (
        f"Made on {made.date} by `{made.command}` on {made.machine}, in {made.seconds / 60:.1f} min. Everything below "
        f"is written by that command. Readings came from the sensors' code with hash `{made.sensors}`; every estimate "
        "went through the code that runs live: usual level, estimator, smoothing of 12 s. The weights that ship "
        f"(`{made.weights}`) were fitted on everyone; the figures are of fits without the person."
    )
