"""Engine and web as two processes under one parent: started together, the engine brought back when it dies."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from threading import Event

from therapy_app.engine.host import run_engine
from therapy_app.settings import Settings
from therapy_app.web.server import serve_web

RESTART_AFTER_S = 1.0
PATIENCE_S = 10.0


def _engine_main(settings: Settings) -> None:
    # At import time of the part, not of the first session: the first sound must not wait for SciPy.
    run_engine(settings)


def _start(target: Callable[[Settings], None], settings: Settings, name: str) -> BaseProcess:
    process = get_context("spawn").Process(target=target, args=(settings,), name=name)
    process.start()
    return process


def serve(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit status. An engine that dies comes back; its sessions are
    closed as interrupted by the new one. Without its web process the whole ends."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    web = _start(serve_web, settings, "web")
    engine = _start(_engine_main, settings, "engine")
    born = time.monotonic()
    while not stop.wait(0.2) and web.is_alive():
        if not engine.is_alive():
            if time.monotonic() - born < RESTART_AFTER_S:
                stop.wait(RESTART_AFTER_S)
            engine, born = _start(_engine_main, settings, "engine"), time.monotonic()
    failed = not stop.is_set()
    for process in (engine, web):
        _end(process)
    return 1 if failed else 0


def _end(process: BaseProcess) -> None:
    if process.is_alive():
        process.terminate()
        process.join(PATIENCE_S)
    if process.is_alive():
        process.kill()
