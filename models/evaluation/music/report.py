"""The report as Markdown: first what was asked for and what is reached, then every part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.evaluation.music.tables import Figure, Section, Table, told


@dataclass(frozen=True)
class Circumstances:
    """When, where and how the report was made; `skipped` says why a generator is not in it."""

    date: str
    machine: str
    command: str
    seconds: float
    skipped: Mapping[str, str]
    weights: Mapping[str, str]


def report(sections: Sequence[Section], made: Circumstances, corners: Sequence[tuple[str, str]], quick: bool) -> str:
    """`corners` are (words, link to a picture)."""
    figures = [figure for section in sections for figure in section.figures]
    parts = ["# How the composers measure up", _opening(made, quick), "## Reached and not reached", _summary(figures)]
    for section in sections:
        parts += [f"## {section.title}", section.words, *(table.markdown() for table in section.tables)]
    if corners:
        parts += ["## The corners of the plane", *(f"{words}\n\n![Piano roll]({link})" for words, link in corners)]
    return "\n\n".join(parts) + "\n"


def _opening(made: Circumstances, quick: bool) -> str:
    lines = [
        f"Made on {made.date} by `{made.command}` on {made.machine}, in {made.seconds / 60:.1f} min. Everything below "
        "is written by that command. 'Measured by an independent model' is not 'listeners agree': no listening test "
        "stands behind these figures.",
    ]
    if quick:
        lines.append("**A quick look: few pieces, so its figures are rough and none of them is a result.**")
    if made.weights:
        lines.append("Weights: " + ", ".join(f"`{name}` {digest[:12]}" for name, digest in made.weights.items()) + ".")
    lines += [f"`{name}` is not in here: {why}." for name, why in made.skipped.items()]
    return "\n\n".join(lines)


def _summary(figures: Sequence[Figure]) -> str:
    """One row a figure, one column a generator, and in words what is not reached."""
    names = list(dict.fromkeys(figure.generator for figure in figures))
    rows = []
    for name in dict.fromkeys(figure.name for figure in figures):
        own = {figure.generator: figure for figure in figures if figure.name == name}
        asked = next(iter(own.values())).asked
        rows.append((name, asked, *(_cell(own[g]) if g in own else "–" for g in names)))
    table = Table(("figure", "asked", *names), tuple(rows)).markdown()
    return "\n\n".join([table, *(_words(name, [f for f in figures if f.generator == name]) for name in names)])


def _cell(figure: Figure) -> str:
    if not figure.known:
        return "–"
    whole = figure.value == round(figure.value) and figure.bound >= 1
    digits = 0 if whole or abs(figure.value) >= 100 else 3 if figure.bound < 0.1 or 0.98 < figure.bound < 1 else 2
    return f"{told(figure.value, digits)} {'✓' if figure.reached else '✗'}"


def _words(name: str, own: Sequence[Figure]) -> str:
    known = [figure for figure in own if figure.known]
    missed = [figure.name for figure in known if not figure.reached]
    words = [f"`{name}` reaches {len(known) - len(missed)} of {len(known)} figures."]
    words += [f"Not reached: {'; '.join(missed)}."] if missed else []
    unknown = [figure.name for figure in own if not figure.known]
    words += [f"Could not be measured: {'; '.join(unknown)}."] if unknown else []
    return " ".join(words)
