"""For the person at home: four large buttons, nothing to administer."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from therapy_app.records import learned as records
from therapy_app.records.sessions import open_session
from therapy_app.web import words
from therapy_app.web.desk import desk
from therapy_app.web.live import begin_session

CHOICES = {"home": "Calm", "sleep": "Sleep", "focus": "Focus", "lift": "Lift"}
"""Protocols a person may start alone, and what their button says."""
SENSORS = {
    "ws": "my heart-rate strap, connected by this browser",
    "ble": "my heart-rate strap, connected by the music's own computer",
    "virtual:typical": "no strap, just trying it out",
}

listen_pages = Blueprint("listen", __name__)


@listen_pages.get("/listen")
def listen() -> ResponseReturnValue:
    running = open_session(desk().database, current_user.client_id)
    return render_template("listen.html", choices=CHOICES, sensors=SENSORS, running=running)


@listen_pages.post("/listen")
def begin() -> ResponseReturnValue:
    protocol, sensor = request.form.get("protocol", ""), request.form.get("sensor", "")
    if protocol not in CHOICES or sensor not in SENSORS:
        abort(400, "Choose one of the buttons on the page.")
    if not request.form.get("consent"):
        wrong = "Tick the box first: without your consent nothing is recorded or played."
        return render_template("listen.html", choices=CHOICES, sensors=SENSORS, running=None, wrong=wrong), 422
    return begin_session(current_user.client_id, protocol, sensor, None)


@listen_pages.get("/listen/learned")
def learned() -> ResponseReturnValue:
    """What the system has learned of this person, for themselves."""
    known = records.versions(desk().database, current_user.client_id)
    return render_template("learned.html", learned=words.learned(known))


@listen_pages.post("/listen/learned/forget")
def forget() -> ResponseReturnValue:
    records.forget(desk().database, current_user.client_id, str(current_user.id), desk().now())
    flash(words.FORGOTTEN, "info")
    return redirect(url_for("listen.learned"), 303)
