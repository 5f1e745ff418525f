"""One bar on order: when it sounds and how, also when it is played anew from a beat on while it sounds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models.music.expression import tempo_for
from models.music.form import Form
from models.music.performance import Take, beat_times, length_of
from models.music.plan import Aim, MusicPlan
from models.music.tempo import phrased
from therapy_app.session.course import Standing
from therapy_app.session.safety import Limits, limit_loudness, limit_tempo

TURN_S = 0.5
"""A beat that comes sooner than this is not changed: its notes may already be with the player's synth."""


@dataclass(frozen=True)
class Ordered:
    """A bar that was asked of the generator. `form` and `standing` are what planner and course knew before it.

    `sounded` are the takes in which its beats before `from_beat` were played; `entry_bpm` is the tempo before it.
    """

    plan: MusicPlan
    revision: int
    start_s: float
    loudness_db: float
    form: Form
    seq: int = 0
    seed: int = 0
    standing: Standing = field(default_factory=Standing)
    entry_bpm: float | None = None
    sounded: tuple[Take, ...] = ()
    from_beat: int = 0

    @property
    def takes(self) -> tuple[Take, ...]:
        return (*self.sounded, Take(self.plan, self.loudness_db, self.from_beat))

    @property
    def end_s(self) -> float:
        return self.start_s + length_of(self.takes, self.entry_bpm)


@dataclass(frozen=True)
class Place:
    """A beat of a bar, and the bar that leads to it, if any."""

    ordered: Ordered
    beat: int
    before: Ordered | None


def next_beat(bars: Sequence[Ordered], at_s: float) -> Place | None:
    """The first beat that can still be changed at `at_s`; None when no bar lies ahead."""
    for index, ordered in enumerate(bars):
        for beat, seconds in enumerate(beat_times(ordered.takes, ordered.entry_bpm)):
            if ordered.start_s + seconds >= at_s + TURN_S:
                before = bars[index - 1] if index and abs(bars[index - 1].end_s - ordered.start_s) < 0.01 else None
                return Place(ordered, beat, before)
    return None


def turned(place: Place, aim: Aim, loudness_db: float, standing: Standing, limits: Limits) -> Ordered:
    """The bar played anew from its beat on: at most one step of tempo and loudness from the bar before, as any bar."""
    ordered = place.ordered
    sounded = tuple(take for take in ordered.takes if take.from_beat < place.beat)
    first = ordered.takes[0]
    start_bpm = place.before.plan.tempo_bpm if place.before else first.plan.tempo_bpm
    start_db = place.before.loudness_db if place.before else first.loudness_db
    plan = _for(ordered.plan, aim, (ordered.plan.tempo_bpm, start_bpm), limits)
    return replace(
        ordered,
        plan=plan,
        revision=ordered.revision + 1,
        loudness_db=limit_loudness(loudness_db, start_db, limits),
        standing=standing,
        sounded=sounded,
        from_beat=place.beat,
    )


def following(ordered: Ordered, before: Ordered, aim: Aim, loudness_db: float, limits: Limits) -> Ordered:
    """The same bar after one that was turned: at its end, and in its spirit."""
    return replace(
        ordered,
        plan=_for(ordered.plan, aim, (before.plan.tempo_bpm,), limits),
        revision=ordered.revision + 1,
        start_s=before.end_s,
        loudness_db=limit_loudness(loudness_db, before.loudness_db, limits),
        entry_bpm=before.plan.tempo_bpm,
    )


def _for(plan: MusicPlan, aim: Aim, near_bpm: Sequence[float], limits: Limits) -> MusicPlan:
    """The plan for another aim, within a step of each of these tempos."""
    asked = phrased(replace(plan, aim=aim, tempo_bpm=tempo_for(aim)))
    tempo = asked.tempo_bpm
    for last in near_bpm:
        tempo = limit_tempo(tempo, last, limits)
    return replace(asked, tempo_bpm=tempo)
