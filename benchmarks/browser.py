"""The page in a real browser: from pressing Start to sound, from Esc to silence, with the machine idle and busy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time

from playwright.sync_api import Page, sync_playwright

from benchmarks.figure import Figure
from benchmarks.server import busy
from therapy_app.records.demo import DEMO_ACCOUNTS

PORT = 8932
ADDRESS = f"http://127.0.0.1:{PORT}"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SILENT = 1e-4
METER_S = 0.046
"""The page's meter looks this far back, so that silence shows this much later than it is heard."""

WATCH = """() => {
    window.levels = [];
    setInterval(() => window.levels.push([performance.now() / 1000, therapy.level()]), 5);
    addEventListener('keydown', () => { window.pressed = performance.now() / 1000; }, { capture: true });
}"""


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"THERAPY_VAR": folder, "THERAPY_PORT": str(PORT)}
        demo = subprocess.Popen([sys.executable, "-m", "therapy_app.cli", "demo"], env=environ, stdout=subprocess.PIPE)
        try:
            _wait_for_address(demo)
            return _measure()
        finally:
            demo.terminate()
            demo.wait()


def _wait_for_address(demo: subprocess.Popen[bytes]) -> None:
    assert demo.stdout is not None
    while b"Ctrl-C" not in (line := demo.stdout.readline()):
        assert line or demo.poll() is None, "the demo ended before it served"


def _measure() -> list[Figure]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        _sign_in(page)
        idle = _session(page)
        with busy():
            loaded = _session(page)
        chromium.close()
    names = ("press Start to sound", "Esc to silence, in the browser")
    rows = zip(names, idle, loaded, (2.0, 0.1), strict=True)
    return [
        Figure(f"{name}{state}", round(value, 3), "s", limit)
        for name, *values, limit in rows
        for state, value in zip(("", ", machine busy"), values, strict=True)
    ]


def _sign_in(page: Page) -> None:
    page.goto(f"{ADDRESS}/login")
    page.fill("input[name=email]", DEMO_ACCOUNTS[0].email)
    page.fill("input[name=password]", DEMO_ACCOUNTS[0].password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{ADDRESS}/")


def _session(page: Page) -> tuple[float, float]:
    """(seconds from Start to sound, seconds from Esc to silence)."""
    page.goto(f"{ADDRESS}/sessions/new")
    page.check("input[name=consent]")
    begun = time.perf_counter()
    page.click("main button:has-text('Start')")
    page.wait_for_url(re.compile(r"/sessions/\d+$"))
    while not page.evaluate(f"window.therapy && therapy.level() > {SILENT}"):
        assert time.perf_counter() - begun < 30, "no sound"
        page.wait_for_timeout(20)
    sound_s = time.perf_counter() - begun
    page.wait_for_timeout(6000)
    page.evaluate(WATCH)
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    page.wait_for_timeout(1500)
    pressed, levels = page.evaluate("window.pressed"), page.evaluate("window.levels")
    loud_s = [at_s for at_s, level in levels if at_s > pressed and level > SILENT]
    return sound_s, max(0.0, max(loud_s, default=pressed) - pressed - METER_S)
