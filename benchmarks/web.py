"""Open live pages on growing logs: how late events arrive, whether any is lost, how long STOP takes, memory."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from sqlalchemy import Engine

from benchmarks.figure import Figure
from benchmarks.server import resident_mb
from models.affect import Affect
from therapy_app.records.database import open_database
from therapy_app.records.log import TickRecord, append
from therapy_app.records.migrate import upgrade
from therapy_app.records.people import create_client, create_clinic, create_user
from therapy_app.records.sessions import begin, request_session
from therapy_app.session.events import AffectEstimated, Entry
from therapy_app.settings import Settings

PASSWORD = "four quiet words here"
PAGES_EACH = 4
EVENT_EVERY_S = 0.25
OPENING_S, COUNTED_S = 4.0, 10.0
WORDS = "a reason as long as the reasons usually are; " * 10


def furnish(database: Engine, users: int, sessions: int) -> list[int]:
    """A clinic with running sessions, each with a short log; returns their numbers."""
    clinic = create_clinic(database, "Bench")
    for number in range(users):
        create_user(database, f"t{number}@bench.test", PASSWORD, ["therapist"], "Bench")
    numbers = []
    for number in range(sessions):
        client = create_client(database, clinic, f"B-{number}")
        asked = request_session(
            database, client_id=client, user_id=1, protocol="settle", sensors=["virtual"], consent_by="1", seed=1
        )
        numbers.append(asked)
        with database.begin() as connection:
            begin(connection, numbers[-1], datetime.now(UTC))
    return numbers


def write(database: Engine, session: int, seq: int) -> None:
    event = AffectEstimated(Affect(seq * EVENT_EVERY_S, "unknown", WORDS))
    record = TickRecord(seq, datetime.now(UTC), [Entry(seq, seq, seq * EVENT_EVERY_S, event, ())], [])
    with database.begin() as connection:
        append(connection, session, [record])


async def ask(port: int, head: str, body: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
    """Sends a request and reads the answer's head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    writer.write(f"{head}\r\nHost: bench\r\nConnection: close\r\n{length}\r\n{body}".encode())
    return reader, writer, (await reader.readuntil(b"\r\n\r\n")).decode()


async def fetch(port: int, head: str, body: str = "") -> tuple[str, str]:
    reader, writer, told = await ask(port, head, body)
    text = (await reader.read()).decode()
    writer.close()
    return told, text


def cookie_of(told: str) -> str:
    return str(re.findall(r"Set-Cookie: (therapy=[^;]+)", told)[-1])


def key_of(page: str) -> str:
    return str(re.findall(r'name="csrf-token" content="([^"]+)"', page)[0])


async def sign_in(port: int, email: str) -> tuple[str, str]:
    """(cookie, key) of an account."""
    told, page = await fetch(port, "GET /login HTTP/1.1")
    form = urlencode({"email": email, "password": PASSWORD, "csrf_token": key_of(page)})
    kind = "Content-Type: application/x-www-form-urlencoded"
    told, _ = await fetch(port, f"POST /login HTTP/1.1\r\nCookie: {cookie_of(told)}\r\n{kind}", form)
    told, page = await fetch(port, f"GET /clients HTTP/1.1\r\nCookie: {cookie_of(told)}")
    return cookie_of(told), key_of(page)


async def watch(port: int, cookie: str, session: int, until: float, late_ms: list[float], seen: list[int]) -> None:
    """One open page. What was written before all pages were open doesn't count as late."""
    reader, writer, told = await ask(port, f"GET /sessions/{session}/events HTTP/1.1\r\nCookie: {cookie}")
    if " 200 " not in told:
        raise RuntimeError(told.splitlines()[0])
    while time.time() < until:
        line = await reader.readline()
        if line.startswith(b"data: {"):
            now = time.time()
            event = json.loads(line[6:])
            seen.append(event["seq"])
            written = datetime.fromisoformat(event["wall"]).timestamp()
            if written > until - COUNTED_S:
                late_ms.append(1e3 * (now - written))
    writer.close()


async def stops(port: int, signed: Sequence[tuple[str, str]], session: int, until: float, took_ms: list[float]) -> None:
    """Harmless commands through the same way as STOP, once or twice a second."""
    while time.time() < until - 1:
        await asyncio.sleep(0.7)
        cookie, key = signed[len(took_ms) % len(signed)]
        head = f"POST /sessions/{session}/commands HTTP/1.1\r\nCookie: {cookie}\r\nX-CSRFToken: {key}"
        body = json.dumps({"key": f"k{len(took_ms)}", "name": "mark", "text": "bench"})
        began = time.perf_counter()
        told, _ = await fetch(port, f"{head}\r\nContent-Type: application/json", body)
        if " 202 " not in told:
            raise RuntimeError(told.splitlines()[0])
        took_ms.append(1e3 * (time.perf_counter() - began))


async def load(port: int, database: Engine, sessions: list[int], viewers: int) -> dict[str, float]:
    signed = [await sign_in(port, f"t{number}@bench.test") for number in range(viewers // PAGES_EACH)]
    until = time.time() + OPENING_S + COUNTED_S
    late_ms: list[float] = []
    took_ms: list[float] = []
    seen: list[list[int]] = [[] for _ in range(viewers)]
    pages = [
        watch(port, signed[n // PAGES_EACH][0], sessions[n % len(sessions)], until + 1.0, late_ms, seen[n])
        for n in range(viewers)
    ]
    writing = asyncio.create_task(asyncio.to_thread(write_all, database, sessions, until + 2.0))
    await asyncio.gather(stops(port, signed, sessions[0], until, took_ms), *pages)
    whole = sum(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)
    return {
        "viewers": viewers,
        "whole_streams": whole,
        "written_each": await writing,
        "events_counted": len(late_ms),
        "late_p50_ms": round(float(np.percentile(late_ms, 50)), 1),
        "late_p99_ms": round(float(np.percentile(late_ms, 99)), 1),
        "command_p50_ms": round(float(np.percentile(took_ms, 50)), 1),
        "command_max_ms": round(max(took_ms), 1),
    }


def write_all(database: Engine, sessions: list[int], until: float) -> int:
    """Every session grows four events a second, spread over time as engines' ticks are."""
    seq = 0
    while time.time() < until:
        seq += 1
        for session in sessions:
            write(database, session, seq)
            time.sleep(EVENT_EVERY_S / len(sessions) * 0.9)
    return seq


SERVE = """
import os, sys
from therapy_app.settings import read_settings
from therapy_app.web.server import serve_web
serve_web(read_settings(os.environ), lambda: print(os.getpid(), flush=True))
"""


def open_pages(viewers: int = 200, sessions: int = 10) -> dict[str, float]:
    """Serves a clinic whose sessions are being written, opens the pages, and tells how it went."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        settings = Settings(Path(folder), f"sqlite:///{folder}/bench.db", "bench-" * 8, port=port)
        upgrade(settings.database_url)
        database = open_database(settings.database_url)
        numbers = furnish(database, viewers // PAGES_EACH, sessions)
        with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, env=settings.environ()) as web:
            worker = int((web.stdout or sys.stdin.buffer).readline())
            told = asyncio.run(load(port, database, numbers, viewers))
            told["web_mb"] = round(resident_mb(worker), 1)
            web.terminate()
        database.dispose()
    return told


def measure() -> list[Figure]:
    told = open_pages()
    return [
        Figure("200 open pages: event late, p99", told["late_p99_ms"], "ms", 250),
        Figure("200 open pages: streams with a gap or repeat", told["viewers"] - told["whole_streams"], "", 0),
        Figure("200 open pages: a command, slowest", told["command_max_ms"], "ms", 500),
        Figure("web process with 200 open pages", told["web_mb"], "MB", 120),
    ]
