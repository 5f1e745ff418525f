"""For programs, the console's script first of all: commands to a session, and its log in pages."""

from __future__ import annotations

from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, abort
from flask_login import current_user
from pydantic import BaseModel, ConfigDict, Field

from models.music.explanation import told
from therapy_app.records.log import read_events
from therapy_app.records.sessions import NoSuchSession, SessionOver, send
from therapy_app.records.why import BarUnreadable, NoSuchBar, bar_of
from therapy_app.session.commands import COMMANDS, LONGEST_TEXT, MOMENTS, PARTS, RANGES, CommandError
from therapy_app.web.desk import desk
from therapy_app.web.scope import LARGEST_ID, MISSING, may_give, session_or_404
from therapy_app.web.tail import line_of

api = APIBlueprint("api", __name__, tag="session")


def _within(field: str) -> Any:
    low, high = RANGES[field]
    return Field(default=0.0, ge=low, le=high, allow_inf_nan=False)


class CommandIn(BaseModel):
    """What a person tells a session. The same `key` twice is one command."""

    model_config = ConfigDict(extra="forbid", strict=True)
    key: str = Field(min_length=1, max_length=64)
    name: str = Field(max_length=20, json_schema_extra={"enum": list(COMMANDS)})
    reason: str = Field(default="", max_length=LONGEST_TEXT)
    valence: float = _within("valence")
    arousal: float = _within("arousal")
    loudness_db: float = _within("loudness_db")
    when: str = Field(default="", json_schema_extra={"enum": list(MOMENTS)})
    text: str = Field(default="", max_length=LONGEST_TEXT)
    only: str = Field(default="", json_schema_extra={"enum": list(PARTS)})


class CommandOut(BaseModel):
    id: int


class PlaceIn(BaseModel):
    """Where in the log to begin and how much of it."""

    after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    limit: Annotated[int, Field(ge=1, le=5000)] = 500


@api.post("/sessions/<int:session_id>/commands")
@api.input(CommandIn, location="json")
@api.output(CommandOut, status_code=202)
def command(session_id: int, json_data: CommandIn) -> CommandOut:
    """Accepted: the session carries it out at its next tick and logs that it did."""
    session_or_404(session_id)
    if json_data.name in COMMANDS and not may_give(json_data.name):
        abort(403, "That command is for a therapist.")
    fields = json_data.model_dump(exclude_unset=True, exclude={"key", "name"})
    actor = str(current_user.id)
    try:
        number = send(desk().database, session_id, key=json_data.key, actor=actor, name=json_data.name, fields=fields)
    except CommandError as error:
        abort(422, str(error))
    except NoSuchSession:
        abort(404, MISSING)
    except SessionOver as error:
        abort(409, str(error))
    return CommandOut(id=number)


@api.get("/sessions/<int:session_id>/log.json")
@api.input(PlaceIn, location="query")
def log(session_id: int, query_data: PlaceIn) -> Response:
    """A page of the log: {"events": [...], "next": the last seq when there may be more, else null}."""
    session_or_404(session_id)
    events = read_events(desk().database, session_id, query_data.after, query_data.limit)
    more = events[-1].seq if len(events) == query_data.limit else "null"
    text = f'{{"events":[{",".join(map(line_of, events))}],"next":{more}}}'
    return Response(text, mimetype="application/json")


@api.get("/sessions/<int:session_id>/bars/<int:number>/explanation")
def explanation(session_id: int, number: int) -> dict[str, Any]:
    """Why a bar is as it is: aim, measured valence and arousal, and what each cue adds to them."""
    session_or_404(session_id)
    try:
        return told(bar_of(desk().database, session_id, min(number, LARGEST_ID)).explanation())
    except NoSuchBar as error:
        abort(404, f"{str(error).capitalize()}.")
    except BarUnreadable as error:
        abort(409, f"{str(error).capitalize()}.")
