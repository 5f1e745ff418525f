"""The web process as it is run: gunicorn and gevent in a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).parents[2]
MOST_MB = 120
NEVER = ("torch", "neurokit2", "scipy", "sklearn", "bleak", "therapy_app.engine", "models.emotion.resting")
SERVE = """
import os, sys
from pathlib import Path
from therapy_app.settings import Settings
from therapy_app.web.server import serve_web

def ready():
    print("ready", os.getpid(), *sys.modules, flush=True)

serve_web(Settings(Path(sys.argv[1]), sys.argv[2], "a-key-for-tests-" * 3, port=int(sys.argv[3])), ready)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


@pytest.fixture
def web(clinic):
    """A running web process: (port, the worker's process number, the modules it imported)."""
    port = free_port()
    command = [sys.executable, "-c", SERVE, str(clinic.settings.var), clinic.settings.database_url, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        said = process.stdout.readline().split()
        assert said[:1] == ["ready"], "the web process did not start"
        yield port, int(said[1]), set(said[2:]), process
        process.terminate()
        process.wait(10)


def ask(port: int, method: str, path: str, cookie: str = "", body: str | None = None, **headers: str):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Cookie": cookie, **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    set_cookie = answer.headers.get("Set-Cookie", "").split(";")[0]
    return answer, text, set_cookie or cookie


def signed_in(port: int) -> tuple[str, str]:
    """(cookie, key) of a therapist."""
    _, page, cookie = ask(port, "GET", "/login")
    form = {"email": "therapist@clinic.test", "password": "four quiet words here", "csrf_token": key_of(page)}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer, _, cookie = ask(port, "POST", "/login", cookie, urlencode(form), **kind)
    assert answer.status == 302
    _, page, cookie = ask(port, "GET", "/clients", cookie)
    return cookie, key_of(page)


def key_of(page: str) -> str:
    return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]


def test_the_web_process_is_small_and_never_imports_what_estimates_or_composes(web):
    port, worker, modules, _ = web
    signed_in(port)
    assert [module for module in NEVER if module in modules] == []
    assert memory_mb(worker) <= MOST_MB, "MiB resident"


def test_stop_is_taken_at_once_while_streams_are_open(clinic, web):
    port, *_ = web
    session = clinic.session()
    cookie, key = signed_in(port)
    clinic.write(session, 1, 1)
    pages = [http.client.HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(4)]
    for page in pages:
        page.request("GET", f"/sessions/{session}/events", headers={"Cookie": cookie})
    streams = [page.getresponse() for page in pages]
    began = time.monotonic()
    body = '{"key": "k", "name": "stop"}'
    headers = {"Content-Type": "application/json", "X-CSRFToken": key}
    answer, text, _ = ask(port, "POST", f"/sessions/{session}/commands", cookie, body, **headers)
    assert answer.status == 202, text
    assert time.monotonic() - began < 0.5
    clinic.write(session, 2, 1, ended=True)
    assert all(b"event: ended" in stream.read() for stream in streams)
    for page in pages:
        page.close()


def test_told_to_end_it_ends_soon_though_streams_are_open(clinic, web):
    port, _, _, process = web
    session = clinic.session()
    cookie, _ = signed_in(port)
    stream = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    stream.request("GET", f"/sessions/{session}/events", headers={"Cookie": cookie})
    assert stream.getresponse().status == 200
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(6) == 0
    stream.close()


def test_importing_the_server_alone_imports_no_page(clinic):
    command = "import sys, therapy_app.web.server as s; sys.exit('flask' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=False).returncode == 0
