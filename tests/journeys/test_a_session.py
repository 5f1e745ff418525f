"""A person's way through the product in a real browser: sign in, start, listen, steer, stop, look back."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

REPOSITORY = Path(__file__).parents[2]
AXE = REPOSITORY / "node_modules/axe-core/axe.min.js"
THERAPIST = ("therapist@demo.example", "listen-to-the-body")
SILENT = 1e-4
READY_WITHIN_S = 60

RECORD_LEVEL = """() => {
    window.levels = [];
    setInterval(() => window.levels.push([performance.now() / 1000, therapy.level()]), 5);
    addEventListener('keydown', () => { window.pressed = performance.now() / 1000; }, { capture: true });
}"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The demo clinic, with a folder of its own."""
    var = tmp_path_factory.mktemp("var")
    surroundings = {**os.environ, "THERAPY_VAR": str(var), "THERAPY_PORT": str(port)}
    command = [str(Path(sys.executable).parent / "therapy"), "demo"]
    said = (var / "demo.log").open("w")
    demo = subprocess.Popen(command, env=surroundings, stdout=said, stderr=subprocess.STDOUT)
    try:
        wait_until_served(f"http://127.0.0.1:{port}/login", demo, var / "demo.log")
        yield demo
    finally:
        demo.terminate()
        demo.wait(20)
        said.close()


@pytest.fixture(scope="module")
def address(demo: subprocess.Popen[bytes], port: int) -> str:
    return f"http://127.0.0.1:{port}"


def engine_of(demo: subprocess.Popen[bytes]) -> int:
    """The engine's process, a child of the demo's."""
    for child in Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split():
        if "therapy_app.engine.host" in Path(f"/proc/{child}/cmdline").read_text():
            return int(child)
    raise AssertionError("the demo has no engine")


def wait_until_served(url: str, demo: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(READY_WITHIN_S * 5):
        assert demo.poll() is None, log.read_text()
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.2)
    pytest.fail(f"nothing served after {READY_WITHIN_S} s: {log.read_text()}")


class Wire:
    """A cable between browser and server that can be pulled."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = int(self._listening.getsockname()[1])
        self.whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._server_port))
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while received := source.recv(65536):
                sink.sendall(received)
            sink.shutdown(socket.SHUT_WR)

    def pull(self) -> None:
        self.whole = False
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open = []

    def mend(self) -> None:
        self.whole = True

    def close(self) -> None:
        self.pull()
        self._listening.close()


@pytest.fixture
def wire(address: str) -> Iterator[Wire]:
    made = Wire(int(address.rsplit(":", 1)[1]))
    yield made
    made.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser of its own; a session that a failed test leaves open is stopped, so that the next one can begin."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    made = context.new_page()
    yield made
    if made.locator("#stop:enabled").count():
        end(made)
    context.close()


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.fill("input[name=email]", THERAPIST[0])
    page.fill("input[name=password]", THERAPIST[1])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{address}/")


def start(page: Page, address: str, client: str) -> str:
    """Starts a session with the virtual patient and returns its address; presses Start as its last act."""
    page.goto(f"{address}/sessions/new")
    page.select_option("select[name=client]", label=client)
    page.fill("input[name=length_min]", "4")
    page.check("input[name=consent]")
    page.press("input[name=length_min]", "Enter")
    page.wait_for_url(re.compile(r"/sessions/\d+$"))
    return page.url


def until(page: Page, expression: str, within_s: float) -> None:
    """Playwright's own waiting needs eval in the page, which its content security policy forbids."""
    give_up = time.monotonic() + within_s
    while not page.evaluate(expression):
        assert time.monotonic() < give_up, f"not within {within_s} s: {expression}"
        page.wait_for_timeout(50)


def end(page: Page) -> None:
    if page.locator("#stop").is_enabled():
        page.keyboard.press("Escape")
    expect(page.locator("#phase")).to_have_text("Ended", timeout=10_000)


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text() + "; undefined")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("(rules) => axe.run({ runOnly: rules })", rules)
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in found["violations"]]


def longest_quiet_s(levels: list[list[float]]) -> float:
    longest, since = 0.0, levels[0][0]
    for at_s, level in levels:
        if level > SILENT:
            since = at_s
        longest = max(longest, at_s - since)
    return longest


def test_a_therapist_starts_a_session_hears_it_stops_it_and_finds_it_again(page: Page, address: str) -> None:
    sign_in(page, address)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    session = start(page, address, "M-014")
    until(page, "therapy.level() > 1e-4", 15)
    expect(page.locator("#sound")).to_have_text("Sound is on")
    expect(page.locator("#link")).to_have_text("linked")
    page.wait_for_timeout(2500)

    page.evaluate(RECORD_LEVEL)
    page.wait_for_timeout(30_000)
    levels = page.evaluate("window.levels")
    assert longest_quiet_s(levels) < 0.5, "a gap in the sound"
    assert page.evaluate("therapy.queue()") > 2
    pulse = page.locator(".signal", has_text="Pulse").locator(".number")
    assert 40 < int(pulse.inner_text()) < 140
    expect(page.locator("#reason")).not_to_have_text("Nothing has been decided yet.")

    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    pressed = page.evaluate("window.pressed")
    after = [at_s for at_s, level in page.evaluate("window.levels") if at_s > pressed and level > SILENT]
    silent_after_s = max(after, default=pressed) - pressed
    # The meter looks 46 ms back, so silence shows that much later than it is heard.
    assert silent_after_s < 0.1 + 0.046, f"silent {silent_after_s:.3f} s after Esc"
    end(page)

    page.goto(f"{address}/sessions")
    page.click(f"a[href='{session.removeprefix(address)}']")
    expect(page.locator("#link")).to_have_text("complete")
    expect(page.locator("#acts")).to_contain_text("Stop")
    assert page.evaluate("therapy.seen()")["events"] == page.evaluate("therapy.seen()")["last"]
    page.click("#play")
    until(page, "therapy.level() > 1e-4", 10)
    page.keyboard.press("Escape")
    expect(page.locator("#play")).to_have_text("Play from here")
    assert hosts == {address.removeprefix("http://")}, "something asked another machine"
    assert wrong == []


def test_steering_is_heard_and_the_screen_needs_no_mouse_and_no_good_eyes(page: Page, address: str) -> None:
    sign_in(page, address)
    start(page, address, "M-014")
    until(page, "therapy.level() > 1e-4", 15)
    page.locator("button[name=hold]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("button[name=hold]")).to_have_text("Release", timeout=5_000)
    page.locator("#valence").focus()
    page.keyboard.press("ArrowRight")
    page.click("button[name=note_it]")
    expect(page.locator("#heard")).to_contain_text("Noted", timeout=5_000)
    page.click("button[name=silence]")
    expect(page.locator("#sound")).to_contain_text("Silenced", timeout=5_000)
    until(page, "therapy.level() < 1e-4", 8)
    page.click("button[name=silence]")
    until(page, "therapy.level() > 1e-4", 8)
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chain li").first).to_be_visible()
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look, reduced_motion="reduce")  # no colour is on its way to another
        assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    end(page)
    page.reload()
    expect(page.locator("#link")).to_have_text("complete")
    assert violations(page) == []
    page.locator("#scrub").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?at=1$"))


def test_a_pulled_cable_loses_no_event_and_no_music(page: Page, wire: Wire) -> None:
    sign_in(page, f"http://127.0.0.1:{wire.port}")
    start(page, f"http://127.0.0.1:{wire.port}", "M-014")
    until(page, "therapy.queue() > 6", 20)
    before = page.evaluate("therapy.seen().last")
    wire.pull()
    expect(page.locator("#link")).to_contain_text("connection lost", timeout=5_000)
    page.wait_for_timeout(4000)
    assert page.evaluate("therapy.level()") > SILENT, "the music stopped with the connection"
    wire.mend()
    expect(page.locator("#link")).to_have_text("linked", timeout=15_000)
    until(page, f"therapy.seen().last > {before + 8}", 10)
    seen = page.evaluate("therapy.seen()")
    assert seen["events"] == seen["last"], "an event is missing or drawn twice"
    end(page)


def test_an_engine_that_dies_ends_the_session_on_the_page_and_the_next_one_can_begin(
    page: Page, address: str, demo: subprocess.Popen[bytes]
) -> None:
    sign_in(page, address)
    start(page, address, "M-014")
    until(page, "therapy.queue() > 4", 20)
    os.kill(engine_of(demo), signal.SIGKILL)
    expect(page.locator("#phase")).to_have_text("Ended", timeout=20_000)
    expect(page.locator("#acts")).to_contain_text("interrupted")
    until(page, "therapy.level() < 1e-4", 10)
    start(page, address, "M-014")
    until(page, "therapy.level() > 1e-4", 20)
    end(page)
