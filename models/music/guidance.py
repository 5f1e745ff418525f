"""From the felt state to where the music should go: match-guide-hold, compensatory, fixed. Pure.

Match-guide-hold is the iso principle (meet the person, then lead); in a randomised comparison it did no better
than the compensatory strategy (doi 10.1177/10298649261421187), so both are here, and a fixed one to compare with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.affect import Affect
from models.music.plan import Aim

MATCH_CEILING = 0.4
"""Matching never meets an arousal above this."""
FOLLOW = 0.1
"""Nor does it follow one that rises by more than this from where the person was met at first."""
MATCH_FLOOR_VALENCE = -0.3
LEAD = 0.35
"""How far ahead of the felt arousal the music may lead at the start of guiding; it grows until the goal is reached
whatever the body does, so that a person who does not respond is not held where they are."""
AGAINST = 0.3
"""Compensatory: how much of the distance between felt state and goal is added on the far side of the goal."""


@dataclass(frozen=True)
class Progress:
    """Where a session stands: its phase and how much of that phase is over, 0 to 1."""

    phase: str
    share: float


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def match(felt: Affect, first: Aim | None) -> Aim:
    """The aim that meets a person whose affect is known; `first` is where they were met at first, None until then."""
    assert felt.arousal is not None
    assert felt.valence is not None
    ceiling = MATCH_CEILING if first is None else min(MATCH_CEILING, first.arousal + FOLLOW)
    return Aim(
        valence=max(felt.valence.value, MATCH_FLOOR_VALENCE),
        arousal=min(felt.arousal.value, ceiling),
    )


def _match_guide_hold(progress: Progress, goal: Aim, met: Aim, felt: Affect | None) -> Aim:
    if progress.phase == "match":
        return met
    if progress.phase != "guide":
        return goal
    eased = progress.share * progress.share * (3 - 2 * progress.share)
    valence = met.valence + eased * (goal.valence - met.valence)
    arousal = met.arousal + eased * (goal.arousal - met.arousal)
    if felt is not None and felt.arousal is not None:
        lead = LEAD + 2 * progress.share**2
        arousal = _clamp(arousal, felt.arousal.value - lead, felt.arousal.value + lead)
        # Leading means towards the goal: never past where the person already was met.
        arousal = _clamp(arousal, min(met.arousal, goal.arousal), max(met.arousal, goal.arousal))
    return Aim(valence, arousal)


def _compensatory(progress: Progress, goal: Aim, met: Aim, felt: Affect | None) -> Aim:
    if felt is None or felt.arousal is None:
        return goal
    return Aim(goal.valence, _clamp(goal.arousal - AGAINST * (felt.arousal.value - goal.arousal), -1, 1))


def _fixed(progress: Progress, goal: Aim, met: Aim, felt: Affect | None) -> Aim:
    return goal


STRATEGIES: dict[str, Callable[[Progress, Aim, Aim, Affect | None], Aim]] = {
    "match-guide-hold": _match_guide_hold,
    "compensatory": _compensatory,
    "fixed": _fixed,
}


def guide(strategy: str, progress: Progress, goal: Aim, met: Aim, felt: Affect | None) -> Aim:
    """Where the music should go now. `felt` of None (or unknown) gives the planned path without feedback."""
    known = felt if felt is not None and felt.state == "known" else None
    return STRATEGIES[strategy](progress, goal, met, known)
