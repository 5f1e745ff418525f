"""`python -m benchmarks.reaction`: how long after a person's act the first changed sound is due, in seconds and beats.

Every quarter of a second of half a minute is tried, as an act in a session that plays by rules. Two kinds of change are
told apart: of tempo or dynamics, and of notes.
"""

from __future__ import annotations

import json
import sys
from statistics import fmean, median

from models.affect import Affect, Interval
from models.music.generators.rules import Generator
from models.music.plan import PerformedBar
from models.music.traditions.western import TRADITION
from models.person import Baseline, Person
from sensors.readings import Features
from therapy_app.session.commands import Command
from therapy_app.session.events import BarPerformed, Started
from therapy_app.session.prescription import Prescription
from therapy_app.session.step import Session
from therapy_app.session.tick import TICK_S, Tick

ACTS = {
    "softer": {"name": "loudness", "loudness_db": -6.0},
    "livelier": {"name": "nudge", "arousal": 0.3},
    "calmer": {"name": "nudge", "arousal": -0.3},
}
FIRST_S, LAST_S, AFTER_S = 60.0, 90.0, 16.0


class Steady:
    def estimate(self, features: Features, person: Person) -> Affect:
        return Affect(features.at_s, "known", "steady", Interval(0.1, -1, 1), Interval(0.0, -1, 1))


def played(act: dict[str, object], at_s: float) -> list[PerformedBar]:
    """What sounds in the end, each bar in its highest revision, when the act comes at `at_s`; {} acts not at all."""
    prescription = Prescription(baseline_s=0.0, length_s=600.0)
    started = Started(prescription, 7, "resting", "rules", Baseline(180.0, {"hr_bpm": 70.0}))
    session, answers, bars = Session(started, Steady(), TRADITION), (), {}
    for number in range(round((at_s + AFTER_S) / TICK_S)):
        now = act and number == round(at_s / TICK_S)
        commands = (Command(1, "3", **act),) if now else ()  # type: ignore[arg-type]
        outcome = session.step(Tick(number, (), commands, answers))
        bars |= {e.event.bar.bar: e.event.bar for e in outcome.entries if isinstance(e.event, BarPerformed)}
        answers = tuple(Generator().compose([outcome.request])) if outcome.request else ()  # type: ignore[assignment]
    return [bars[number] for number in sorted(bars)]


def gain_at(bar: PerformedBar, seconds: float) -> float:
    gains = [turn.gain_db for turn in getattr(bar, "turns", ()) if turn.start_s <= seconds + 1e-6]
    return gains[-1] if gains else bar.gain_db


def sounds(bars: list[PerformedBar]) -> list[tuple[float, float, str]]:
    """(when, length of a beat there, what) of every note, as it is heard."""
    heard = [
        (round(bar.start_s + note.start_s, 3), bar.length_s / bar.beats, f"{note.role} {note.velocity} {gain}")
        for bar in bars
        for note in bar.notes
        for gain in [gain_at(bar, note.start_s)]
    ]
    return sorted(heard)


def notes(bars: list[PerformedBar]) -> list[tuple[float, float, str]]:
    """(when, length of a beat there, what) of every bar: its written notes alone."""
    return [(bar.start_s, bar.length_s / bar.beats, str(sorted((n.role, n.pitch) for n in bar.notes))) for bar in bars]


def waits(act: dict[str, object], notes_only: bool) -> list[tuple[float, float]]:
    """(seconds, beats) from each act to the first sound that is other than it would have been."""

    def differs(old: tuple[float, float, str], new: tuple[float, float, str]) -> bool:
        return old[2] != new[2] or (old[0] != new[0] and not notes_only)

    result = []
    for quarter in range(round((LAST_S - FIRST_S) / TICK_S)):
        at_s = FIRST_S + quarter * TICK_S
        was, now = (notes(bars) if notes_only else sounds(bars) for bars in (played({}, at_s), played(act, at_s)))
        heard = next((new for old, new in zip(was, now, strict=False) if differs(old, new)), None)
        if heard:
            result.append((heard[0] - at_s, (heard[0] - at_s) / heard[1]))
    return result


def main() -> int:
    figures: dict[str, object] = {}
    for name, act in ACTS.items():
        for kind in ("tempo and dynamics", "notes"):
            found = waits(act, kind == "notes")
            seconds, beats = ([wait[index] for wait in found] for index in (0, 1))
            if found:
                figures[f"{name}: {kind}"] = {
                    "acts": len(found),
                    "seconds": {"mean": round(fmean(seconds), 2), "most": round(max(seconds), 2)},
                    "beats": {"median": round(median(beats), 2), "most": round(max(beats), 2)},
                }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
