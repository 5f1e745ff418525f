"""`therapy sensors`, `therapy estimate`: what the body's side sees."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.live import Live as LiveTable
from rich.table import Table

from sensors.adapters.ble import straps_in_reach
from sensors.blocks import Place, SensorError
from sensors.recordings.readers import open_recording
from sensors.stream_count import StreamCount
from therapy_app import catalog
from therapy_app.cli.output import as_json, tell
from therapy_app.engine.opening import open_sensor
from therapy_app.exchange.estimate import estimate_rows, parse_range, write_csv


@click.command(epilog="Example: therapy estimate recording.zip --baseline 60:240 --out estimate.csv")
@click.argument("recording", type=click.Path(exists=True, path_type=Path))
@click.option("--baseline", metavar="START:END", help="The seconds of rest; the first 180 by default.")
@click.option("--estimator", type=click.Choice(catalog.names("estimator")), default="resting", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@as_json
def estimate(recording: Path, baseline: str | None, estimator: str, out: Path, as_json: bool) -> None:
    """Features and estimated affect of a recording, one row a second."""
    try:
        rest = parse_range(baseline) if baseline else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--baseline") from error
    begun = time.perf_counter()
    opened = open_recording(recording)
    for note in opened.notes:
        click.echo(f"note: {note}", err=True)
    seconds = write_csv(estimate_rows(opened, catalog.find("estimator", estimator).Estimator(), rest), out)
    took_s = time.perf_counter() - begun
    tell({"rows": seconds, "seconds": round(took_s, 2)}, as_json, f"{out}: {seconds} seconds, in {took_s:.1f} s")


@click.group(invoke_without_command=True)
@click.pass_context
def sensors(context: click.Context) -> None:
    """What can be worn: list the kinds, 'scan' for what is in reach, 'test' one."""
    if context.invoked_subcommand is None:
        for name in catalog.names("sensor"):
            click.echo(f"{name:10}  {catalog.about('sensor', name)}")


@sensors.command(epilog="Example: therapy sensors scan")
@click.option("--seconds", type=click.FloatRange(1, 60), default=5, show_default=True)
def scan(seconds: float) -> None:
    """Look for straps and watches in reach."""
    found = asyncio.run(straps_in_reach(seconds))
    for address, name in found:
        click.echo(f"ble:{address}  {name}")
    if not found:
        click.echo("no heart rate strap in reach; wear it with moist electrodes and try again")


@sensors.command(epilog="Example: therapy sensors test virtual:restless --seconds 20")
@click.argument("spec")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=15, show_default=True)
@as_json
def test(spec: str, seconds: float, as_json: bool) -> None:
    """Watch one sensor's streams: rate wanted and got, gaps, quality and state."""
    begun = time.monotonic()

    def clock() -> float:
        return time.monotonic() - begun

    sensor = open_sensor(spec, Place(clock, np.random.default_rng()))
    count = StreamCount()
    try:
        with LiveTable(console=Console(stderr=True), transient=True, refresh_per_second=4) as screen:
            while clock() < seconds:
                count.take(sensor.read(clock()))
                screen.update(_table(count, clock()))
                time.sleep(0.25)
    finally:
        sensor.close()
    for row in count.rows(seconds):
        click.echo("  ".join(f"{name} {value}" for name, value in row.items()))
    if not count.rows(seconds):
        raise SensorError(f"nothing came from {spec} in {seconds:g} s: {count.state or 'no word from the device'}")
    tell({"sensor": spec, "state": count.state, "streams": count.rows(seconds)}, as_json, f"{spec}: {count.state}")


def _table(count: StreamCount, now_s: float) -> Table:
    table = Table(title=count.state)
    rows = count.rows(now_s)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*map(str, row.values()))
    return table
