"""`therapy person`: what was learned of one client, and forgetting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from models.personal import Personal, briefly, in_words
from therapy_app.cli.output import as_json, database_option, settings_for, tell
from therapy_app.engine.host import wall_clock
from therapy_app.records import learned
from therapy_app.records.database import open_database
from therapy_app.records.learned import Version
from therapy_app.records.people import client_named

Command = Callable[..., Any]


def whose(command: Command) -> Command:
    """CLIENT and the clinic it belongs to: a code is known in its clinic only."""
    command = click.option("--clinic", required=True, help="The name of the client's clinic.")(command)
    return click.argument("client")(command)


@click.group()
def person() -> None:
    """Look at what was learned of a client, or forget it."""


@person.command(epilog="Example: therapy person model M-014 --clinic 'Demo clinic'")
@whose
@database_option
@as_json
def model(client: str, clinic: str, database: str | None, as_json: bool) -> None:
    """Say what was learned from a client's check-ins, and from which sessions."""
    engine = open_database(settings_for(database).database_url)
    known = learned.versions(engine, client_named(engine, clinic, client))
    newest = known[0].personal if known else None
    sentences = in_words(newest or Personal())
    lines = [*sentences, *(f"version {version.number}, {version.at:%d %b %Y}: {_what(version)}" for version in known)]
    held = None if newest is None else {**asdict(newest), "bias": newest.bias, "gain": newest.gain}
    tell({"client": client, "versions": len(known), "words": sentences, "model": held}, as_json, "\n".join(lines))


@person.command(epilog="Example: therapy person forget M-014 --clinic 'Demo clinic'")
@whose
@database_option
def forget(client: str, clinic: str, database: str | None) -> None:
    """Delete every version of what was learned of a client; a trace without values stays."""
    engine = open_database(settings_for(database).database_url)
    count = learned.forget(engine, client_named(engine, clinic, client), "command line", wall_clock())
    versions = "1 version" if count == 1 else f"{count} versions"
    click.echo(f"{client}: {versions} forgotten; the next session begins with none")


def _what(version: Version) -> str:
    if version.personal is None:
        return "all before was forgotten"
    reports = "1 report" if len(version.reports) == 1 else f"{len(version.reports)} reports"
    return f"{briefly(version.personal)}; {reports} in session {version.session_id}"
