"""For whoever looks back: clients, one client, the history of sessions."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from therapy_app.exchange.session_files import EXPORTS
from therapy_app.exchange.signals import ExportError
from therapy_app.records import learned
from therapy_app.records.people import PeopleError, create_client, note_heart
from therapy_app.records.tables import Session
from therapy_app.web import words
from therapy_app.web.desk import desk
from therapy_app.web.scope import (
    LARGEST_ID,
    MISSING,
    client_or_404,
    running,
    session_or_404,
    visible_clients,
    visible_sessions,
)

PAGE = 50

review = Blueprint("review", __name__)


@review.get("/clients")
def clients() -> ResponseReturnValue:
    return _clients()


def _clients(**said: str) -> str:
    known = desk().work.scalars(visible_clients()).all()
    return render_template("clients.html", clients=known, running=running(), **said)


@review.post("/clients")
def add_client() -> ResponseReturnValue:
    """A new client, known by a code alone."""
    code = request.form.get("code", "").strip().upper()
    try:
        client_id = create_client(
            desk().database, current_user.clinic_id, code, uneven_heart="uneven_heart" in request.form
        )
    except PeopleError as error:
        return _clients(code=code, wrong=str(error)), 422
    flash(f"{code} is on the list.", "info")
    return redirect(url_for("review.client_page", client_id=client_id), 303)


@review.get("/clients/<int:client_id>")
def client_page(client_id: int) -> ResponseReturnValue:
    client = client_or_404(client_id)
    sessions = desk().work.scalars(visible_sessions().where(Session.client_id == client_id).limit(PAGE)).all()
    return render_template(
        "client.html",
        client=client,
        rest=words.rest_of(client.baseline),
        learned=words.learned(learned.versions(desk().database, client.id)),
        sessions=sessions,
    )


@review.post("/clients/<int:client_id>/forget")
def forget(client_id: int) -> ResponseReturnValue:
    """All that was learned of a client from what they said."""
    client = client_or_404(client_id)
    learned.forget(desk().database, client.id, str(current_user.id), desk().now())
    flash(words.FORGOTTEN, "info")
    return redirect(url_for("review.client_page", client_id=client.id), 303)


@review.post("/clients/<int:client_id>/heart")
def heart(client_id: int) -> ResponseReturnValue:
    """Whether beat-to-beat variation is used."""
    client = client_or_404(client_id)
    note_heart(desk().database, client.id, "uneven_heart" in request.form)
    flash("Noted; it counts from the next session on.", "info")
    return redirect(url_for("review.client_page", client_id=client.id), 303)


@review.get("/sessions/<int:session_id>/export/<form>")
def export(session_id: int, form: str) -> ResponseReturnValue:
    """One session as a file for other programs; named by its number, never by who it is of."""
    session = session_or_404(session_id)
    if form not in EXPORTS:
        abort(404, MISSING)
    try:
        content = EXPORTS[form].write(desk().database, session.id)
    except ExportError as error:
        abort(409, f"{str(error).capitalize()} yet.")
    name = f"session-{session.id}.{EXPORTS[form].ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=EXPORTS[form].mimetype, headers=headers)


@review.get("/sessions")
def history() -> ResponseReturnValue:
    """Sessions, newest first; the filter and the place are in the address."""
    chosen = request.args.get("client", type=int)
    before = request.args.get("before", type=int)
    query = visible_sessions()
    if chosen is not None:
        query = query.where(Session.client_id == client_or_404(chosen).id)
    if before is not None:
        query = query.where(Session.id < min(before, LARGEST_ID))
    found = desk().work.scalars(query.limit(PAGE + 1)).all()
    return render_template(
        "history.html",
        sessions=found[:PAGE],
        clients=desk().work.scalars(visible_clients()).all(),
        chosen=chosen,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
    )
