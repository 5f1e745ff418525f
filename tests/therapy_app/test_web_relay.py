"""A phone through the web process: the page's own address leads to the engine's sensor."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sensors.adapters.ws import Sensor
from sensors.blocks import Place, SampleBlock, Status
from therapy_app.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).parents[2]
SERVE = """
import sys
from pathlib import Path
from therapy_app.settings import Settings
from therapy_app.web.server import serve_web

settings = Settings(
    Path(sys.argv[1]), sys.argv[2], "a-key-for-tests-" * 3, port=int(sys.argv[3]), sensor_port=int(sys.argv[4])
)
serve_web(settings, lambda: print("ready", flush=True))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def ports(peopled_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """A running web process and the port it passes phones on to: (web, sensor)."""
    web, sensor = free_port(), free_port()
    database = Path(shutil.copy(peopled_file, tmp_path_factory.mktemp("web")))
    command = [sys.executable, "-c", SERVE, str(database.parent), f"sqlite:///{database}", str(web)]
    with subprocess.Popen([*command, str(sensor)], stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the web process did not start"
        yield web, sensor
        process.terminate()
        process.wait(10)


class Waiting:
    """A session that waits for a phone."""

    def __init__(self, port: int) -> None:
        began_s = time.monotonic()
        self.sensor = Sensor.open(str(port), Place(lambda: time.monotonic() - began_s, np.random.default_rng(1)))
        self.arrived: list[SampleBlock | Status] = []

    def until(self, words: str) -> str:
        end_s = time.monotonic() + 5
        while time.monotonic() < end_s:
            self.arrived += self.sensor.read(0.0)
            told = [item.reason for item in self.arrived if isinstance(item, Status)]
            if found := [re.search(words, one) for one in told if re.search(words, one)]:
                return found[-1][0]
            time.sleep(0.01)
        raise AssertionError(f"{words} was not told; told was {told}")

    def code(self) -> str:
        return self.until(r"\d{4} \d{4}")

    def blocks(self, count: int) -> list[SampleBlock]:
        end_s = time.monotonic() + 5
        while len(blocks := [item for item in self.arrived if isinstance(item, SampleBlock)]) < count:
            assert time.monotonic() < end_s, f"{len(blocks)} blocks of {count}"
            self.arrived += self.sensor.read(0.0)
            time.sleep(0.01)
        return blocks


@pytest.fixture
def waiting(ports: tuple[int, int]) -> Iterator[Waiting]:
    waiting = Waiting(ports[1])
    waiting.code()
    yield waiting
    waiting.sensor.close()


def pair(socket: ClientConnection, code: str) -> None:
    socket.send(json.dumps({"type": "hello", "version": 1, "code": code}))
    while (said := json.loads(socket.recv(5)))["type"] != "welcome":
        assert said["type"] == "clock", said
        now_ms = time.monotonic() * 1000
        socket.send(json.dumps({"type": "clock", "id": said["id"], "received_ms": now_ms, "sent_ms": now_ms}))
    socket.send(json.dumps({"type": "describe", "streams": [{"stream": "x", "fields": ["eda_us"], "rate_hz": 4}]}))
    assert json.loads(socket.recv(5)) == {"type": "described", "streams": ["x"]}


def send(socket: ClientConnection, seq: int, count: int = 4) -> None:
    at_ms = (time.monotonic() - 1) * 1000
    message = {"type": "samples", "stream": "x", "seq": seq, "at_ms": at_ms, "values": [2.0] * count}
    socket.send(json.dumps(message))


def address(port: int) -> str:
    return f"ws://127.0.0.1:{port}/phone"


def test_a_phone_pairs_and_sends_through_the_page_s_address(ports: tuple[int, int], waiting: Waiting) -> None:
    with connect(address(ports[0]), close_timeout=1) as phone:
        pair(phone, waiting.code())
        for seq in range(20):
            send(phone, seq, 8000)
        blocks = waiting.blocks(20)
        assert [block.seq for block in blocks] == list(range(20))
        assert sum(len(block.samples) for block in blocks) == 160_000
        waiting.sensor.close()
        heard = [json.loads(phone.recv(5)) for _ in range(21)]
        assert heard[-1]["message"] == "the session has ended"
        with pytest.raises(ConnectionClosed) as ended:
            phone.recv(5)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1001


def test_a_phone_that_leaves_is_noticed_at_the_sensor(ports: tuple[int, int], waiting: Waiting) -> None:
    with connect(address(ports[0]), close_timeout=1) as phone:
        pair(phone, waiting.code())
        send(phone, 0)
        waiting.blocks(1)
    waiting.until("the phone ended the connection")


def test_pages_are_served_while_many_phones_are_connected(ports: tuple[int, int], waiting: Waiting) -> None:
    phones = [connect(address(ports[0]), close_timeout=1) for _ in range(20)]
    sockets = [phone.__enter__() for phone in phones]
    began_s = time.monotonic()
    page = http.client.HTTPConnection("127.0.0.1", ports[0], timeout=5)
    page.request("GET", "/login")
    assert page.getresponse().status == 200
    assert time.monotonic() - began_s < 1
    page.close()
    pair(sockets[7], waiting.code())
    for phone in phones:
        phone.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("options", "status"),
    [({"origin": "https://elsewhere.example"}, 403), ({"origin": "null"}, 403), ({"origin": "own"}, 101)],
)
def test_only_pages_of_this_origin_and_apps_connect(
    ports: tuple[int, int], waiting: Waiting, options: dict[str, str], status: int
) -> None:
    own = f"http://127.0.0.1:{ports[0]}"
    meant = {name: own if value == "own" else value for name, value in options.items()}
    if status == 101:
        with connect(address(ports[0]), close_timeout=1, **meant) as phone:
            pair(phone, waiting.code())
    else:
        with pytest.raises(InvalidStatus) as refused, connect(address(ports[0]), **meant):
            pass
        assert refused.value.response.status_code == status


def test_without_a_session_that_waits_it_says_what_to_do(ports: tuple[int, int]) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(address(ports[0])):
        pass
    assert refused.value.response.status_code == 503
    assert b"Start one with the sensor 'ws'" in refused.value.response.body


def test_a_browser_that_only_looks_gets_words(clinic) -> None:
    answer = clinic.browser().get("/phone")
    assert answer.status_code == 400
    assert "phones and watches" in answer.json["message"]


def test_the_sensor_port_is_a_setting(tmp_path: Path) -> None:
    given = read_settings({"THERAPY_VAR": str(tmp_path), "THERAPY_SENSOR_PORT": "9001"})
    assert given.sensor_port == 9001
    assert read_settings(given.environ()).sensor_port == 9001
    with pytest.raises(SettingsError, match="THERAPY_SENSOR_PORT 'x'"):
        read_settings({"THERAPY_VAR": str(tmp_path), "THERAPY_SENSOR_PORT": "x"})
    with pytest.raises(SettingsError, match="THERAPY_SENSOR_PORT 0"):
        Settings(tmp_path, "sqlite:///x.db", "k" * 40, sensor_port=0)


def test_the_example_in_the_documentation_works(ports: tuple[int, int], waiting: Waiting) -> None:
    program = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "phone.md").read_text(), re.S)[0]
    command = [sys.executable, "-c", program, address(ports[0]), waiting.code()]
    with subprocess.Popen(command) as phone:
        blocks = waiting.blocks(2)
        phone.kill()
    assert blocks[0].info.modality == "eda"
    assert blocks[0].samples.shape == (4, 1)


def test_one_address_can_not_knock_without_end_so_this_comes_last(ports: tuple[int, int]) -> None:
    answers = []
    for _ in range(130):
        with pytest.raises(InvalidStatus) as refused, connect(address(ports[0])):
            pass
        answers.append(refused.value.response.status_code)
    assert answers[0] == 503
    assert answers[-1] == 429
