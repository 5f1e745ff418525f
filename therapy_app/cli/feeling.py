"""The work of `therapy train emotion` and `evaluate emotion`: people read, fitted, left out and written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from models import network_weights
from models.emotion import resting
from models.evaluation.emotion import clips, rivals, sections
from models.evaluation.emotion.nested import nested
from models.evaluation.emotion.report import Circumstances, report
from models.evaluation.emotion.standing import standing
from models.evaluation.emotion.study import Study, study
from models.evaluation.emotion.tracks import Track, track
from models.evaluation.music.tables import Figure, Section
from models.linear_weights import NAME, Weights, read, ship
from models.shipped import known
from models.training.corpus.archives import ArchiveMissing, opened
from models.training.emotion import cache, network, network_card
from models.training.emotion.card import card
from models.training.emotion.course import DESIGNS, learned
from models.training.emotion.distances import Distances, distances
from models.training.emotion.fit import Design
from models.training.emotion.told import about
from therapy_app.cli.output import progress_bar

Say = Callable[[str], object]
QUICK_PEOPLE = 8


def people_in(data: Path, work: Path, say: Say, most: int | None = None) -> dict[str, list[Distances]]:
    """Everyone below `data`, or `most` of each corpus. What was read is kept in `work`."""
    read = cache.read(data, work, say, most)
    return {name: [distances(person) for person in own] for name, own in read.items()}


def trained(kind: str, data: Path, work: Path, weights: Path, say: Say) -> dict[str, Any]:
    """Fits on everyone, measures on each left out, writes weights and card into the folder `weights`."""
    begun = time.perf_counter()
    people, course = people_in(data, work, say), COURSES[kind]
    told = about(course.command, cache.key(), _results(people, course))
    digest, text = course.written(people, told, weights)
    (weights / f"{course.weights}.md").write_text(text, encoding="utf-8")
    return {
        "estimator": kind,
        "weights": str(weights / f"{course.weights}.safetensors"),
        "weights_sha256": digest,
        "corpora": told["corpora"],
        "seconds": round(time.perf_counter() - begun, 1),
    }


People = Mapping[str, Sequence[Distances]]
About = Mapping[str, Any]
Done = Callable[[int], object]


@dataclass(frozen=True)
class Course:
    """How one estimator is trained: `written` fits on everyone and returns SHA-256 and card, `tracks` are of people
    whom the estimator never saw."""

    command: str
    weights: str
    written: Callable[[People, About, Path], tuple[str, str]]
    tracks: Callable[[Sequence[Distances], Design, Done], Sequence[Track]]


def _linear(people: People, told: About, folder: Path) -> tuple[str, str]:
    found = learned(people).weights
    digest = ship(found, told, folder)
    return digest, card(found, told, digest)


def _linear_tracks(people: Sequence[Distances], design: Design, done: Done) -> Sequence[Track]:
    return nested(people, design, {}, done).tracks[""]


def _network(people: People, told: About, folder: Path) -> tuple[str, str]:
    found = network.learned(people)
    digest = network_weights.ship(found, told, folder)
    return digest, network_card.card(found, told, digest)


COURSES: Mapping[str, Course] = {
    "linear": Course("therapy train emotion DATA", NAME, _linear, _linear_tracks),
    "network": Course(
        "therapy train emotion DATA --estimator network", network_weights.NAME, _network, rivals.network_tracks
    ),
}


def _results(people: People, course: Course) -> dict[str, Any]:
    results: dict[str, Any] = {}
    with progress_bar("leaving each person out", total=sum(map(len, people.values()))) as done:
        for design in DESIGNS:
            own = people[design.corpus]
            tracks = course.tracks(own, design, partial(_counted, done, sum(len(people[c]) for c in results)))
            ruled = [track(resting.Estimator(), one.person) for one in own]
            results[design.corpus] = (design, standing(tracks, design.window_s), standing(ruled, design.window_s))
    return results


@dataclass(frozen=True)
class Asked:
    """What the evaluation was given."""

    data: Path
    quick: bool
    work: Path
    out: Path
    machine: str


def measured(asked: Asked, say: Say) -> tuple[dict[str, Any], str]:
    """(every figure as a program reads it, one sentence); the report stands where it was asked."""
    begun = time.perf_counter()
    people = people_in(asked.data, asked.work, say, QUICK_PEOPLE if asked.quick else None)
    parts = _sections(people, read(), asked.data)
    made = Circumstances(
        date=datetime.now(UTC).date().isoformat(),
        machine=asked.machine,
        command="therapy evaluate emotion DATA" + (" --quick" if asked.quick else ""),
        seconds=time.perf_counter() - begun,
        sensors=cache.key(),
        weights=known()[NAME][:12],
    )
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(report(parts, made, asked.quick), encoding="utf-8")
    figures = [figure for part in parts for figure in part.figures]
    reached = sum(figure.reached for figure in figures if figure.known)
    return _as_read(asked, figures, made), f"{asked.out}: {reached} of {len(figures)} figures reached"


def _sections(people: Mapping[str, Sequence[Distances]], weights: Weights, data: Path) -> list[Section]:
    studies: list[Study] = []
    with progress_bar("measuring", total=len(DESIGNS)) as done:
        for design in DESIGNS:
            studies.append(study(people[design.corpus], design, partial(_counted, done, len(studies))))
    return [
        *(sections.accuracy(one) for one in studies),
        sections.together(studies),
        sections.uncertainty(studies, weights.calibrations),
        sections.time(studies[0]),
        sections.reports(studies),
        _films(data),
        sections.peers(),
        sections.limits(),
    ]


def _films(data: Path) -> Section:
    try:
        with opened(cache.place_of(data, "case-annotations"), "case-annotations") as folder:
            return sections.films({m: clips.floors(clips.watched(folder, m)) for m in clips.COLUMNS}, "")
    except ArchiveMissing:
        return sections.films({}, "case-annotations is not beside the data")


def _as_read(asked: Asked, figures: Sequence[Figure], made: Circumstances) -> dict[str, Any]:
    told = {
        f.name: {"value": round(f.value, 4) if f.known else None, "asked": f.asked, "reached": f.reached}
        for f in figures
    }
    return {"report": str(asked.out), "figures": told, "seconds": round(made.seconds, 1)}


def _counted(done: Callable[[float], object], before: int, count: float) -> None:
    done(before + count)
