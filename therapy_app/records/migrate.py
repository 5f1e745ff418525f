"""Brings the database to the newest shape. Apart from `database`, because the web process never needs it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

PACKAGE = Path(__file__).parents[1]


def alembic_config(url: str) -> Config:
    """A wheel carries the migrations inside therapy_app; a checkout has them beside it."""
    shipped = PACKAGE / "migrations"
    config = Config()
    config.set_main_option("script_location", str(shipped if shipped.exists() else PACKAGE.parent / "migrations"))
    # Alembic's options are %-interpolated; a URL may hold an escaped character.
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Creates or upgrades all tables."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(url), "head")


def check(url: str) -> None:
    """Raises alembic's CommandError when the tables are not what the code expects."""
    command.check(alembic_config(url))
