"""Deployment settings: the only reader of the environment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHORTEST_SECRET = 32
WEAK_SECRETS = ("changeme", "secret", "password", "development", "please-change")


class SettingsError(ValueError):
    """A setting that would be unsafe or can't be understood."""


@dataclass(frozen=True)
class Settings:
    """`var` is the folder for the database, its secret and its reserve; `secret` signs login cookies."""

    var: Path
    database_url: str
    secret: str
    host: str = "127.0.0.1"
    port: int = 8000

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST_SECRET or any(weak in self.secret.lower() for weak in WEAK_SECRETS):
            raise SettingsError(
                f"THERAPY_SECRET of {len(self.secret)} characters is weak; "
                f"give at least {SHORTEST_SECRET} random characters, or unset it to have one made"
            )
        if not self.database_url.startswith("sqlite:///"):
            # The URL itself is not repeated: it may hold a password.
            raise SettingsError("the database's URL does not begin with sqlite:///; records are kept in SQLite")
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"port {self.port}; expected 0 to 65535")

    @property
    def engine_lock(self) -> Path:
        """Held by the one engine of this database; holds its process number once it is ready."""
        return self.var / "engine.lock"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def environ(self) -> dict[str, str]:
        """The same settings for another process."""
        return {
            "THERAPY_VAR": str(self.var),
            "THERAPY_DATABASE": self.database_url,
            "THERAPY_SECRET": self.secret,
            "THERAPY_HOST": self.host,
            "THERAPY_PORT": str(self.port),
        }


def read_settings(environ: Mapping[str, str], database_url: str | None = None, port: int | None = None) -> Settings:
    """Settings from THERAPY_VAR, THERAPY_DATABASE, THERAPY_SECRET, THERAPY_HOST and THERAPY_PORT.

    Without THERAPY_SECRET one is made and kept beside the database, readable by its owner alone.
    """
    var = Path(environ.get("THERAPY_VAR", "var")).resolve()
    url = database_url or environ.get("THERAPY_DATABASE") or f"sqlite:///{var / 'therapy.db'}"
    text = environ.get("THERAPY_PORT", "8000")
    if port is None and not text.isdigit():
        raise SettingsError(f"THERAPY_PORT {text!r}; expected a number from 0 to 65535")
    return Settings(
        var=var,
        database_url=url,
        secret=environ.get("THERAPY_SECRET") or _kept_secret(var),
        host=environ.get("THERAPY_HOST", "127.0.0.1"),
        port=int(text) if port is None else port,
    )


def _kept_secret(var: Path) -> str:
    var.mkdir(parents=True, exist_ok=True)
    file = var / "secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()
