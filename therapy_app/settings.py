"""Deployment settings: the only reader of the environment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHORTEST_SECRET = 32
PORTS = {"THERAPY_PORT": "8000", "THERAPY_SENSOR_PORT": "8765"}
WEAK_SECRETS = ("changeme", "secret", "password", "development", "please-change")


class SettingsError(ValueError):
    """A setting that would be unsafe or can't be understood."""


@dataclass(frozen=True)
class Settings:
    """`var` is the folder for the database, its secret and its reserve; `secret` signs login cookies.

    At `sensor_port` of this machine the engine's `ws` sensors listen, to which the web passes phones on.
    """

    var: Path
    database_url: str
    secret: str
    host: str = "127.0.0.1"
    port: int = 8000
    sensor_port: int = 8765

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
        if not 0 < self.sensor_port <= 65535:
            raise SettingsError(f"THERAPY_SENSOR_PORT {self.sensor_port}; expected 1 to 65535")

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
            "THERAPY_SENSOR_PORT": str(self.sensor_port),
        }


def read_settings(environ: Mapping[str, str], database_url: str | None = None, port: int | None = None) -> Settings:
    """Settings from THERAPY_VAR, _DATABASE, _SECRET, _HOST, _PORT and _SENSOR_PORT.

    Without THERAPY_SECRET one is made and kept beside the database, readable by its owner alone.
    """
    var = Path(environ.get("THERAPY_VAR", "var")).resolve()
    url = database_url or environ.get("THERAPY_DATABASE") or f"sqlite:///{var / 'therapy.db'}"
    ports = {name: environ.get(name, usual) for name, usual in PORTS.items()}
    for name, text in ports.items():
        if not text.isdigit() and not (name == "THERAPY_PORT" and port is not None):
            raise SettingsError(f"{name} {text!r}; expected a number from 0 to 65535")
    return Settings(
        var=var,
        database_url=url,
        secret=environ.get("THERAPY_SECRET") or _kept_secret(var),
        host=environ.get("THERAPY_HOST", "127.0.0.1"),
        port=int(ports["THERAPY_PORT"]) if port is None else port,
        sensor_port=int(ports["THERAPY_SENSOR_PORT"]),
    )


def _kept_secret(var: Path) -> str:
    var.mkdir(parents=True, exist_ok=True)
    file = var / "secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()
