"""`therapy serve`, `demo`, `play`: sessions as they happen."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import Engine

from therapy_app.cli.output import database_option, progress_bar, settings_for
from therapy_app.engine.alone import play_alone
from therapy_app.engine.fast import run_fast
from therapy_app.engine.host import alone, tidy, wall_clock
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.exchange.session_files import EXPORTS
from therapy_app.processes import become_server, check_port
from therapy_app.records.database import open_database
from therapy_app.records.demo import DEMO_ACCOUNTS, HOME_CLIENT, client_with, clinic_named, make_demo_clinic
from therapy_app.records.migrate import upgrade
from therapy_app.records.people import PeopleError, create_user, set_password
from therapy_app.records.sessions import LIVE_GENERATOR, request_session
from therapy_app.session.prescription import GOALS
from therapy_app.settings import Settings

port_option = click.option("--port", type=click.IntRange(1, 65535), help="8000 by default.")
DEMO_SEED = 2026
DEMO_MINUTES = 12
HOME, HOME_ACCOUNT = "Home", "me@home.example"
GOAL_PROTOCOLS = {"relax": "home", "lift": "lift", "focus": "focus", "sleep": "sleep"}


def check_free(settings: Settings) -> None:
    """Raises SettingsError or EngineError when the port or the records are another server's."""
    check_port(settings)
    with alone(settings):
        pass  # taken and given back at once


@click.command(epilog="Example: therapy serve --database sqlite:///var/clinic.db --port 8000")
@database_option
@port_option
def serve(database: str | None, port: int | None) -> None:
    """Run the engine and the web together."""
    settings = settings_for(database, port)
    check_free(settings)
    upgrade(settings.database_url)
    become_server(settings, f"Serving on {settings.address}. Ctrl-C ends it.")


@click.command(epilog="Example: therapy demo --port 8000")
@database_option
@port_option
def demo(database: str | None, port: int | None) -> None:
    """Serve with a demo clinic and a virtual patient, ready to be played to."""
    settings = settings_for(database, port)
    check_free(settings)
    upgrade(settings.database_url)
    _furnish(settings)
    logins = "\n".join(f"  {who.role:10}  {who.email:24}  {who.password}" for who in DEMO_ACCOUNTS)
    become_server(
        settings,
        f"\nThe demo clinic is open: {settings.address}\n\n{logins}\n\n"
        "Sign in as the therapist, choose client M-014 and press Start. Ctrl-C ends it.",
    )


def _furnish(settings: Settings) -> None:
    """The demo clinic, with one finished session of yesterday to look at."""
    engine = open_database(settings.database_url)
    client_id = make_demo_clinic(engine)
    if client_id is None:
        return
    session_id = request_session(
        engine,
        client_id=client_id,
        user_id=None,
        protocol="settle",
        sensors=["virtual:responder"],
        consent_by="demo",
        seed=DEMO_SEED,
        length_s=DEMO_MINUTES * 60,
        status="running",
    )
    with progress_bar("making a finished session", DEMO_MINUTES * 60) as progress:
        recorder = Recorder(engine, Reserve(settings.var / "reserve"))
        run_fast(engine, recorder, session_id, wall_clock() - timedelta(days=1), progress)


@click.command(epilog="Example: therapy play --sensor ble:auto --goal relax --minutes 20 --output evening.mid")
@click.option("--sensor", default="virtual", show_default=True, help="A sensor's SPEC; 'therapy parts sensor'.")
@click.option("--goal", type=click.Choice(list(GOALS)), default="relax", show_default=True)
@click.option("--minutes", type=click.FloatRange(1, 240), default=20, show_default=True)
@click.option("--output", default="browser", show_default=True, help="'browser', or a FILE.mid to write.")
@database_option
@port_option
def play(sensor: str, goal: str, minutes: float, output: str, database: str | None, port: int | None) -> None:
    """Play music that follows a wearable, without a clinic."""
    if output != "browser" and not output.endswith(".mid"):
        raise click.BadParameter(f"{output!r}; expected 'browser' or a file ending in .mid", param_hint="--output")
    settings = settings_for(database, port)
    if output == "browser":
        check_free(settings)
    upgrade(settings.database_url)
    tidy(settings)
    engine = open_database(settings.database_url)
    password = _home_account(engine)
    session_id = request_session(
        engine,
        client_id=client_with(engine, clinic_named(engine, HOME), HOME_CLIENT),
        user_id=None,
        protocol=GOAL_PROTOCOLS[goal],
        sensors=[sensor],
        consent_by="self",
        length_s=minutes * 60,
        generator=LIVE_GENERATOR,
    )
    if output == "browser":
        page = f"{settings.address}/sessions/{session_id}"
        become_server(settings, f"Open {page}\nand sign in as {HOME_ACCOUNT} with {password}. Ctrl-C ends it.")
    with progress_bar("playing", minutes * 60) as progress:
        play_alone(settings, session_id, progress)
    Path(output).write_bytes(EXPORTS["midi"].write(engine, session_id))
    click.echo(f"{output}: the music of session {session_id}")


def _home_account(engine: Engine) -> str:
    """Makes or renews the account of this machine's own listener; returns its new password."""
    password = secrets.token_urlsafe(9)
    client_with(engine, clinic_named(engine, HOME), HOME_CLIENT)
    try:
        create_user(engine, HOME_ACCOUNT, password, ["home"], HOME, client_code=HOME_CLIENT)
    except PeopleError:
        set_password(engine, HOME_ACCOUNT, password)
    return password
