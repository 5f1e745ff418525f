"""`therapy compose`: music for a fixed target or a path of targets."""

from __future__ import annotations

import time
from pathlib import Path

import click

from models.music.compose import Waypoint, parse_path
from models.music.compose import compose as compose_piece
from models.music.plan import ROLES, Aim
from therapy_app import catalog
from therapy_app.cli.output import as_json, tell
from therapy_app.playback.groove import found_groove
from therapy_app.playback.midi_file import composed_file
from therapy_app.playback.piano_roll import piano_roll_svg

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
@click.option("--generator", type=click.Choice(catalog.names("generator")), default="rules", show_default=True)
@click.option("--tradition", type=click.Choice(catalog.names("tradition")), default="western", show_default=True)
@click.option("--roles", default=",".join(ROLES), show_default=True, help="Which voices play, with commas.")
@click.option("--path", help="Targets on the way, 'bar:valence,arousal …'; instead of --valence and --arousal.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The MIDI file to write.")
@click.option("--roll", type=click.Path(dir_okay=False, path_type=Path), help="Also draw its piano roll, as SVG.")
@as_json
def compose(
    valence: float,
    arousal: float,
    bars: int,
    seed: int,
    generator: str,
    tradition: str,
    roles: str,
    path: str | None,
    out: Path,
    roll: Path | None,
    as_json: bool,
) -> None:
    """Compose music for a point of the valence-arousal plane, or for a path through it.

    The same arguments give the same bytes.
    """
    waypoints, voices = _path(path, valence, arousal), _roles(roles)
    composer, mode = catalog.find("generator", generator).Generator(), catalog.find("tradition", tradition).TRADITION
    groove, without = found_groove()
    if without:
        click.echo(without, err=True)
    begun = time.perf_counter()
    piece = compose_piece(waypoints, bars, seed, composer, mode, voices, groove)
    took_s = time.perf_counter() - begun
    out.write_bytes(composed_file(piece))
    if roll:
        roll.write_text(piano_roll_svg([(plan, performed) for plan, _, performed in piece]))
    music_s = sum(performed.length_s for _, _, performed in piece)
    result = {
        "bars": len(piece),
        "notes": sum(len(performed.notes) for _, _, performed in piece),
        "tokens": sum(bar.tokens for _, bar, _ in piece),
        "seconds_compose": round(took_s, 3),
        "seconds_music": round(music_s, 3),
        "generator": generator,
        "weights_sha256": None,
    }
    tell(result, as_json, f"{out}: {len(piece)} bars, {music_s / 60:.1f} min of music, composed in {took_s:.2f} s")
