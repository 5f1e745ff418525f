"""What each command does to a session, one function a command, and how it stands in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from therapy_app.session.commands import Command
from therapy_app.session.events import CheckIn, Marker, Override

if TYPE_CHECKING:
    from therapy_app.session.step import Session

SILENCE_FADE_S = 2.0


def _hold(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.held = True
    session.plan_anew(at_s)


def _release(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.held = False


def _nudge(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.nudge(command.valence, command.arousal)
    session.turn(at_s)


def _loudness(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.turn_loudness(command.loudness_db)
    session.turn(at_s)


def _skip(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.skip(at_s)


def _silence(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.silence(at_s, SILENCE_FADE_S, "asked for by a person", seq)


def _resume(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.calm_down()
    session.score.resume()


def _accept(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.accept()
    session.turn(at_s)


def _check_in(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.body.told(command, at_s, seq)


def _worse(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.course.feel_worse(at_s)
    session.turn(at_s)


def _rest(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.body.measure_rest_again(at_s)
    session.course.resting = True
    session.plan_anew(at_s)


def _mark(session: Session, command: Command, at_s: float, seq: int) -> None:
    """A marker changes nothing but the log."""


def _stop(session: Session, command: Command, at_s: float, seq: int) -> None:
    session.end("stopped", command.reason or "stopped by a person", seq)


ACTS: dict[str, Callable[[Session, Command, float, int], None]] = {
    "hold": _hold,
    "release": _release,
    "nudge": _nudge,
    "loudness": _loudness,
    "skip": _skip,
    "silence": _silence,
    "resume": _resume,
    "accept": _accept,
    "check_in": _check_in,
    "worse": _worse,
    "rest": _rest,
    "mark": _mark,
    "stop": _stop,
}

RECORDS: dict[str, type[Override] | type[CheckIn] | type[Marker]] = {
    **dict.fromkeys(ACTS, Override),
    "check_in": CheckIn,
    "mark": Marker,
}
"""The event under which each command is written down."""
