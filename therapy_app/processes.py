"""Engine and web as two processes under one light parent: started together, the engine brought back when it dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from threading import Event

import click

from therapy_app.settings import Settings, SettingsError, read_settings

ENGINE, WEB = "therapy_app.engine.host", "therapy_app.web.server"
RESTART_AFTER_S = 1.0
PATIENCE_S = 10.0


def _start(module: str, settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **settings.environ()})


def serve(settings: Settings, ready: Callable[[], None]) -> int:
    """Serves until SIGTERM or SIGINT and returns the exit status; calls `ready` when the web answers.

    An engine that dies comes back, and closes the sessions of the one before as interrupted. When the web process
    dies, all ends.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    web, engine = _start(WEB, settings), _start(ENGINE, settings)
    waiting = True
    while not stop.wait(0.2) and web.poll() is None:
        if waiting and _answers(settings) and _is_ready(settings, engine):
            waiting = False
            ready()
        if engine.poll() is not None and not stop.wait(RESTART_AFTER_S):
            engine = _start(ENGINE, settings)
    for process in (engine, web):
        _end(process)
    return 0 if stop.is_set() else 1


def _answers(settings: Settings) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((settings.host, settings.port)) == 0


def _is_ready(settings: Settings, engine: subprocess.Popen[bytes]) -> bool:
    """Whether this very engine has said that it waits for sessions."""
    lock = settings.engine_lock
    return lock.exists() and lock.read_text().strip() == str(engine.pid)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def check_port(settings: Settings) -> None:
    """Raises SettingsError when another program serves there."""
    with socket.socket() as probe:
        # As the web process binds: what a server left a moment ago is free again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"port {settings.port} of {settings.host} can't be had ({error.strerror}); choose another with --port"
            ) from error


def become_server(settings: Settings, words: str) -> None:
    """Replaces this process, which may have grown, by the light parent; it prints `words` when all is ready."""
    os.environ.update(settings.environ())
    os.execv(sys.executable, [sys.executable, "-m", "therapy_app.processes", words])


if __name__ == "__main__":
    sys.exit(serve(read_settings(os.environ), lambda: click.echo(sys.argv[1])))
