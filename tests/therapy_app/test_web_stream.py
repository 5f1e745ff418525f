"""The live stream: in order, without gap or repeat, for many at once, and gone without a trace."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import event as engine_event
from werkzeug.serving import make_server

from therapy_app.web.tail import KEPT

SOON_S = 5.0


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


class Viewer:
    """A page's EventSource on a plain socket."""

    def __init__(self, port: int, cookie: str, path: str, last: int | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SOON_S)
        resume = "" if last is None else f"Last-Event-ID: {last}\r\n"
        self.socket.sendall(
            f"GET {path} HTTP/1.0\r\nHost: localhost\r\nCookie: therapy={cookie}\r\n{resume}\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def messages(self) -> Iterator[dict[str, str]]:
        """Each message as its fields; ends when the server closes the stream."""
        fields: dict[str, str] = {}
        for line in self.file:
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(": ")
                fields[name] = value
            elif fields:
                yield fields
                fields = {}

    def take(self, number: int) -> list[int]:
        """The ids of the next events."""
        seen: list[int] = []
        for message in self.messages():
            if "id" in message:
                seen.append(int(message["id"]))
            if len(seen) == number:
                return seen
        return seen

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def served(clinic):
    """The app behind a real server with plain threads; gives a way to open the page's stream."""
    server = make_server("127.0.0.1", 0, clinic.app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    cookies = {}
    viewers = []

    def watch(path: str, last: int | None = None, who: str = "therapist") -> Viewer:
        if who not in cookies:
            cookies[who] = clinic.browser(who).client.get_cookie("therapy").value
        viewers.append(Viewer(server.server_port, cookies[who], path, last))
        return viewers[-1]

    yield watch
    for viewer in viewers:
        viewer.close()
    wait_until(lambda: not len(clinic.app.extensions["desk"].seats))
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def writing(clinic, session: int, first: int, every_s: float = 0.005) -> Iterator[None]:
    """Somebody appends to the log all the while."""
    over = threading.Event()

    def write() -> None:
        for seq in count(first):
            if over.is_set():
                return
            clinic.write(session, seq, 1)
            time.sleep(every_s)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_finished_session_comes_whole_and_the_stream_ends(clinic, therapist):
    session = clinic.session(status="finished")
    clinic.write(session, 1, 1203, ended=True)
    text = therapist.get(f"/sessions/{session}/events").text
    assert text.startswith("retry: 1000\n\n")
    assert [int(number) for number in re.findall(r"^id: (\d+)$", text, re.M)] == list(range(1, 1204))
    assert text.endswith("event: over\ndata: {}\n\n")


def test_a_message_carries_the_event_as_it_stands_in_the_log(clinic, therapist):
    session = clinic.session(status="finished")
    clinic.write(session, 1, 2, ended=True)
    text = therapist.get(f"/sessions/{session}/events").text
    first = text.split("\n\n")[1].splitlines()
    assert first[:2] == ["id: 1", "event: affect"]
    told = json.loads(first[2].removeprefix("data: "))
    assert set(told) == {"seq", "at_s", "wall", "kind", "body", "follows"}
    assert (told["seq"], told["at_s"], told["kind"], told["follows"]) == (1, 0.25, "affect", [0])
    assert told["wall"] == "2026-11-22T09:00:00.000000Z"
    assert told["body"]["affect"]["reason"] == "nobody is connected"
    assert therapist.get(f"/sessions/{session}/log.json").json["events"][0] == told


@pytest.mark.parametrize("status", ["stopped", "interrupted"])
def test_a_session_that_broke_off_ends_its_stream_all_the_same(clinic, therapist, status):
    session = clinic.session(status=status)
    clinic.write(session, 1, 4)
    text = therapist.get(f"/sessions/{session}/events?after=2").text
    assert re.findall(r"^id: (\d+)$", text, re.M) == ["3", "4"]
    assert text.endswith("event: over\ndata: {}\n\n")


def test_the_stream_goes_on_after_the_last_event_that_was_seen(clinic, served):
    session = clinic.session()
    clinic.write(session, 1, 9)
    assert served(f"/sessions/{session}/events").take(9) == list(range(1, 10))
    assert served(f"/sessions/{session}/events", last=6).take(3) == [7, 8, 9]
    assert served(f"/sessions/{session}/events?after=7").take(2) == [8, 9]
    assert served(f"/sessions/{session}/events?after=2", last=8).take(1) == [9], "what the browser saw last counts"


def test_new_events_arrive_while_the_page_is_open_and_the_end_closes_it(clinic, served):
    session = clinic.session()
    viewer = served(f"/sessions/{session}/events")
    clinic.write(session, 1, 2)
    assert viewer.take(2) == [1, 2]
    clinic.write(session, 3, 2, ended=True)
    rest = list(viewer.messages())
    assert [message.get("event") for message in rest] == ["affect", "ended", "over"]


def test_reconnecting_again_and_again_loses_and_repeats_nothing(clinic, served):
    session = clinic.session()
    seen: list[int] = []
    with writing(clinic, session, 1):
        for _ in range(12):
            viewer = served(f"/sessions/{session}/events", last=len(seen))
            seen += viewer.take(5)
            viewer.close()
    assert seen == list(range(1, 61))


def test_a_viewer_far_behind_gets_everything_from_the_database(clinic, served):
    session = clinic.session()
    fast = served(f"/sessions/{session}/events")
    clinic.write(session, 1, KEPT + 200)
    assert fast.take(KEPT + 200)[-1] == KEPT + 200
    assert served(f"/sessions/{session}/events").take(KEPT + 200) == list(range(1, KEPT + 201))


def test_many_viewers_of_a_session_read_its_log_once(clinic, served):
    session = clinic.session()
    viewers = [served(f"/sessions/{session}/events", who=who) for who in ("therapist", "clinician") for _ in range(4)]
    wait_until(lambda: clinic.app.extensions["desk"].tails.viewers(session) == 8)
    asked: list[str] = []
    engine_event.listen(clinic.database, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    time.sleep(1.0)
    assert 1 <= len(asked) <= 15, "one reader every tenth of a second, however many watch"
    clinic.write(session, 1, 3)
    assert [viewer.take(3) for viewer in viewers] == [[1, 2, 3]] * 8


def test_the_fifth_page_of_an_account_is_refused_in_words(clinic, served, therapist):
    session = clinic.session()
    pages = [served(f"/sessions/{session}/events") for _ in range(4)]
    answer = therapist.get(f"/sessions/{session}/events")
    assert answer.status_code == 429
    assert "4 live pages open" in answer.json["message"]
    assert served(f"/sessions/{session}/events", who="clinician").status == 200, "others are not in the way"
    pages[0].close()
    wait_until(lambda: len(clinic.app.extensions["desk"].seats) == 4)
    assert served(f"/sessions/{session}/events").status == 200


def test_closed_pages_leave_nothing_behind(clinic, served):
    session = clinic.session()
    before = threading.active_count()
    for _ in range(3):
        viewers = [served(f"/sessions/{session}/events") for _ in range(4)]
        for viewer in viewers:
            viewer.close()
        wait_until(lambda: not len(clinic.app.extensions["desk"].seats))
    assert not len(clinic.app.extensions["desk"].tails)
    wait_until(lambda: threading.active_count() <= before)


def test_asking_only_for_the_head_takes_no_seat(clinic, therapist):
    session = clinic.session()
    for _ in range(6):
        answer = therapist.client.head(f"/sessions/{session}/events")
        answer.close()
        assert answer.status_code == 200
    assert not len(clinic.app.extensions["desk"].seats)


@pytest.mark.parametrize("place", ["-1", "x", "1.5", "9" * 30, "１"])
def test_a_place_that_is_no_number_is_refused(clinic, therapist, place):
    session = clinic.session()
    assert therapist.get(f"/sessions/{session}/events?after={place}").status_code == 400


def test_a_log_that_cannot_be_read_for_a_moment_is_read_again(clinic, served):
    session = clinic.session()
    viewer = served(f"/sessions/{session}/events")
    clinic.write(session, 1, 1)
    assert viewer.take(1) == [1]
    with clinic.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME TO hidden")
    time.sleep(0.4)
    with clinic.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO event")
    clinic.write(session, 2, 1)
    assert viewer.take(1) == [2]


def test_the_log_comes_in_pages_too(clinic, therapist):
    session = clinic.session(status="finished")
    clinic.write(session, 1, 7, ended=True)
    first = therapist.get(f"/sessions/{session}/log.json?limit=4").json
    rest = therapist.get(f"/sessions/{session}/log.json?limit=4&after={first['next']}").json
    assert [event["seq"] for event in first["events"] + rest["events"]] == [1, 2, 3, 4, 5, 6, 7]
    assert (first["next"], rest["next"]) == (4, None)
    assert therapist.get(f"/sessions/{session}/log.json?limit=0").status_code == 422
