"""`therapy estimate`: what a recording says of the body and of affect."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import click

from sensors.recordings.readers import open_recording
from therapy_app import catalog
from therapy_app.cli.output import as_json, tell
from therapy_app.exchange.estimate import estimate_rows, parse_range, write_csv


@click.command(epilog="Example: therapy estimate recording.zip --baseline 60:240 --out estimate.csv")
@click.argument("recording", type=click.Path(exists=True, path_type=Path))
@click.option("--baseline", metavar="START:END", help="The seconds of rest; the first 180 by default.")
@click.option("--estimator", type=click.Choice(catalog.names("estimator")), default="linear", show_default=True)
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
    rows = list(estimate_rows(opened, catalog.find("estimator", estimator).Estimator(), rest))
    seconds, known = write_csv(rows, out), sum(row["state"] == "known" for row in rows)
    if rows and not known:
        reason, _ = Counter(str(row["reason"]) for row in rows).most_common(1)[0]
        click.echo(f"note: no second could be estimated; mostly: {reason}", err=True)
    took_s = time.perf_counter() - begun
    words = f"{out}: {seconds} seconds, {known} of them estimated, in {took_s:.1f} s"
    tell({"rows": seconds, "known": known, "seconds": round(took_s, 2)}, as_json, words)
