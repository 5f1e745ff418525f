"""A strap connected by the browser: from a press in the page to the pulse on the screen, through a running product.

Chromium emulates the strap. It can't emit notifications of its own, so the test reads the value again and again:
each read fires the event that a notification would.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-experimental-web-platform-features",
    "--enable-features=WebBluetooth",
]
THERAPIST = ("therapist@demo.example", "listen-to-the-body")
STRAP = "09:09:09:09:09:09"
HEART_RATE, MEASUREMENT, CONFIGURATION = (
    f"0000{short}-0000-1000-8000-00805f9b34fb" for short in ("180d", "2a37", "2902")
)
KEEP_CHARACTERISTIC = """
const start = BluetoothRemoteGATTCharacteristic.prototype.startNotifications;
BluetoothRemoteGATTCharacteristic.prototype.startNotifications = function () {
    window.measurement = this;
    return start.call(this);
};
"""
READY_WITHIN_S = 60


class EmulatedStrap:
    """Chromium's Bluetooth, with one strap in it that anyone may choose: 72 a minute, intervals of 830 ms."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._radio = browser.new_browser_cdp_session()
        self._prompts = page.context.new_cdp_session(page)
        self._is_described = False
        self._answered: set[str] = set()
        self._radio.on("BluetoothEmulation.gattOperationReceived", self._gatt)
        self._radio.on("BluetoothEmulation.characteristicOperationReceived", self._characteristic)
        self._prompts.on("DeviceAccess.deviceRequestPrompted", self._choose)
        self._radio.send("BluetoothEmulation.enable", {"state": "powered-on", "leSupported": True})
        self._prompts.send("DeviceAccess.enable")
        self._radio.send(
            "BluetoothEmulation.simulatePreconnectedPeripheral",
            {"address": STRAP, "name": "strap", "manufacturerData": [], "knownServiceUuids": [HEART_RATE]},
        )

    def vanish(self) -> None:
        """The link breaks, and Chromium forgets what it had found on the strap."""
        self._is_described = False
        self._radio.send("BluetoothEmulation.simulateGATTDisconnection", {"address": STRAP})

    def _choose(self, prompt: dict[str, Any]) -> None:
        """Once: the same prompt is told again for every device that is found, and a second answer ends Chromium."""
        if prompt["devices"] and prompt["id"] not in self._answered:
            self._answered.add(prompt["id"])
            chosen = {"id": prompt["id"], "deviceId": prompt["devices"][0]["id"]}
            self._prompts.send("DeviceAccess.selectPrompt", chosen)

    def _gatt(self, asked: dict[str, Any]) -> None:
        if asked["type"] == "discovery" and not self._is_described:
            self._describe(self._radio)
            self._is_described = True
        self._radio.send(
            "BluetoothEmulation.simulateGATTOperationResponse", {"address": STRAP, "type": asked["type"], "code": 0}
        )

    def _describe(self, radio: CDPSession) -> None:
        service = radio.send("BluetoothEmulation.addService", {"address": STRAP, "serviceUuid": HEART_RATE})
        measurement = radio.send(
            "BluetoothEmulation.addCharacteristic",
            {
                "serviceId": service["serviceId"],
                "characteristicUuid": MEASUREMENT,
                "properties": {"notify": True, "read": True},
            },
        )
        radio.send(
            "BluetoothEmulation.addDescriptor",
            {"characteristicId": measurement["characteristicId"], "descriptorUuid": CONFIGURATION},
        )

    def _characteristic(self, asked: dict[str, Any]) -> None:
        answer = {"characteristicId": asked["characteristicId"], "type": asked["type"], "code": 0}
        if asked["type"] == "read":
            answer["data"] = base64.b64encode(bytes([0x16, 72, 0x52, 0x03])).decode()
        self._radio.send("BluetoothEmulation.simulateCharacteristicOperationResponse", answer)


@pytest.fixture(scope="module")
def browser(lacking: Callable[[str], NoReturn]) -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        lacking(f"no browser at {CHROMIUM}; install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo clinic is served."""
    var, port = tmp_path_factory.mktemp("var"), free_port()
    surroundings = {**os.environ, "THERAPY_VAR": str(var), "THERAPY_PORT": str(port)}
    with (var / "demo.log").open("w") as said:
        command = [str(Path(sys.executable).parent / "therapy"), "demo"]
        demo = subprocess.Popen(command, env=surroundings, stdout=said, stderr=subprocess.STDOUT)
        try:
            give_up = time.monotonic() + READY_WITHIN_S
            while not is_served(f"http://127.0.0.1:{port}/login"):
                assert demo.poll() is None, (var / "demo.log").read_text()
                assert time.monotonic() < give_up, f"nothing served after {READY_WITHIN_S} s"
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            demo.terminate()
            demo.wait(20)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_served(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5):
        return True
    return False


def start(page: Page, address: str) -> None:
    """Signs in and starts a session that waits for a strap of the browser."""
    page.goto(f"{address}/login")
    page.fill("input[name=email]", THERAPIST[0])
    page.fill("input[name=password]", THERAPIST[1])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/sessions/new")
    page.select_option("select[name=client]", label="M-014")
    page.select_option("select[name=sensor]", "ws")
    page.check("input[name=consent]")
    page.press("input[name=length_min]", "Enter")
    page.wait_for_url(re.compile(r"/sessions/\d+$"))


def until(page: Page, reached: Callable[[], bool], within_s: float, meanwhile: Callable[[], object]) -> None:
    give_up = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < give_up, f"not within {within_s} s; the page says: {page.inner_text('#strap')}"
        meanwhile()
        page.wait_for_timeout(400)


def test_a_strap_is_connected_in_the_page_its_pulse_is_shown_and_its_loss_is_told(
    browser: Browser, address: str
) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script(KEEP_CHARACTERISTIC)
    strap = EmulatedStrap(browser, page)
    start(page, address)
    connect = page.locator("#strap-connect")
    expect(connect).to_be_visible(timeout=15_000)
    expect(page.locator("#phone-code")).to_have_text(re.compile(r"pair with the code \d{4} \d{4}$"))
    connect.click()
    expect(page.locator("#strap-state")).to_have_text("strap connected", timeout=15_000)
    expect(page.locator("#phone-code")).to_be_hidden(timeout=15_000)

    def beat() -> None:
        page.evaluate("window.measurement.readValue().then(() => null)")

    pulse = page.locator(".signal", has_text="Pulse").locator(".number").first
    until(page, lambda: pulse.inner_text() in ("72", "73"), 30, beat)
    strap.vanish()
    expect(page.locator("#strap-state")).not_to_have_text("strap connected")
    expect(page.locator("#strap-state")).to_have_text("strap connected", timeout=15_000)
    page.keyboard.press("Escape")
    expect(page.locator("#phase")).to_have_text("Ended", timeout=10_000)
    expect(page.locator("#strap")).to_be_hidden()
    assert wrong == []
