"""What a part of the evaluation hands to the report: tables, plain words, and figures beside what was asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`heads` over `rows` of as many cells; `words` says how to read it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: str = ""

    def __post_init__(self) -> None:
        if bad := [row for row in self.rows if len(row) != len(self.heads)]:
            raise ValueError(f"row {bad[0]} under {self.heads}; expected {len(self.heads)} cells")

    def markdown(self) -> str:
        lines = [self.heads, ("---",) * len(self.heads), *self.rows]
        table = "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)
        return f"{self.words}\n\n{table}" if self.words else table


@dataclass(frozen=True)
class Figure:
    """One number of one generator, and the bound it was asked to keep: `at_least`, or else at most. NaN is no number.

    `bound` of NaN means that nothing was asked.
    """

    generator: str
    name: str
    value: float
    bound: float = math.nan
    at_least: bool = True

    @property
    def known(self) -> bool:
        return not math.isnan(self.value)

    @property
    def reached(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def asked(self) -> str:
        return "" if math.isnan(self.bound) else f"{'≥' if self.at_least else '≤'} {self.bound:g}"


@dataclass(frozen=True)
class Section:
    title: str
    words: str
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()


def told(value: float, digits: int = 2) -> str:
    """A number for a cell; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Mean ± standard deviation of the numbers that are known."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return "–"
    mean = sum(known) / len(known)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in known) / len(known))
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def bare(reason: Exception | str) -> str:
    """What is missing without the folder where it was looked for, which belongs to one machine."""
    return str(reason).split(" in /")[0]
