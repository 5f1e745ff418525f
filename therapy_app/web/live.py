"""For the therapist: today's page, starting a session, the live page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import Conflict
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from models.smoothing import TIME_CONSTANT_S
from therapy_app.records.sessions import LIVE_GENERATOR, AlreadyRunning, request_session
from therapy_app.records.tables import Session
from therapy_app.session.prescription import PROTOCOLS
from therapy_app.web import words
from therapy_app.web.access import HOME, STAFF, roles_of
from therapy_app.web.desk import desk
from therapy_app.web.errors import show
from therapy_app.web.scope import (
    client_or_404,
    is_open,
    may_steer,
    running,
    session_or_404,
    visible_clients,
    visible_sessions,
)

RECENT = 8
LONGEST_MIN = 240
NOT_ONE = {
    "invalid_value_message": "Choose one from the list.",
    "invalid_choice_message": "Choose one from the list.",
}

live = Blueprint("live", __name__)


def _choices(words_by_value: Mapping[str, str], group: str | None = None) -> list[SelectChoice]:
    return [SelectChoice(value, said, optgroup=group) for value, said in words_by_value.items()]


class StartForm(FlaskForm):  # type: ignore[misc]
    client = SelectField("Client", coerce=int, **NOT_ONE)
    protocol = SelectField("Protocol", choices=_choices(words.protocol_choices()), **NOT_ONE)
    sensor = SelectField(
        "Sensor",
        choices=_choices(words.REAL_SENSORS, "Worn") + _choices(words.VIRTUAL_SENSORS, "For practice"),
        **NOT_ONE,
    )
    length_min = IntegerField(
        "Length in minutes",
        validators=[
            InputRequired("Say how many minutes, as a whole number."),
            NumberRange(1, LONGEST_MIN, f"A session takes 1 to {LONGEST_MIN} minutes."),
        ],
    )
    tradition = SelectField("Music", choices=words.tradition_choices())
    stored_rest = BooleanField("Use the rest of an earlier session, when there is one, instead of measuring it now")
    consent = BooleanField(
        "Consent was asked for today and given",
        validators=[InputRequired("Without consent nothing may be recorded; ask, then tick the box.")],
    )


@live.get("/")
def home() -> ResponseReturnValue:
    """Today, for staff; each other role has a page of its own."""
    roles = roles_of(current_user)
    if not roles & STAFF:
        return redirect(url_for("listen.listen" if roles & HOME else "admin.accounts"))
    work = desk().work
    return render_template(
        "home.html",
        now=desk().now(),
        playing=work.scalars(visible_sessions().where(is_open())).all(),
        running=running(),
        clients=work.scalars(visible_clients()).all(),
        recent=work.scalars(visible_sessions().where(~is_open()).limit(RECENT)).all(),
    )


@live.get("/sessions/new")
def start_form() -> ResponseReturnValue:
    return render_template("start.html", form=_filled())


@live.post("/sessions")
def start() -> ResponseReturnValue:
    """Asks for a session and goes to its page; the engine begins it within a second."""
    form = _filled()
    if not form.validate():
        return render_template("start.html", form=form), 422
    return begin_session(
        form.client.data,
        form.protocol.data,
        form.sensor.data,
        60.0 * form.length_min.data,
        stored_rest=form.stored_rest.data,
        tradition=form.tradition.data,
    )


def _filled() -> StartForm:
    form = StartForm(request.form if request.method == "POST" else None)
    clients = desk().work.scalars(visible_clients()).all()
    form.client.choices = [SelectChoice(client.id, client.code) for client in clients]
    if request.method == "GET":
        form.client.data = request.args.get("client", type=int)
        form.length_min.data = round(PROTOCOLS[next(iter(PROTOCOLS))].length_s / 60)
        form.sensor.data = next(iter(words.VIRTUAL_SENSORS))
        form.tradition.data = "western"
    return form


def begin_session(
    client_id: int,
    protocol: str,
    sensor: str,
    length_s: float | None,
    *,
    stored_rest: bool = False,
    tradition: str = "western",
) -> ResponseReturnValue:
    """Redirects to the new session's page, or shows where the one that is in the way can be found."""
    client = client_or_404(client_id)
    try:
        number = request_session(
            desk().database,
            client_id=client.id,
            user_id=current_user.id,
            protocol=protocol,
            sensors=[sensor],
            consent_by=str(current_user.id),
            length_s=length_s,
            stored_rest=stored_rest,
            tradition=tradition,
            generator=LIVE_GENERATOR,
        )
    except AlreadyRunning as refusal:
        address = url_for("live.session_page", session_id=refusal.session_id)
        return show(
            Conflict(f"{client.code} has a session that is not over yet. A client has one session at a time."),
            link=(address, "Go to the running session"),
        )
    return redirect(url_for("live.session_page", session_id=number), 303)


@live.get("/sessions/<int:session_id>")
def session_page(session_id: int) -> ResponseReturnValue:
    """The live screen, and over a finished session the same screen with a scrub bar."""
    session = session_or_404(session_id)
    return render_template("session.html", **_about(session))


def _about(session: Session) -> dict[str, Any]:
    return {
        "session": session,
        "session_id": session.id,
        "client_code": session.client.code,
        "protocol": session.protocol,
        "status": session.status,
        "goal": session.prescription["goal"],
        "length_s": session.prescription["length_s"],
        "may_steer": may_steer(session),
        "delay_s": round(TIME_CONSTANT_S),
    }
