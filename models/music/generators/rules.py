"""Composes by rules: realises the theme, leads the voices, never stalls. The generator of last resort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.music.asked import heeded
from models.music.chance import chance
from models.music.plan import Bar, BarRequest, Note
from models.music.writing.bass import write_bass
from models.music.writing.chords import write_chords
from models.music.writing.counterpoint import write_counter
from models.music.writing.drums import write_drums
from models.music.writing.melody import write_melody

NAME = "rules"


class Generator:
    """Writes five roles from a plan alone. Needs at most two previous bars; deterministic in request and seed."""

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        return [_bar(replace(request, plan=heeded(request))) for request in requests]


def _bar(request: BarRequest) -> Bar:
    """The melody is written first, the others around it."""
    plan, previous, roles = request.plan, request.previous, request.plan.roles
    melody = write_melody(plan, previous, _chance(request, "melody")) if "melody" in roles else []
    written: list[Note] = list(melody)
    if "counter" in roles:
        written += write_counter(plan, previous, melody, _chance(request, "counter"))
    if "chords" in roles:
        written += write_chords(plan, previous, melody)
    if "bass" in roles:
        written += write_bass(plan, previous, melody)
    if "drums" in roles:
        written += write_drums(plan)
    ordered = sorted(written, key=lambda note: (note.start_beat, note.role, note.pitch, note.beats))
    return Bar(plan.bar, tuple(ordered), NAME, plan=plan)


def _chance(request: BarRequest, purpose: str) -> np.random.Generator:
    return chance(request.seed, request.plan.bar, purpose)
