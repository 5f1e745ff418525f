"""The command `therapy`: one file for each group of commands, loaded when it is used."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click
from alembic.util.exc import CommandError as MigrationError
from sqlalchemy.exc import DatabaseError

from models.shipped import WeightsError
from sensors.blocks import SensorError
from therapy_app.records.people import PeopleError
from therapy_app.records.sessions import SessionError
from therapy_app.settings import SettingsError

COMMANDS = {
    "clinic": "people",
    "compose": "music",
    "db": "people",
    "demo": "serving",
    "estimate": "body",
    "evaluate": "evaluation",
    "explain": "explaining",
    "export": "records",
    "parts": "parts",
    "person": "person",
    "play": "serving",
    "replay": "records",
    "sensors": "sensing",
    "serve": "serving",
    "simulate": "records",
    "train": "training",
    "user": "people",
}
"""Every command and the module it stands in."""

PLAIN = (
    SensorError,
    WeightsError,
    SessionError,
    PeopleError,
    SettingsError,
    MigrationError,
    LookupError,
    ValueError,
    OSError,
    DatabaseError,
)
"""Errors whose text is already a sentence for people."""


class Failure(click.ClickException):
    """One plain sentence on standard error and exit status 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), err=True)


class Commands(click.Group):
    """Loads a command's module when it is asked for, and turns known errors into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"therapy_app.cli.{COMMANDS[name]}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DatabaseError as error:
            raise Failure(f"the database can't be used: {error.orig}; 'therapy db upgrade' makes its tables") from error
        except PLAIN as error:
            raise Failure(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    """What the error says, without the marks Python puts around it."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {(error.strerror or 'can not be used').lower()}"
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="emotion-music-therapy")
def main() -> None:
    """Music that follows a body, with a record a clinician can replay."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait must not hold the cores others need
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
