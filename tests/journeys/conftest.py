"""A real browser without a screen, and what it needs to play: the bundle, the soundfont, a folder to serve."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="module")
def chromium(lacking: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """For one module only: while it is open, Playwright's own event loop runs and no other may."""
    if not Path(CHROMIUM).exists():
        lacking(f"no browser at {CHROMIUM}; install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """A test has its own things to say."""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """(folder, address) of a folder that is served over HTTP and already holds the synth and the soundfont."""
    folder = tmp_path_factory.mktemp("served")
    static = REPOSITORY / "therapy_app/web/static"
    files = [static / "bundle" / name for name in ("synth.js", "onset.js", "ticker.js")]
    for file in [*files, static / "soundfont/calm_stereo.sf3"]:
        shutil.copy(file, folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()
