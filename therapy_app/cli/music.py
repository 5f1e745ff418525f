"""`therapy compose`: music for a fixed target or a path of targets."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from models.music.compose import Job, Waypoint, compose_many, parse_path
from models.music.condition import Condition
from models.music.original import Original
from models.music.plan import ROLES, Aim, Generator
from models.music.programme_notes import explain_piece
from models.music.wishes import read_wishes
from models.shipped import WeightsError
from therapy_app import catalog
from therapy_app.cli.output import as_json, tell
from therapy_app.engine.composer import LAST_RESORT, found_index
from therapy_app.playback.groove import found_groove
from therapy_app.playback.midi_file import composed_file
from therapy_app.playback.piano_roll import piano_roll_svg
from therapy_app.records.sessions import LIVE_GENERATOR

UNIT = click.FloatRange(-1, 1)


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(role.strip() for role in text.split(","))
    for role in roles:
        if role not in ROLES:
            raise click.BadParameter(f"no role named {role!r}; there are: {', '.join(ROLES)}", param_hint="--roles")
    return roles


def _path(path: str | None, valence: float, arousal: float) -> tuple[Waypoint, ...]:
    try:
        return parse_path(path) if path else (Waypoint(0, Aim(valence, arousal)),)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--path") from error


@click.command(epilog="Example: therapy compose --valence 0.7 --arousal -0.6 --bars 32 --seed 1 --out calm.mid")
@click.option("--valence", type=UNIT, default=0.5, show_default=True, help="From -1 (dark) to 1 (bright).")
@click.option("--arousal", type=UNIT, default=-0.3, show_default=True, help="From -1 (still) to 1 (lively).")
@click.option("--bars", type=click.IntRange(1, 4000), default=32, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option("--generator", type=click.Choice(catalog.names("generator")), default=LIVE_GENERATOR, show_default=True)
@click.option("--weights", type=click.Path(path_type=Path), help="A folder of your own weights ('therapy train').")
@click.option("--tradition", type=click.Choice(catalog.names("tradition")), default="western", show_default=True)
@click.option("--roles", default=",".join(ROLES), show_default=True, help="Which voices play, with commas.")
@click.option("--path", help="Targets on the way, 'bar:valence,arousal …'; instead of --valence and --arousal.")
@click.option("--wish", multiple=True, help="NAME=VALUE beyond the target, such as density=0.8; docs/models/music.md.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The MIDI file to write.")
@click.option("--roll", type=click.Path(dir_okay=False, path_type=Path), help="Also draw its piano roll, as SVG.")
@click.option("--explain", type=click.Path(dir_okay=False, path_type=Path), help="Also say why each bar, as JSON.")
@as_json
def compose(
    valence: float,
    arousal: float,
    bars: int,
    seed: int,
    generator: str,
    weights: Path | None,
    tradition: str,
    roles: str,
    path: str | None,
    wish: tuple[str, ...],
    out: Path,
    roll: Path | None,
    explain: Path | None,
    as_json: bool,
) -> None:
    """Compose music for a point of the valence-arousal plane, or for a path through it.

    The same arguments give the same bytes.
    """
    job = Job(
        _path(path, valence, arousal),
        bars,
        seed,
        catalog.find("tradition", tradition).TRADITION,
        _roles(roles),
        _wishes(wish),
    )
    composer, weights_sha256 = _composer(generator, weights)
    groove, without = found_groove()
    if without:
        click.echo(without, err=True)
    begun = time.perf_counter()
    (piece,) = compose_many([job], composer, groove)
    took_s = time.perf_counter() - begun
    out.write_bytes(composed_file(piece))
    if roll:
        roll.write_text(piano_roll_svg([(plan, performed) for plan, _, performed in piece]))
    if explain:
        explain.write_text(json.dumps(explain_piece(piece, found_index()[0]), indent=1, ensure_ascii=False) + "\n")
    music_s = sum(performed.length_s for _, _, performed in piece)
    result = {
        "bars": len(piece),
        "notes": sum(len(performed.notes) for _, _, performed in piece),
        "tokens": sum(bar.tokens for _, bar, _ in piece),
        "seconds_compose": round(took_s, 3),
        "seconds_music": round(music_s, 3),
        "generator": generator if weights_sha256 or generator == LAST_RESORT else LAST_RESORT,
        "weights_sha256": weights_sha256,
    }
    tell(result, as_json, f"{out}: {len(piece)} bars, {music_s / 60:.1f} min of music, composed in {took_s:.2f} s")


def _wishes(words: tuple[str, ...]) -> Condition:
    try:
        return read_wishes(words)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--wish") from error


def _composer(name: str, weights: Path | None) -> tuple[Generator, str | None]:
    """(the generator, the hash of its weights). Where shipped weights can't be used the rules compose, and it says so.

    Weights that were named by hand must be right: another composer than the one asked for would be no answer.
    """
    maker = catalog.find("generator", name).Generator
    if weights is not None and name == LAST_RESORT:
        raise click.BadParameter(f"{name} needs no weights", param_hint="--weights")
    try:
        made = maker(weights) if weights else maker()
    except WeightsError as error:
        if weights is not None:
            raise
        click.echo(f"The rules compose: {error}.", err=True)
        made = catalog.find("generator", LAST_RESORT).Generator()
    index, unchecked = found_index()
    if unchecked:
        click.echo(unchecked, err=True)
    return (Original(made, index) if index else made), getattr(made, "weights_sha256", None)
