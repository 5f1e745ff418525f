"""Speed: each generator in a process of its own."""

from __future__ import annotations

import math

from models.evaluation.music.speed import speed
from models.evaluation.music.study import Study
from models.evaluation.music.tables import Figure, Section, Table, told

ROWS = {  # figure: (words, digits)
    "import_s": ("import of its module, s", 2),
    "load_s": ("load, s", 2),
    "first_bar_ms": ("first bar after load, ms", 1),
    "bar_p50_ms": ("bar of five roles, median, ms", 1),
    "bar_p95_ms": ("bar of five roles, p95, ms", 1),
    "tokens_a_s_alone": ("tokens a second, alone", 0),
    "tokens_a_s_in_32": ("tokens a second, 32 at once", 0),
    "times_real_time": ("times real time, alone", 0),
    "times_real_time_in_32": ("times real time, 32 at once", 0),
    "resident_mb": ("resident memory, one piece, MB", 0),
    "resident_mb_in_32": ("resident memory, 32 at once, MB", 0),
}
ASKED = {
    "bar_p95_ms": (150.0, False),
    "tokens_a_s_alone": (500.0, True),
    "tokens_a_s_in_32": (1600.0, True),
    "times_real_time": (20.0, True),
    "first_bar_ms": (300.0, False),
    "load_s": (1.5, False),
    "resident_mb": (600.0, False),
}


def section(study: Study) -> Section:
    found, figures, said = {}, [], []
    for name, module in study.modules.items():
        try:
            found[name] = speed(module, study.amount.brief)
        except RuntimeError as reason:
            said.append(f"{reason}.")
            continue
        for figure, (bound, at_least) in ASKED.items():
            value = found[name][figure]
            if not math.isnan(value):
                figures.append(Figure(name, ROWS[figure][0], value, bound, at_least))
    rows = tuple(
        (words, *(told(found[name][figure], digits) for name in found)) for figure, (words, digits) in ROWS.items()
    )
    words = (
        "Each in a fresh process, bars asked for as the engine does, at an aim at which all five roles play. Tokens a "
        "second are of whole bars, decoding, masks and plan included. Memory is the most the process held."
    )
    return Section("Speed", " ".join([words, *said]), (Table(("figure", *found), rows),), tuple(figures))
