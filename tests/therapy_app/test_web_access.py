"""Who may see and do what on the web."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from therapy_app.records.people import ROLES
from therapy_app.web.access import ANYONE, WHO_MAY

PAGES = [  # every address that can be asked for with GET, and its endpoint
    ("/", "live.home"),
    ("/sessions/new", "live.start_form"),
    ("/sessions/1", "live.session_page"),
    ("/clients", "review.clients"),
    ("/clients/1", "review.client_page"),
    ("/sessions", "review.history"),
    ("/sessions/1/export/csv", "review.export"),
    ("/listen", "listen.listen"),
    ("/listen/learned", "listen.learned"),
    ("/accounts", "admin.accounts"),
    ("/sessions/1/events", "stream.events"),
    ("/sessions/1/log.json", "api.log"),
    ("/sessions/1/bars/0/explanation", "api.explanation"),
    ("/openapi.json", "openapi.spec"),
]


def without_keys(text: str) -> str:
    return re.sub(r'(content|value)="[^"]{40,}"', "", text)


def test_every_route_says_who_may_use_it(clinic):
    routes = {rule.endpoint for rule in clinic.app.url_map.iter_rules()}
    assert routes - set(WHO_MAY) == set(), "a route without an entry in access.WHO_MAY"
    assert set(WHO_MAY) - routes == set(), "an entry for a route that is gone"


def test_every_page_is_in_this_test(clinic):
    asked = {
        rule.endpoint
        for rule in clinic.app.url_map.iter_rules()
        if "GET" in rule.methods and WHO_MAY[rule.endpoint] != ANYONE
    }
    assert asked == {endpoint for _, endpoint in PAGES} | {"security.verify"}


def test_a_route_that_nobody_declared_is_closed_to_everyone(clinic):
    Flask.add_url_rule(clinic.app, "/forgotten", "forgotten", lambda: "secret")
    for who in (None, "therapist", "admin"):
        answer = clinic.browser(who).get("/forgotten")
        assert answer.status_code == 403
        assert "secret" not in answer.text


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_the_pages_of_its_table_and_no_other(clinic, role):
    session = clinic.session(status="finished")
    clinic.play(session)
    browser = clinic.browser(role)
    for path, endpoint in PAGES:
        answer = browser.get(path)
        expected = {200, 302} if role in WHO_MAY[endpoint] else {403}
        assert answer.status_code in expected, f"{role} at {path}"


@pytest.mark.parametrize(("path", "endpoint"), PAGES)
def test_without_an_account_every_page_leads_to_sign_in(clinic, path, endpoint):
    answer = clinic.browser().get(path)
    if endpoint.startswith(("stream", "api", "openapi")):
        assert answer.status_code == 401
        assert answer.json["message"] == "Sign in first."
    else:
        assert answer.status_code == 302
        assert answer.location.startswith("/login?next=/")


@pytest.mark.parametrize(
    "path", ["/sessions/{}", "/sessions/{}/events", "/sessions/{}/log.json", "/sessions/{}/bars/0/explanation"]
)
def test_another_clinics_session_is_as_missing_as_one_that_never_was(clinic, therapist, path):
    foreign = clinic.session(clinic.foreign)
    theirs, nobodys = therapist.get(path.format(foreign)), therapist.get(path.format(9999))
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert without_keys(theirs.text) == without_keys(nobodys.text)


def test_another_clinics_client_is_as_missing_as_one_that_never_was(clinic, therapist):
    theirs, nobodys = therapist.get(f"/clients/{clinic.foreign}"), therapist.get("/clients/9999")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert without_keys(theirs.text) == without_keys(nobodys.text)
    assert therapist.get(f"/sessions?client={clinic.foreign}").status_code == 404


def test_nobody_steers_another_clinics_session(clinic, therapist):
    foreign = clinic.session(clinic.foreign)
    assert therapist.say(f"/sessions/{foreign}/commands", {"key": "k", "name": "stop"}).status_code == 404


def test_a_start_for_another_clinics_client_is_refused(clinic, therapist):
    form = {"client": clinic.foreign, "protocol": "settle", "sensor": "ble", "length_min": 20, "consent": "y"}
    answer = therapist.post("/sessions", form)
    assert answer.status_code == 422
    assert "Choose one from the list." in answer.text


def test_lists_hold_only_ones_own_clinic(clinic):
    clinic.session(clinic.foreign, "finished")
    stranger = clinic.browser("stranger")
    for path in ("/", "/clients", "/sessions", "/sessions/new"):
        page = stranger.get(path).text
        assert "M-001" in page
        assert "M-002" not in page


def test_a_home_account_sees_only_itself(clinic):
    own, other = clinic.session(clinic.client), clinic.session(clinic.neighbour)
    home = clinic.browser("home")
    assert home.get(f"/sessions/{own}/log.json").status_code == 200
    assert home.get(f"/sessions/{other}/log.json").status_code == 404


def test_a_home_account_stops_its_music_but_leaves_steering_to_the_therapist(clinic):
    own = clinic.session(clinic.client)
    home = clinic.browser("home")
    home.get("/listen")
    assert home.say(f"/sessions/{own}/commands", {"key": "a", "name": "hold"}).status_code == 403
    assert home.say(f"/sessions/{own}/commands", {"key": "b", "name": "stop"}).status_code == 202


def test_a_clinician_watches_and_steers_nothing(clinic):
    own = clinic.session(clinic.client)
    clinician = clinic.browser("clinician")
    assert clinician.get(f"/sessions/{own}/log.json").status_code == 200
    assert clinician.say(f"/sessions/{own}/commands", {"key": "a", "name": "stop"}).status_code == 403
    assert clinician.get("/sessions/new").status_code == 403
