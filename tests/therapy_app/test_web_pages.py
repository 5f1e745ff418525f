"""The pages: what they hold, what they refuse, and that nothing comes from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import event, select

import therapy_app.web
from therapy_app.records import tables
from therapy_app.session.prescription import PROTOCOLS
from therapy_app.web import words

START = {
    "client": 1,
    "protocol": "settle",
    "sensor": "virtual:typical",
    "length_min": 20,
    "consent": "y",
    "tradition": "western",
}
STAFF_PAGES = ["/", "/clients", "/clients/1", "/sessions", "/sessions/new", "/nowhere", "/clients/999"]


class Page(HTMLParser):
    """What a page loads, and what it carries inside that a strict policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        held = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "audio"):
            self.loaded.append(held.get("src") or "")
        if tag == "link":
            self.loaded.append(held.get("href") or "")
        if tag == "style" or (tag == "script" and not held.get("src")):
            self.inline.append(tag)
        self.inline += [name for name in held if name == "style" or name.startswith("on")]


def sessions(clinic):
    with clinic.database.connect() as connection:
        return connection.execute(select(tables.Session.__table__)).all()


def test_a_start_asks_for_a_session_and_leads_to_its_page(clinic, therapist):
    therapist.get("/sessions/new?client=1")
    answer = therapist.post("/sessions", START)
    (session,) = sessions(clinic)
    assert (answer.status_code, answer.location) == (303, f"/sessions/{session.id}")
    assert session.status == "requested"
    assert session.sensors == ["virtual:typical"]
    assert session.prescription["length_s"] == 1200
    assert session.consent_by == str(session.user_id)


def test_a_second_start_is_refused_with_the_way_to_the_first(clinic, therapist):
    running = clinic.session()
    therapist.get("/sessions/new")
    answer = therapist.post("/sessions", START)
    assert answer.status_code == 409
    assert f'href="/sessions/{running}"' in answer.text
    assert len(sessions(clinic)) == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("consent", "", "Without consent nothing may be recorded"),
        ("length_min", "0", "A session takes 1 to 240 minutes."),
        ("length_min", "241", "A session takes 1 to 240 minutes."),
        ("length_min", "nan", "Not a valid integer value"),
        ("client", "999", "Choose one from the list."),
        ("client", "Anna", "Choose one from the list."),
        ("protocol", "hypnosis", "Choose one from the list."),
        ("sensor", "replay:/etc/passwd", "Choose one from the list."),
        ("sensor", "lsl:any", "Choose one from the list."),
    ],
)
def test_a_start_that_cannot_be_says_why_and_starts_nothing(clinic, therapist, field, value, said):
    therapist.get("/sessions/new")
    answer = therapist.post("/sessions", {**START, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert sessions(clinic) == []


def test_every_sensor_and_protocol_on_offer_exists(clinic, therapist):
    page = therapist.get("/sessions/new").text
    for name in (*PROTOCOLS, *words.SENSORS):
        assert f'value="{name}"' in page


def test_today_shows_what_is_running_and_what_was(clinic, therapist):
    running, over = clinic.session(clinic.client), clinic.session(clinic.neighbour, "finished")
    page = therapist.get("/").text
    now, recent = page.split("Recent sessions")
    assert f"/sessions/{running}" in now
    assert f"/sessions/{over}" in recent
    assert f"/sessions/{running}" not in recent


def test_the_history_can_be_of_one_client(clinic, therapist):
    mine, other = clinic.session(clinic.client, "finished"), clinic.session(clinic.neighbour, "stopped")
    page = therapist.get(f"/sessions?client={clinic.client}").text
    assert f"/sessions/{mine}" in page
    assert f"/sessions/{other}" not in page
    assert "selected>M-001" in page


def test_a_long_history_has_older_pages_without_gap_or_repeat(clinic, therapist):
    made = [clinic.session(status="finished") for _ in range(53)]
    first = therapist.get("/sessions").text
    older = therapist.get(re.search(r'href="(/sessions\?before=\d+)"', first)[1]).text
    shown = re.findall(r'href="/sessions/(\d+)"', first) + re.findall(r'href="/sessions/(\d+)"', older)
    assert [int(number) for number in shown] == sorted(made, reverse=True)


def test_a_client_page_shows_rest_in_plain_units(clinic, therapist):
    assert "Not measured yet" in therapist.get("/clients/1").text
    baseline = {"length_s": 180.0, "medians": {"hr_bpm": 64.4, "rmssd_ms": 41.8, "eeg_faa": 0.1}}
    with clinic.database.begin() as connection:
        connection.execute(tables.Client.__table__.update().where(tables.Client.id == 1).values(baseline=baseline))
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", therapist.get("/clients/1").text))
    assert "Pulse 64 a minute" in page
    assert "Heart-rate variability 42 ms" in page


def test_a_client_can_be_added_once_and_by_code_only(clinic, therapist):
    therapist.get("/clients")
    assert therapist.post("/clients", {"code": "m-014"}).status_code == 303
    assert "M-014" in therapist.get("/clients").text
    assert "already has a client M-014" in therapist.post("/clients", {"code": "M-014"}).text
    refused = therapist.post("/clients", {"code": "<b>Anna</b>"})
    assert refused.status_code == 422
    assert "<b>Anna</b>" not in refused.text.replace("&lt;b&gt;", "")


def test_at_home_music_starts_with_one_press_and_consent(clinic):
    home = clinic.browser("home")
    home.get("/listen")
    form = {"protocol": "home", "sensor": "virtual:typical"}
    assert "Tick the box first" in home.post("/listen", form).text
    assert sessions(clinic) == []
    assert home.post("/listen", {**form, "sensor": "replay:/etc/passwd", "consent": "yes"}).status_code == 400
    assert home.post("/listen", {**form, "consent": "yes"}).status_code == 303
    assert sessions(clinic)[0].client_id == clinic.client
    assert "Go to it" in home.get("/listen").text


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_no_page_loads_anything_from_elsewhere_or_carries_code_inside(clinic, therapist, path):
    clinic.session(status="finished")
    page = Page(therapist.get(path).text)
    assert page.loaded
    assert all(address.startswith("/static/") for address in page.loaded)
    assert page.inline == []


@pytest.mark.parametrize("path", [*STAFF_PAGES, "/login", "/static/therapy.css", "/openapi.json"])
def test_every_answer_forbids_the_browser_to_load_from_elsewhere(clinic, therapist, path):
    answer = therapist.get(path)
    answer.close()
    headers = answer.headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == policy["connect-src"] == policy["font-src"] == policy["worker-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert ("no-store" in headers.get("Cache-Control", "")) == (not path.startswith("/static/"))


def test_the_stylesheet_asks_for_nothing_from_elsewhere():
    css = (Path(therapy_app.web.__file__).parent / "static" / "therapy.css").read_text()
    assert re.findall(r"https?:|//\w", css) == []
    assert all(address.startswith("bundle/") for address in re.findall(r'url\("([^"]+)"\)', css))


@pytest.mark.parametrize("choice", ["light", "dark", "system"])
def test_the_look_can_be_chosen_and_stays(clinic, therapist, choice):
    answer = therapist.post("/look", {"theme": choice}, headers={"Referer": "http://localhost/clients"})
    assert answer.location == "/clients"
    assert f'data-theme="{choice}"' in therapist.get("/clients").text


@pytest.mark.parametrize("referrer", ["http://evil.test/x", "http://localhost//evil.test", "", "nonsense"])
def test_choosing_a_look_never_leads_to_another_host(clinic, therapist, referrer):
    answer = therapist.post("/look", {"theme": "dark"}, headers={"Referer": referrer})
    assert answer.location.startswith("/")
    assert not answer.location.startswith("//")


def test_a_look_that_is_none_is_refused(clinic, therapist):
    assert therapist.post("/look", {"theme": '"><script>'}).status_code == 400
    therapist.client.set_cookie("theme", '"><script>')
    assert 'data-theme="system"' in therapist.get("/clients").text


@pytest.mark.parametrize(
    ("ask", "code", "said"),
    [
        (lambda browser: browser.get("/nowhere"), 404, "nothing here"),
        (lambda browser: browser.get("/logout"), 405, "not for that kind of request"),
        (lambda browser: browser.post("/clients", {"csrf_token": "stale"}), 400, "Reload it, then try again"),
        (lambda browser: browser.post("/clients", {"code": "x" * 70_000}), 413, "Nothing was stored"),
        (lambda browser: browser.get("/accounts"), 403, "no part in this"),
        (lambda browser: browser.get("/sessions/99999999999999999999999"), 404, "nothing here"),
    ],
)
def test_an_error_page_says_what_happened_and_what_still_works(clinic, therapist, ask, code, said):
    answer = ask(therapist)
    assert answer.status_code == code
    assert said in answer.text
    assert "STOP works as always" in answer.text
    assert "therapist@clinic.test" not in answer.text


def test_a_post_after_signing_out_is_told_to_sign_in(clinic, therapist):
    key = therapist.token
    therapist.client.delete_cookie("therapy")
    answer = therapist.say("/sessions/1/commands", {"key": "a", "name": "stop"})
    assert answer.status_code in (400, 401)
    assert key not in answer.text


def test_when_the_database_is_gone_the_page_says_so_and_the_log_names_nobody(clinic, therapist, caplog):
    held = ["M-001", "therapist@clinic.test"]

    def fail(*_):
        raise RuntimeError(held)

    event.listen(clinic.database, "before_cursor_execute", fail)
    answer = therapist.get("/clients/1")
    assert answer.status_code == 500
    assert "Something broke here" in answer.text
    told = answer.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert [word for word in held if word in told] == []


def test_the_interface_describes_itself_without_outside_help(clinic, therapist):
    described = therapist.get("/openapi.json").json
    assert set(described["paths"]) == {
        "/sessions/{session_id}/commands",
        "/sessions/{session_id}/log.json",
        "/sessions/{session_id}/bars/{number}/explanation",
    }
    assert therapist.get("/docs").status_code == 404
