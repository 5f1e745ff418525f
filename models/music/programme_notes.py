"""Notes on a composed piece, bar by bar: what the plan wanted, what is measured and why, whose music it comes near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.music.explanation import explain, neighbours, told
from models.music.originality import Originality, melody_of
from models.music.plan import Bar, MusicPlan, PerformedBar

REMEMBERED_BARS = 8
"""How far back a melody is followed when its nearest work is looked for."""
TREATMENTS = {"state": "is first heard", "return": "comes back", "vary": "is varied", "develop": "is developed"}


def explain_piece(
    piece: Sequence[tuple[MusicPlan, Bar, PerformedBar]], index: Originality | None = None
) -> list[dict[str, Any]]:
    """Every bar of the piece as `explanation.told` tells it; with an `index`, the nearest work of each too."""
    performed = [bar for *_, bar in piece]
    rows = []
    for place, (plan, bar, _) in enumerate(piece):
        before = [bar for _, bar, _ in piece[max(0, place - REMEMBERED_BARS) : place]]
        nearest = nearest_work(index, before, bar, plan.beats) if index else None
        rows.append(told(explain(neighbours(performed, place), plan, planned(plan), bar.generator, nearest)))
    return rows


def planned(plan: MusicPlan) -> str:
    """What the plan wants, for music that follows nobody: 'Theme A comes back, bar 3 of 8 in D dorian, at 66 bpm.'"""
    treated = TREATMENTS.get(plan.treatment)
    theme = f"Theme {plan.theme} {treated}" if treated and plan.theme else "A free melody"
    place = f"bar {plan.phrase_bar + 1} of {plan.phrase_bars} in {plan.tonic} {plan.mode}"
    cadence = f", closing {plan.cadence}" if plan.cadence else ""
    return f"{theme}, {place}{cadence}, at {round(plan.tempo_bpm)} bpm."


def nearest_work(index: Originality, before: Sequence[Bar], bar: Bar, beats: int) -> str | None:
    """'7 notes in a row as in Title (Composer; licence)' for a run that reaches into the bar; None without one."""
    melody = melody_of((*before, bar), beats)
    own = melody[len(melody_of((*before, Bar(bar.bar, (), "")), beats)) :]
    match = index.nearest(melody, since_beat=own[0][0]) if own else None
    if match is None:
        return None
    about = "; ".join(filter(None, (match.work.composer, match.work.licence)))
    return f"{match.notes} notes in a row as in {match.work.title} ({about})"
