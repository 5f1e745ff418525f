"""`therapy train`: what composes and what estimates is trained here, offline."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from models.shipped import WEIGHTS
from therapy_app.cli.output import as_json, settings_for, tell

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def train() -> None:
    """Train what composes and what estimates. Offline: takes minutes to hours."""


@train.command(
    epilog="Example: therapy train music scores --generator lstm --minutes 15, or, with a clinic's own pieces: "
    "therapy train music --from transformer --pieces our-songs --style folk --minutes 3"
)
@click.argument("data", type=FOLDER, required=False)
@click.option(
    "--generator", type=click.Choice(["transformer", "lstm", "gan"]), default="transformer", show_default=True
)
@click.option("--minutes", type=float, help="How long; 80 for the transformer, 15 for the others, 3 with --from.")
@click.option("--out", type=FOLDER, help="Folder of the run; one under the data folder by default.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option("--width", type=click.IntRange(4, 2048), help="Of the layers; as in the weights that ship by default.")
@click.option("--layers", type=click.IntRange(1, 48), help="How many; as in the weights that ship by default.")
@click.option("--resume/--anew", default=True, show_default=True, help="Go on with the run in the folder, or not.")
@click.option("--formal-only", is_flag=True, help="Leave out encodings without a formal licence.")
@click.option("--threads", type=click.IntRange(1, 512), help="CPU threads; all cores by default.")
@click.option("--from", "base", help="Tune these weights: a name of ours, or the path of a .safetensors made here.")
@click.option("--pieces", type=FOLDER, help="With --from: the folder of a clinic's own MIDI and ABC files.")
@click.option("--style", default="other", show_default=True, help="With --from: the style that the pieces are.")
@click.option("--ship", is_flag=True, help="For developers: write the weights into the package.")
@as_json
def music(
    data: Path | None,
    generator: str,
    minutes: float | None,
    out: Path | None,
    seed: int,
    width: int | None,
    layers: int | None,
    resume: bool,
    formal_only: bool,
    threads: int | None,
    base: str | None,
    pieces: Path | None,
    style: str,
    ship: bool,
    as_json: bool,
) -> None:
    """Train a generator on the scores in DATA, or tune a trained one to a clinic's own pieces.

    DATA holds the collections of docs/data.md, or a corpus made of them. Started again with the same arguments, a run
    that was broken off goes on. Weights, card and curve come out; 'therapy compose --weights DIR' plays them.
    """
    if (base is None) != (pieces is None):
        raise click.UsageError("--from and --pieces belong together: weights, and the pieces they are tuned to")
    if base is None and data is None:
        raise click.UsageError("no DATA; expected the folder of the scores, or --from with --pieces")
    if base is not None and (ship or width or layers):
        raise click.UsageError("--ship, --width and --layers are for a training from the beginning, not for --from")
    if generator == "gan" and (width or layers):
        raise click.UsageError("--width and --layers are for transformer and lstm; gan has one shape")
    if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
        raise click.UsageError(f"minutes {minutes:g}; expected a number above 0")
    name = generator if base is None else f"tuned-{Path(base).stem}"
    folder = out or settings_for().var / "training" / name
    run = Run(data, folder, WEIGHTS if ship else folder / "weights", minutes, seed, resume, formal_only)
    _use(threads or os.cpu_count() or 1)
    if base is not None and pieces is not None:
        result = _tuned(run, base, pieces, style)
    elif generator == "gan":
        result = _contested(run)
    else:
        result = _learned(run, generator, {"width": width, "layers": layers})
    nats = f", {result['valid_nll']:.3f} nats a token on held-out works" if "valid_nll" in result else ""
    tell(result, as_json, f"{result['weights']}: {result['steps']} steps in {result['minutes']:g} min{nats}")


@train.command(epilog="Example: therapy train emotion ~/data/emotion --out weights")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--estimator", type=click.Choice(["linear", "network"]), default="linear", show_default=True)
@click.option("--out", type=FOLDER, help="Folder of weights and card; one under the data folder by default.")
@click.option("--work", type=FOLDER, help="Where readings are kept between runs; under the data folder by default.")
@click.option("--ship", is_flag=True, help="For developers: write the weights into the package.")
@as_json
def emotion(data: Path, estimator: str, out: Path | None, work: Path | None, ship: bool, as_json: bool) -> None:
    """Train an estimator on the people in DATA and measure it on each of them left out.

    DATA holds the archives or folders stress-predict and eegmat. Takes about two minutes, four the first time; the
    network some minutes more.
    """
    if out is not None and ship:
        raise click.UsageError("--out and --ship exclude each other: a folder of yours, or the package")
    var = settings_for().var
    feeling = import_module("therapy_app.cli.feeling")  # heavy, and help should not wait for it
    weights = WEIGHTS if ship else out or var / "training" / "emotion"
    result = feeling.trained(estimator, data, work or var / "emotion", weights, _say)
    figures = "; ".join(
        f"{row['corpus']}: balanced accuracy {row['balanced']:.3f} on people left out" for row in result["corpora"]
    )
    tell(result, as_json, f"{result['weights']}: {figures}")


@dataclass(frozen=True)
class Run:
    """What every kind of training is told."""

    data: Path | None
    out: Path
    weights: Path
    minutes: float | None
    seed: int
    resume: bool
    formal_only: bool

    def command(self, **options: object) -> str:
        """The command that makes the same weights, for their card: folders as DATA and PIECES."""
        told = {**options, "minutes": self.minutes, "seed": self.seed}
        words = [f"--{name} {value}" for name, value in told.items() if value is not None]
        data = ["DATA"] if self.data else []
        return " ".join(["therapy train music", *data, *words, *(["--formal-only"] if self.formal_only else [])])


def _use(threads: int) -> None:
    """Torch and the readers of scores take seconds to load and need not be there for anything else."""
    try:
        import symusic  # noqa: F401
        import torch
    except ModuleNotFoundError as missing:
        raise LookupError(f"training needs {missing.name}; pip install 'emotion-music-therapy[train]'") from missing
    torch.set_num_threads(threads)


def _say(words: str) -> None:
    click.echo(words, err=True)


def _learned(run: Run, kind: str, shape: Mapping[str, int | None]) -> dict[str, Any]:
    from models.music.networks.kinds import built
    from models.training.music.course import Order, begin, learn, schedule_for
    from models.training.music.scores import scores_in

    assert run.data is not None
    given = {name: value for name, value in shape.items() if value is not None}
    schedule = schedule_for(kind, run.minutes, run.seed)
    network = built(kind, given, run.seed)
    begin(run.out, anew=not run.resume)
    scores = scores_in(run.data, run.out, run.formal_only, sys.stderr)
    made_by = replace(run, minutes=schedule.minutes).command(generator=kind, **given)
    trained = learn(network, scores, Order(schedule, run.out, run.weights, made_by, _say))
    nats, copied = trained.about["nats_a_token"], trained.about["copied"]
    return {
        "generator": kind,
        "weights": str(trained.file),
        "weights_sha256": trained.sha256,
        "steps": trained.state.step,
        "tokens": trained.state.tokens,
        "minutes": trained.about["training"]["minutes"],
        "valid_nll": nats["valid"],
        "test_nll": nats["test"],
        "copied": copied["share"],
        "copied_by_people": copied["people"],
    }


def _contested(run: Run) -> dict[str, Any]:
    from models.training.music.adversarial import train_gan
    from models.training.music.bar_card import ship_gan
    from models.training.music.course import begin
    from models.training.music.scores import scores_in

    assert run.data is not None
    minutes = 15.0 if run.minutes is None else run.minutes
    begin(run.out, anew=not run.resume)
    scores = scores_in(run.data, run.out, run.formal_only, sys.stderr)
    if run.formal_only and scores.folder == run.data:
        raise ValueError("gan with --formal-only; expected the folder of the collections, not a corpus of all of them")
    state = train_gan(scores.folder, run.out, minutes, run.seed, _say)
    digest = ship_gan(run.out, scores.folder, run.seed, run.weights)
    return {
        "generator": "gan",
        "weights": str(run.weights / "gan.safetensors"),
        "weights_sha256": digest,
        "steps": state.step,
        "minutes": round(state.seconds / 60, 1),
    }


def _tuned(run: Run, base: str, folder: Path, style: str) -> dict[str, Any]:
    from models.checkpoints import read
    from models.training.music.course import Order, begin, tune, tuning_for
    from models.training.music.pieces import pieces_in
    from models.training.music.scores import scores_in

    path = Path(base)
    weights = read(path.stem, path.parent) if path.parent != Path() else read(path.stem)
    schedule = tuning_for(run.minutes, run.seed)
    pieces = pieces_in(folder)
    for piece in pieces:
        if piece.skipped:
            _say(f"{piece.file} is left out: {piece.skipped}")
    begin(run.out, anew=not run.resume)
    scores = scores_in(run.data, run.out, run.formal_only, sys.stderr) if run.data else None
    options = {"from": path.stem, "pieces": "PIECES", "style": style}
    made_by = replace(run, minutes=schedule.minutes).command(**options)
    trained = tune(weights, pieces, style, scores, Order(schedule, run.out, run.weights, made_by, _say))
    tuned = trained.about["tuned"]
    return {
        "generator": trained.about["kind"],
        "weights": str(trained.file),
        "weights_sha256": trained.sha256,
        "steps": trained.state.step,
        "minutes": tuned["minutes"],
        "pieces": tuned["pieces"],
        "skipped": {piece.file: piece.skipped for piece in pieces if piece.skipped},
        "nll_before": tuned["before"],
        "nll_after": tuned["after"],
    }
