"""What was acknowledged stays: when the engine is killed, and when the power is cut."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from therapy_app.engine.verify import verify
from therapy_app.records import tables
from therapy_app.records.database import PRAGMAS, open_database
from therapy_app.records.demo import simulated_client
from therapy_app.records.log import all_events
from therapy_app.records.migrate import upgrade
from therapy_app.records.sessions import request_session, status_of
from therapy_app.settings import read_settings

CUTS = 60


def wait_until(reached: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def start_engine(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "therapy_app.engine.host"], env=os.environ | environ)


def test_an_engine_killed_in_the_middle_of_a_bar_loses_nothing_and_plays_nothing_twice(tmp_path):
    settings = read_settings({"THERAPY_VAR": str(tmp_path)})
    upgrade(settings.database_url)
    database = open_database(settings.database_url)
    session = request_session(
        database,
        client_id=simulated_client(database),
        user_id=None,
        protocol="settle",
        sensors=["virtual"],
        consent_by="3",
        seed=7,
    )
    first = start_engine(settings.environ())
    wait_until(lambda: len([e for e in all_events(database, session) if e.kind == "bar"]) >= 3)
    acknowledged = list(all_events(database, session))
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start_engine(settings.environ())
    wait_until(lambda: status_of(database, session) == "interrupted")
    second.terminate()
    second.wait()
    after = list(all_events(database, session))
    assert after[: len(acknowledged)] == acknowledged
    assert [event.seq for event in after] == list(range(1, len(after) + 1))
    assert after[-1].kind == "ended"
    assert verify(database, session).why == ""
    database.dispose()


def test_two_engines_never_run_on_one_database(tmp_path):
    settings = read_settings({"THERAPY_VAR": str(tmp_path)})
    upgrade(settings.database_url)
    first = start_engine(settings.environ())
    lock = settings.engine_lock
    wait_until(lambda: lock.exists() and lock.read_text().strip() == str(first.pid))
    second = subprocess.run(
        [sys.executable, "-m", "therapy_app.engine.host"],
        env=os.environ | settings.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    first.terminate()
    first.wait()
    assert second.returncode == 1
    assert second.stderr.strip() == f"another engine already runs on {tmp_path}; stop it first"


class Disk(apsw.VFS):
    """Writes through, and remembers every write and sync, so that a power cut can be made at any point of them."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, int, bytes]] = []
        super().__init__("remembering", base="")

    def xOpen(self, name: Any, flags: Any) -> Any:
        return DiskFile(self.log, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        self.log.append(("delete", os.path.basename(name), 0, b""))
        super().xDelete(name, sync)


class DiskFile(apsw.VFSFile):
    def __init__(self, log: list[tuple[str, str, int, bytes]], name: Any, flags: Any) -> None:
        self._log = log
        self._name = os.path.basename(name.filename() if hasattr(name, "filename") else name or "temporary")
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._log.append(("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._log.append(("truncate", self._name, size, b""))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._log.append(("sync", self._name, 0, b""))
        super().xSync(flags)


def files_after_a_cut(log: list[tuple[str, str, int, bytes]], chance: random.Random) -> dict[str, bytearray]:
    """What stands on the disk: what was synced, and of the rest some lost and some garbled."""
    synced = {name: number for number, (op, name, _, _) in enumerate(log) if op == "sync"}
    files: dict[str, bytearray] = {}
    for number, (op, name, offset, data) in enumerate(log):
        content = files.setdefault(name, bytearray())
        fate = 1.0 if number < synced.get(name, -1) else chance.random()
        if op == "delete":
            del files[name]
        elif op == "truncate" and fate > 0.5:
            del content[offset:]
        elif op == "write" and fate > 0.5:
            content.extend(b"\0" * (offset - len(content)))
            content[offset : offset + len(data)] = data if fate > 0.6 else chance.randbytes(len(data))
    return files


def lost_after_cuts(pragmas: tuple[str, ...], folder: Path) -> int:
    """In how many of CUTS power cuts an acknowledged event was gone."""
    chance, lost = random.Random(1), 0
    create = str(CreateTable(tables.Event.__table__).compile(dialect=sqlite.dialect()))
    disk = Disk()
    for number in range(CUTS):
        disk.log.clear()
        place = folder / str(number)
        place.mkdir()
        connection = apsw.Connection(str(place / "x.db"), vfs="remembering")
        for pragma in (*pragmas, "foreign_keys=OFF", "wal_autocheckpoint=20"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute(create)
        acknowledged = [(len(disk.log), 0)]
        for seq in range(1, 50):
            row = (1, seq, seq, 0.0, "now", "affect", "x" * 300, "[]", "")
            connection.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            acknowledged.append((len(disk.log), seq))
        cut = chance.randrange(acknowledged[0][0], len(disk.log))
        promised = max(seq for length, seq in acknowledged if length <= cut)
        files = files_after_a_cut(disk.log[:cut], chance)
        connection.close()
        lost += _stored(files, place) < promised
        shutil.rmtree(place)
    disk.unregister()
    return lost


def _stored(files: dict[str, bytearray], place: Path) -> int:
    after = place / "after"
    after.mkdir()
    for name, content in files.items():
        if not name.endswith("-shm"):
            (after / name).write_bytes(content)
    try:
        with apsw.Connection(str(after / "x.db")) as connection:
            return connection.execute("SELECT count(*) FROM event").get
    except apsw.Error:
        return -1


def test_a_power_cut_loses_no_acknowledged_event(tmp_path):
    assert lost_after_cuts(PRAGMAS, tmp_path) == 0


def test_the_power_cut_would_be_noticed_under_a_weaker_setting(tmp_path):
    weaker = tuple(pragma.replace("FULL", "NORMAL") for pragma in PRAGMAS)
    assert weaker != PRAGMAS
    assert lost_after_cuts(weaker, tmp_path) > CUTS / 4
