"""The web process: one gunicorn worker on gevent, so that a thousand open streams never keep STOP waiting."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from therapy_app.settings import Settings, read_settings

M_MMAP_THRESHOLD = -3  # from malloc.h
GRACE_S = 2
"""Open streams would otherwise keep the process for half a minute after it was told to end."""


class WebServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn without a command line, a control socket or an access log: addresses name sessions."""

    def __init__(self, settings: Settings, ready: Callable[[], None]) -> None:
        self.settings = settings
        self.ready = ready
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": 1,
            "worker_class": "gevent",
            "worker_connections": 2000,
            "graceful_timeout": GRACE_S,
            "timeout": 30,
            "keepalive": 30,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: self.ready(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # In the worker, after gevent has patched the standard library: only now may locks and sockets be made.
        from therapy_app.records.database import open_database
        from therapy_app.web.app import create_app

        return create_app(self.settings, open_database(self.settings.database_url))


def _give_memory_back() -> None:
    """Fixes glibc's threshold for memory maps: left to itself it keeps the 19 MiB of a password check for good."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 20)


def serve_web(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    """Serves until told to end; `ready` is called in the worker process once it answers."""
    _give_memory_back()
    WebServer(settings, ready).run()


if __name__ == "__main__":
    serve_web(read_settings(os.environ))
