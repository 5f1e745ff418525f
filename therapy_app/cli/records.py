"""`therapy simulate`, `replay`, `export`: sessions as records."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from therapy_app import catalog
from therapy_app.cli.output import as_json, database_option, progress_bar, settings_for, tell
from therapy_app.engine.fast import run_fast
from therapy_app.engine.host import wall_clock
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.engine.verify import verify as verify_session
from therapy_app.exchange.session_files import EXPORTS
from therapy_app.exchange.whole_file import write_whole
from therapy_app.records.database import open_database
from therapy_app.records.demo import simulated_client
from therapy_app.records.migrate import upgrade
from therapy_app.records.sessions import LARGEST_SEED, request_session
from therapy_app.session.prescription import ARMS, PROTOCOLS


@click.command(epilog="Example: therapy simulate --minutes 30 --seed 7 --json")
@click.option("--minutes", type=click.FloatRange(1, 240), required=True)
@click.option("--seed", type=click.IntRange(0, LARGEST_SEED), required=True)
@click.option("--patient", default="typical", show_default=True, help="Who is played to; 'therapy parts patient'.")
@click.option("--protocol", type=click.Choice(list(PROTOCOLS)), default="settle", show_default=True)
@click.option("--arm", type=click.Choice(list(ARMS)), default="adaptive", show_default=True)
@click.option("--tradition", type=click.Choice(catalog.names("tradition")), default="western", show_default=True)
@click.option("--generator", type=click.Choice(catalog.names("generator")), default="rules", show_default=True)
@database_option
@as_json
def simulate(
    minutes: float,
    seed: int,
    patient: str,
    protocol: str,
    arm: str,
    tradition: str,
    generator: str,
    database: str | None,
    as_json: bool,
) -> None:
    """Run a whole session against a virtual patient under a fast clock, stored like any other."""
    settings = settings_for(database)
    upgrade(settings.database_url)
    engine = open_database(settings.database_url)
    begun = time.perf_counter()
    session_id = request_session(
        engine,
        client_id=simulated_client(engine),
        user_id=None,
        protocol=protocol,
        sensors=[f"virtual:{patient}"],
        consent_by="simulation",
        seed=seed,
        length_s=minutes * 60,
        arm=arm,
        tradition=tradition,
        generator=generator,
        status="running",
    )
    with progress_bar("simulating", minutes * 60) as progress:
        tally = run_fast(
            engine, Recorder(engine, Reserve(settings.var / "reserve")), session_id, wall_clock(), progress
        )
    result = {**asdict(tally), "seconds": round(time.perf_counter() - begun, 2)}
    words = f"session {tally.session}: {tally.bars} bars, {tally.events} events in {result['seconds']} s"
    tell(result, as_json, words)


@click.command(epilog="Example: therapy replay 3 --verify")
@click.argument("session", type=click.IntRange(1))
@click.option("--verify", is_flag=True, help="Exit with 1 at the first event that differs.")
@database_option
@as_json
def replay(session: int, verify: bool, database: str | None, as_json: bool) -> None:
    """Compute a stored session again from its raw signals and commands, and compare."""
    begun = time.perf_counter()
    verdict = verify_session(open_database(settings_for(database).database_url), session)
    result = {**asdict(verdict), "session": session, "seconds": round(time.perf_counter() - begun, 2)}
    same = f"session {session}: {verdict.events} events, all as they were recorded"
    if verdict.why and verify:
        raise ValueError(f"session {session}: {verdict.why}")
    tell(result, as_json, f"session {session}: {verdict.why}" if verdict.why else same)


@click.command(epilog="Example: therapy export 3 --format midi --out session.mid")
@click.argument("session", type=click.IntRange(1))
@click.option("--format", "form", type=click.Choice(list(EXPORTS)), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@database_option
def export(session: int, form: str, out: Path, database: str | None) -> None:
    """Write one session to a file that other programs open.

    csv: one row a second; midi: the music; edf: raw signals as EDF+; signals: raw signals as a zip of CSV tables.
    """
    content = EXPORTS[form].write(open_database(settings_for(database).database_url), session)
    replaced = write_whole(out, content)
    click.echo(f"{out}: {len(content)} bytes{', in place of the file that was there' if replaced else ''}")
