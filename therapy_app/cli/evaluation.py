"""`therapy evaluate`: what the models reach, measured and written down. Offline."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path

import click

from therapy_app import catalog
from therapy_app.cli.machine import machine
from therapy_app.cli.output import as_json, settings_for, tell

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(epilog="Example: therapy evaluate music ~/data --quick --out quick.md")
def evaluate() -> None:
    """Measure what the models do, beside floors, on data that trained nothing."""


@evaluate.command(epilog="Example: therapy evaluate music ~/data --corpus ~/corpus --out docs/models/music.md")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="A quick look on little: rough figures.")
@click.option("--generator", "names", multiple=True, type=click.Choice(catalog.names("generator")), help="All if none.")
@click.option("--corpus", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A prepared corpus.")
@click.option("--work", type=FOLDER, default=Path("var/evaluation"), show_default=True, help="Where one is prepared.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/models/music.md"))
@click.option("--images", type=FOLDER, help="Piano rolls of the corners; images/music beside the report's folder.")
@click.option("--samples", type=FOLDER, help="Also write the corners as MIDI, and as sound where fluidsynth is.")
@as_json
def music(
    data: Path,
    quick: bool,
    names: tuple[str, ...],
    corpus: Path | None,
    work: Path,
    out: Path,
    images: Path | None,
    samples: Path | None,
    as_json: bool,
) -> None:
    """Measure the composers: control, quality, likelihood, form, originality and speed.

    DATA holds the archives of docs/data.md, flat or in the folders music and evaluation-only. What is missing is named
    in the report and left out.
    """
    try:
        measuring = import_module("therapy_app.cli.measuring")  # heavy, and help should not wait for it
    except ModuleNotFoundError as missing:
        raise LookupError(f"this needs {missing.name}; pip install 'emotion-music-therapy[train]'") from missing
    asked = measuring.Asked(data, quick, names, corpus, work, out, images, samples)
    result, words = measuring.measured(asked)
    tell(result, as_json, words)


@evaluate.command(epilog="Example: therapy evaluate emotion ~/data/emotion --out docs/models/emotion.md")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="A quick look at few people: rough figures.")
@click.option("--work", type=FOLDER, help="Where readings are kept between runs; under the data folder by default.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/models/emotion.md"))
@as_json
def emotion(data: Path, quick: bool, work: Path | None, out: Path, as_json: bool) -> None:
    """Measure the estimate of affect on each person left out, beside what needs no body to tell.

    DATA holds the archives or folders stress-predict and eegmat, and beside them case-annotations for the floors of
    continuous affect. Takes some minutes, more the first time.
    """
    feeling = import_module("therapy_app.cli.feeling")  # heavy, and help should not wait for it
    asked = feeling.Asked(data, quick, work or settings_for().var / "emotion", out, machine())
    result, words = feeling.measured(asked, partial(click.echo, err=True))
    tell(result, as_json, words)
