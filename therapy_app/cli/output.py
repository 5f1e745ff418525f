"""How commands speak: JSON as the last line when asked, progress only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from therapy_app.settings import Settings, read_settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, as the last line.")
database_option = click.option("--database", help="Database URL; a SQLite file in ./var by default.")


def settings_for(database: str | None = None, port: int | None = None) -> Settings:
    return read_settings(os.environ, database, port)


def tell(result: Mapping[str, Any], as_json: bool, words: str) -> None:
    """The result as a sentence, or as one line of JSON."""
    click.echo(json.dumps(result, allow_nan=False) if as_json else words)


@contextmanager
def progress_bar(what: str, total: float) -> Iterator[Any]:
    """A bar on a terminal's standard error, nothing in a pipe. Yields a function that takes how much is done."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
