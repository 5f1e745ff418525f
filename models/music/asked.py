"""What a bar is asked to be: the plan said in a generator's terms, and what was asked beyond it."""

from __future__ import annotations

from dataclasses import fields, replace
from math import log2
from typing import Any

from models.music.condition import NOTHING_ASKED, Condition
from models.music.expression import clamp
from models.music.plan import Aim, BarRequest, MusicPlan

TREATMENTS = {"state": "state", "return": "return", "vary": "vary", "develop": "vary", "free": "free"}
USUAL_STYLE = {"song": 0.5, "piano": 0.3, "quartet": 0.2}
"""A blend where none is asked for: the corpora with a melody, its accompaniment and a bass in every bar."""
TEMPO_CENTRE_BPM = 100.0
PLANNED = ("density", "polyphony", "register", "tension")
"""Wishes that the plan has a field of the same name for."""


def condition_of(request: BarRequest) -> Condition:
    """All wishes for the bar: `asked` where it says something, else what the plan implies."""
    wishes: dict[str, Any] = {field.name: getattr(request.asked, field.name) for field in fields(Condition)}
    given = {name: wish for name, wish in wishes.items() if wish is not None and wish != {}}
    return replace(planned(request.plan), **given)


def heeded(request: BarRequest) -> MusicPlan:
    """The plan with what was asked in its place: mood, density, texture, register, tension and roles."""
    plan, asked = request.plan, request.asked
    if asked == NOTHING_ASKED:
        return plan
    given = {name: value for name in PLANNED if (value := getattr(asked, name)) is not None}
    aim = Aim(
        plan.aim.valence if asked.valence is None else asked.valence,
        plan.aim.arousal if asked.arousal is None else asked.arousal,
    )
    roles = tuple(role for role in plan.roles if asked.roles is None or role in asked.roles)
    return replace(plan, aim=aim, roles=roles or plan.roles, **given)


def planned(plan: MusicPlan) -> Condition:
    """The plan as a condition; syncopation, mode and rhythm are left open."""
    tonic = plan.scale[0]
    tones = {*plan.scale, *(tone for chord in plan.chords for tone in chord.pitch_classes)}
    return Condition(
        valence=plan.aim.valence,
        arousal=plan.aim.arousal,
        density=clamp(plan.density),
        polyphony=clamp(plan.polyphony),
        register=clamp(plan.register),
        tension=clamp(plan.tension),
        tempo=clamp(log2(plan.tempo_bpm / TEMPO_CENTRE_BPM), -1.0, 1.0),
        style=USUAL_STYLE,
        scale=frozenset((tone - tonic) % 12 for tone in tones),
        theme=TREATMENTS[plan.treatment],
        roles=plan.roles,
    )
