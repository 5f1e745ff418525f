"""The work of `therapy evaluate music`: composers and corpus found, everything measured, the report written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
from therapy_app.cli.machine import machine
from therapy_app.cli.output import progress_bar
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


@dataclass(frozen=True)
class Asked:
    """What the command was given; without `names` all generators are meant, without `images` a folder beside `out`."""

    data: Path
    quick: bool
    names: tuple[str, ...]
    corpus: Path | None
    work: Path
    out: Path
    images: Path | None
    samples: Path | None


def measured(asked: Asked) -> tuple[dict[str, Any], str]:
    """(every figure as a program reads it, one sentence); the report and its pictures stand where they were asked."""
    begun, out = time.perf_counter(), asked.out
    generators, skipped = _composers(asked.names or tuple(catalog.names("generator")))
    if not generators:
        raise ValueError(f"no generator can be measured: {'; '.join(skipped.values())}")
    traditions = {name: catalog.find("tradition", name).TRADITION for name in catalog.names("tradition")}
    study = Study(
        generators=generators,
        modules={name: catalog.find("generator", name).__name__ for name in generators},
        traditions=traditions,
        western=traditions["western"],
        data=asked.data,
        corpus=asked.corpus or _prepared(asked.data, asked.work, asked.quick),
        amount=QUICK if asked.quick else FULL,
    )
    with progress_bar("measuring", total=len(PARTS)) as done:
        sections = sections_of(study, done)
    shown = DEFAULT if DEFAULT in generators else next(iter(generators))
    corners = _corners(study, shown)
    pictures = list(_drawn(corners, asked.images or out.parent.parent / "images" / "music", out, shown))
    if asked.samples:
        _sampled(corners, asked.samples, asked.data)
    made = Circumstances(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        command=_command(asked.quick, asked.names),
        seconds=time.perf_counter() - begun,
        skipped=skipped,
        weights={name: digest for name, digest in known().items() if name in generators},
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report(sections, made, pictures, asked.quick), encoding="utf-8")
    figures = [figure for section in sections for figure in section.figures]
    known_figures = [figure for figure in figures if figure.known]
    reached = sum(figure.reached for figure in known_figures)
    words = f"{out}: {len(generators)} generators, {reached} of {len(known_figures)} figures reached"
    return _result(out, figures, skipped, made.seconds), words


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
