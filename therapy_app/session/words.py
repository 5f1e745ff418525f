"""Why the music is as it is, in one sentence that a client may read over the shoulder."""

from __future__ import annotations

from models.affect import Affect
from models.music.plan import MusicPlan
from models.music.tempo import pace_of
from therapy_app.session.course import Heading

RULES = {
    "baseline": "quiet music while your rest is measured",
    "match": "meeting you where you are",
    "guide": "guiding towards {goal}",
    "hold": "staying at {goal}",
    "fade": "coming to rest",
    "held": "held by a person",
    "rest": "your rest is measured again, so the music stays as it is",
    "stale": "no clear signal for a moment, so the music stays as it is",
    "path": "no clear signal, so the music follows the plan towards {goal}",
    "unrecorded": "the record can't be written, so the music stays as it is",
    "suggest": "waiting for a person to accept what is suggested",
    "distress": "softer, because the estimated arousal has been rising",
}
GOAL_WORDS = {"relax": "calm", "lift": "a brighter mood", "focus": "steady focus", "sleep": "sleep"}


def why(plan: MusicPlan, before: MusicPlan | None, heading: Heading, affect: Affect | None, goal: str) -> str:
    """For example: 'Slower, from 72 to 68: pulse 8 above your rest, guiding towards calm.'"""
    aim = RULES[heading.rule].format(goal=GOAL_WORDS[goal])
    felt = _strongest(affect) if heading.rule in ("match", "guide", "hold", "distress") else ""
    return f"{_change(plan, before)}: {felt}{', ' if felt else ''}{aim}."


def _change(plan: MusicPlan, before: MusicPlan | None) -> str:
    new = _pulse(plan)
    if before is None:
        return f"Beginning at {new}"
    old = _pulse(before)
    if new == old:
        return f"Steady at {new}"
    return f"{'Faster' if new > old else 'Slower'}, from {old} to {new}"


def _pulse(plan: MusicPlan) -> int:
    """Beats a minute without the phrase's own curve, which says nothing of where the music is led."""
    return round(plan.tempo_bpm / pace_of(plan))


def _strongest(affect: Affect | None) -> str:
    """The words of the reading that weighed most in the estimate."""
    if affect is None or not affect.contributions:
        return ""
    return max(affect.contributions, key=lambda contribution: abs(contribution.amount)).words
