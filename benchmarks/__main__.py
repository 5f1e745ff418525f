"""`make bench`: every figure beside the one before, into benchmarks/results.json and docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import click

from benchmarks import body, browser, composing, features, sensing, server, simulation, web
from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
TABLE = ROOT / "docs" / "benchmarks.md"
PARTS: tuple[ModuleType, ...] = (simulation, composing, features, body, sensing, server, web, browser)


def main() -> int:
    before = (
        {row["name"]: row["value"] for row in json.loads(RESULTS.read_text())["figures"]} if RESULTS.exists() else {}
    )
    figures: list[Figure] = []
    for part in PARTS:
        click.echo(f"{part.__name__} …", err=True)
        figures += part.measure()
    about = {
        "when": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }
    RESULTS.write_text(json.dumps({**about, "figures": [asdict(figure) for figure in figures]}, indent=1) + "\n")
    TABLE.write_text(_table(figures, before, about))
    click.echo(TABLE.read_text())
    return 0 if all(figure.holds for figure in figures) else 1


def _table(figures: list[Figure], before: dict[str, float], about: dict[str, str]) -> str:
    rows = [
        f"| {figure.name} | {figure.value:g} {figure.unit} | {_old(figure, before)} | {figure.at_most:g} "
        f"| {'yes' if figure.holds else '**no**'} |"
        for figure in figures
    ]
    return "\n".join(
        [
            "# Speed and memory",
            "",
            f"Written by `make bench` on {about['when']}: {about['machine']}.",
            "",
            "| what | now | the run before | at most | holds |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _old(figure: Figure, before: dict[str, float]) -> str:
    return f"{before[figure.name]:g} {figure.unit}" if figure.name in before else "–"


if __name__ == "__main__":
    sys.exit(main())
