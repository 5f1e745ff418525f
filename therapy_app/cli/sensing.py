"""`therapy sensors`: what can be worn, what is in reach, and how well one sensor works."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.live import Live as LiveTable
from rich.table import Table

from sensors.blocks import Place, SampleBlock, SensorError
from sensors.recordings.recording import Recording
from sensors.spec import told
from sensors.stream_count import StreamCount
from therapy_app import catalog
from therapy_app.cli.output import as_json, tell
from therapy_app.engine.opening import open_sensor
from therapy_app.exchange import signals_csv, signals_edf
from therapy_app.exchange.signals import signals_of
from therapy_app.exchange.whole_file import write_whole

LOOK_S = 0.25
KEPT = {".edf": signals_edf.written, ".zip": signals_csv.zipped}
"""How the ending of a file says what it is to be."""


@click.group(invoke_without_command=True, epilog="Example: therapy sensors scan")
@click.pass_context
def sensors(context: click.Context) -> None:
    """What can be worn: list the kinds, 'scan' for what is in reach, 'test' one."""
    if context.invoked_subcommand is None:
        for name in catalog.names("sensor"):
            click.echo(f"{name:10}  {catalog.about('sensor', name)}")


@sensors.command(epilog="Example: therapy sensors scan --seconds 10")
@click.option("--seconds", type=click.FloatRange(1, 60), default=5, show_default=True)
@as_json
def scan(seconds: float, as_json: bool) -> None:
    """Look for sensors in reach: by radio, on the network, on this machine."""
    kinds = [name for name in catalog.names("sensor") if hasattr(catalog.find("sensor", name), "in_reach")]
    with ThreadPoolExecutor(max(1, len(kinds))) as looking:
        found = dict(zip(kinds, looking.map(lambda kind: _in_reach(kind, seconds), kinds), strict=True))
    for kind, (there, trouble) in found.items():
        for spec, words in there:
            click.echo(f"{spec:32}  {words}")
        if trouble:
            click.echo(f"{kind}: {trouble}", err=True)
    specs = [{"sensor": spec, "about": words} for there, _ in found.values() for spec, words in there]
    troubles = {kind: trouble for kind, (_, trouble) in found.items() if trouble}
    words = f"{len(specs)} in reach" if specs else "nothing in reach; put the sensor on, wake it, and try again"
    tell({"found": specs, "not_searched": troubles}, as_json, words)


def _in_reach(kind: str, seconds: float) -> tuple[list[tuple[str, str]], str]:
    """What there is of a kind, and why it could not be looked for; a machine without a radio may have a network."""
    try:
        return catalog.find("sensor", kind).in_reach(seconds), ""
    except SensorError as trouble:
        return [], str(trouble)


@sensors.command(epilog="Example: therapy sensors test virtual:restless --seconds 20 --keep a.edf")
@click.argument("spec")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=15, show_default=True)
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path), help="The raw signals, as .edf or .zip.")
@as_json
def test(spec: str, seconds: float, keep: Path | None, as_json: bool) -> None:
    """Watch one sensor's streams: rate wanted and got, gaps, drift, delay, battery, wear and quality."""
    if keep is not None and keep.suffix not in KEPT:
        raise click.BadParameter(
            f"{keep.name!r}; expected a name that ends with {' or '.join(KEPT)}", param_hint="--keep"
        )
    blocks: list[SampleBlock] = []
    began_at = datetime.now(UTC)
    count = watched(spec, seconds, blocks if keep else None)
    rows = count.rows(seconds)
    if keep is not None and blocks:
        write_whole(keep, KEPT[keep.suffix](Recording(keep.stem, signals_of(blocks), began_at)))
    if not rows:
        raise SensorError(
            f"nothing came from {told(spec)} in {seconds:g} s: {count.state or 'no word from the device'}"
        )
    if not as_json:
        Console(width=None if sys.stdout.isatty() else 200).print(_table(count, seconds))
    tell(
        {"sensor": told(spec), "state": count.state, "battery": count.battery, "streams": rows},
        as_json,
        f"{told(spec)}: {count.state}",
    )


def watched(spec: str, seconds: float, blocks: list[SampleBlock] | None = None) -> StreamCount:
    """What came from a sensor within some seconds, with a live table on a terminal; `blocks` collects all of it."""
    begun = time.monotonic()

    def clock() -> float:
        return time.monotonic() - begun

    count = StreamCount()
    sensor = open_sensor(spec, Place(clock, np.random.default_rng()))
    try:
        with LiveTable(console=Console(stderr=True), transient=True, refresh_per_second=4) as screen:
            while clock() < seconds:
                now_s = clock()
                arrived = sensor.read(now_s)
                count.take(arrived, now_s)
                if blocks is not None:
                    blocks += [item for item in arrived if isinstance(item, SampleBlock)]
                screen.update(_table(count, now_s))
                time.sleep(LOOK_S)
    finally:
        sensor.close()
    return count


def _table(count: StreamCount, now_s: float) -> Table:
    battery = "" if count.battery is None else f", battery {count.battery:.0%}"
    table = Table(title=count.state + battery)
    rows = count.rows(now_s)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table
