"""Where a melody comes back: which bars state a theme, and which return to it or vary it."""

from __future__ import annotations

from collections.abc import Sequence

from models.music.tokens import GRID, WrittenBar

TREATMENTS = ("free", "state", "return", "vary")
LEAST_NOTES = 4  # of two bars, to be a theme
FARTHEST = 2**16 - 1  # bars back that can be written down

Contour = tuple[tuple[int, int], ...]


def treatments(bars: Sequence[WrittenBar]) -> list[tuple[int, int]]:
    """(index into `TREATMENTS`, bars back to the model) of each bar.

    Two bars return when rhythm and intervals of two earlier bars come again in any transposition, and vary when
    rhythm and direction do; the first occurrence is then the statement.
    """
    exact: dict[tuple[Contour, Contour], int] = {}
    loose: dict[tuple[Contour, Contour], int] = {}
    found = [(0, 0)] * len(bars)
    for index in range(len(bars) - 1):
        pair = bars[index], bars[index + 1]
        key, shape = _contour(pair, exactly=True), _contour(pair, exactly=False)
        if len(key[0]) + len(key[1]) < LEAST_NOTES:
            continue
        first, similar = exact.setdefault(key, index), loose.setdefault(shape, index)
        model, kind = (first, 2) if first < index else (similar, 3)
        if model <= index - 2 and index - model <= FARTHEST:
            for offset in (0, 1):
                found[index + offset] = (kind, index - model)
                if found[model + offset][0] == 0:
                    found[model + offset] = (1, 0)
    return found


def _contour(pair: Sequence[WrittenBar], exactly: bool) -> tuple[Contour, Contour]:
    """(place, step from the note before) of each melody note in two bars; only the step's direction unless exactly."""
    before: int | None = None
    rows: list[Contour] = []
    for bar in pair:
        row = []
        for note in bar.notes:
            if note.role == "melody":
                step = 0 if before is None else note.pitch - before
                row.append((round(note.start_beat * GRID), step if exactly else (step > 0) - (step < 0)))
                before = note.pitch
        rows.append(tuple(row))
    return rows[0], rows[1]
