"""`therapy evaluate`: what the models reach, measured and written down. Offline."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from models.evaluation.music.composing import composed, fixed, sound
from models.evaluation.music.report import Circumstances, report
from models.evaluation.music.study import FOLDERS, FULL, QUICK, Study
from models.evaluation.music.tables import Figure
from models.evaluation.music.whole import PARTS, sections_of
from models.music.compose import Piece
from models.music.plan import Generator
from models.shipped import WeightsError, known
from models.training.corpus.build import build
from models.training.corpus.collections import COLLECTIONS
from therapy_app import catalog
from therapy_app.cli.output import as_json, progress_bar, tell
from therapy_app.playback.midi_file import composed_file
from therapy_app.playback.piano_roll import piano_roll_svg

DEFAULT = "transformer"
CORNERS = {
    "bright and lively": (0.8, 0.8),
    "dark and lively": (-0.8, 0.8),
    "bright and still": (0.8, -0.8),
    "dark and still": (-0.8, -0.8),
}
CORNER_BARS, CORNER_SEED = 16, 1
QUICK_EVERY = 40
"""Of each collection, for the slice that a quick look prepares."""
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
    begun = time.perf_counter()
    generators, skipped = _composers(names or tuple(catalog.names("generator")))
    if not generators:
        raise ValueError(f"no generator can be measured: {'; '.join(skipped.values())}")
    traditions = {name: catalog.find("tradition", name).TRADITION for name in catalog.names("tradition")}
    study = Study(
        generators=generators,
        modules={name: catalog.find("generator", name).__name__ for name in generators},
        traditions=traditions,
        western=traditions["western"],
        data=data,
        corpus=corpus or _prepared(data, work, quick),
        amount=QUICK if quick else FULL,
    )
    with progress_bar("measuring", total=len(PARTS)) as done:
        sections = sections_of(study, done)
    shown = DEFAULT if DEFAULT in generators else next(iter(generators))
    corners = _corners(study, shown)
    pictures = list(_drawn(corners, images or out.parent.parent / "images" / "music", out, shown))
    if samples:
        _sampled(corners, samples, data)
    made = Circumstances(
        date=datetime.now(UTC).date().isoformat(),
        machine=_machine(),
        command=_command(quick, names),
        seconds=time.perf_counter() - begun,
        skipped=skipped,
        weights={name: digest for name, digest in known().items() if name in generators},
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report(sections, made, pictures, quick), encoding="utf-8")
    figures = [figure for section in sections for figure in section.figures]
    known_figures = [figure for figure in figures if figure.known]
    reached = sum(figure.reached for figure in known_figures)
    words = f"{out}: {len(generators)} generators, {reached} of {len(known_figures)} figures reached"
    tell(_result(out, figures, skipped, made.seconds), as_json, words)


def _composers(names: Sequence[str]) -> tuple[dict[str, Generator], dict[str, str]]:
    """(generators that can be made, why the others can't)."""
    made: dict[str, Generator] = {}
    skipped = {}
    for name in names:
        try:
            made[name] = catalog.find("generator", name).Generator()
        except WeightsError as reason:
            skipped[name] = str(reason)
    return made, skipped


def _prepared(data: Path, work: Path, quick: bool) -> Path | None:
    """The corpus in the work folder, made from the archives when it is not there; None where there are none."""
    folder = work / ("slice" if quick else "corpus")
    if not (folder / "manifest.jsonl").is_file():
        places = [data / name for name in FOLDERS]
        holds = [p for p in places if any((p / n).is_dir() or (p / f"{n}.tar.gz").is_file() for n in COLLECTIONS)]
        if not holds:
            return None
        build(holds[0], folder, list(COLLECTIONS), QUICK_EVERY if quick else 1, sys.stderr)
    return folder


def _corners(study: Study, name: str) -> dict[str, Piece]:
    jobs = [fixed(v, a, CORNER_BARS, CORNER_SEED, study.western) for v, a in CORNERS.values()]
    return dict(zip(CORNERS, composed(jobs, study.generators[name]), strict=True))


def _file(words: str) -> str:
    return words.replace(" and ", "-")


def _drawn(corners: dict[str, Piece], folder: Path, report_file: Path, name: str) -> Iterator[tuple[str, str]]:
    folder.mkdir(parents=True, exist_ok=True)
    for words, piece in corners.items():
        picture = folder / f"{_file(words)}.svg"
        bars = zip((plan for plan, _, _ in piece), sound(piece), strict=True)
        picture.write_text(piano_roll_svg(list(bars)), encoding="utf-8")
        link = Path(os.path.relpath(picture, report_file.parent)).as_posix()
        valence, arousal = CORNERS[words]
        how = f"--valence {valence} --arousal {arousal} --bars {CORNER_BARS} --seed {CORNER_SEED} --generator {name}"
        yield f"{words.capitalize()}: `therapy compose {how} --out {_file(words)}.mid`", link


def _sampled(corners: dict[str, Piece], folder: Path, data: Path) -> None:
    """Each corner as MIDI; as sound too when fluidsynth is installed and the sound font lies with the data."""
    folder.mkdir(parents=True, exist_ok=True)
    fluidsynth = shutil.which("fluidsynth")
    fonts = sorted(data.rglob("*.sf[23]"))
    for words, piece in corners.items():
        file = folder / f"{_file(words)}.mid"
        file.write_bytes(composed_file(piece))
        if fluidsynth and fonts:
            sounding = ["-F", str(file.with_suffix(".wav")), "-r", "44100", "-ni", str(fonts[0]), str(file)]
            subprocess.run([fluidsynth, *sounding], check=True, capture_output=True)


def _machine() -> str:
    cpus = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    name = cpus[0] if cpus else platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores of {name}, Python {platform.python_version()}"


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def _command(quick: bool, names: Sequence[str]) -> str:
    return " ".join(["therapy evaluate music DATA", *(f"--generator {n}" for n in names), *(["--quick"] * quick)])


def _result(out: Path, figures: Sequence[Figure], skipped: dict[str, str], seconds: float) -> dict[str, Any]:
    """What a program reads: every figure by generator, null where there is none."""
    told: dict[str, dict[str, Any]] = {}
    for figure in figures:
        value = round(figure.value, 4) if figure.known else None
        row = {"value": value, "asked": figure.asked, "reached": figure.reached}
        told.setdefault(figure.generator, {})[figure.name] = row
    return {"report": str(out), "figures": told, "skipped": skipped, "seconds": round(seconds, 1)}
