"""No bar that repeats a training work: what a generator writes is looked up, and composed again where it copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.music.ngrams import melody_of
from models.music.originality import Match, Originality
from models.music.plan import Bar, BarRequest, Generator, MusicPlan

TRIES = 4
BOUND = ("return", "vary", "develop")
"""Treatments that repeat the piece's own theme, which was looked up when it was first stated."""


@dataclass(frozen=True)
class Written:
    """A bar, how often it was composed (1: the first stands), and what its melody still repeats, if anything."""

    bar: Bar
    composed: int
    copied: Match | None


class Original:
    """A generator whose bars are looked up in `index`; one that completes a copy is composed again with other chance.

    Up to `tries` times; then the bar with the shortest copy is kept, of equals the first, and `Written.copied` says so.
    Nothing is altered: a note bent to escape the index would break the plan, and the work would still be heard.
    """

    def __init__(self, generator: Generator, index: Originality, tries: int = TRIES) -> None:
        if tries < 0:
            raise ValueError(f"{tries} tries; expected 0 or more")
        self.generator = generator
        self.index = index
        self.tries = tries

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        return [written.bar for written in self.write(requests)]

    def write(self, requests: Sequence[BarRequest]) -> list[Written]:
        """The bars with what was found. A request's bar depends on itself alone, never on the others of the batch."""
        bars = self.generator.compose(requests)
        written = [Written(bar, 1, self.found(request, bar)) for request, bar in zip(requests, bars, strict=True)]
        copying = [place for place, one in enumerate(written) if one.copied]
        for attempt in range(1, self.tries + 1):
            if not copying:
                break
            bars = self.generator.compose([_with_other_chance(requests[place], attempt) for place in copying])
            going_on = []
            for place, bar in zip(copying, bars, strict=True):
                request, before = requests[place], written[place]
                written[place] = _better(before, Written(bar, attempt + 1, self.found(request, bar)))
                bound = bool(request.plan.motif) and _melody(bar) == _melody(before.bar)
                if written[place].copied and not bound:
                    going_on.append(place)
            copying = going_on
        return written

    def found(self, request: BarRequest, bar: Bar) -> Match | None:
        """The copy that this bar completes; previous bars without a plan are taken to be as long as this one."""
        plan = request.plan
        if "melody" not in plan.roles or _repeats_own_theme(plan):
            return None
        beats = [float((one.plan or plan).beats) for one in (*request.previous, bar)]
        before = melody_of((*request.previous, Bar(plan.bar, (), "")), beats)
        melody = melody_of((*request.previous, bar), beats)
        own = melody[len(before) :]
        return self.index.copied(melody, since_beat=own[0][0]) if own else None


def _repeats_own_theme(plan: MusicPlan) -> bool:
    return bool(plan.motif) and plan.treatment in BOUND


def _with_other_chance(request: BarRequest, attempt: int) -> BarRequest:
    return replace(request, seed=int(np.random.SeedSequence([request.seed, attempt]).generate_state(1)[0]))


def _melody(bar: Bar) -> list[tuple[float, int]]:
    return [(note.start_beat, note.pitch) for note in bar.notes if note.role == "melody"]


def _better(before: Written, now: Written) -> Written:
    """The one with the shorter copy, which knows how often the bar was composed in all."""
    shorter = now.copied is None or (before.copied is not None and now.copied.notes < before.copied.notes)
    return now if shorter else replace(before, composed=now.composed)
