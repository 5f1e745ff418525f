"""Signing in, the lock, signing out."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select

from therapy_app.records.people import (
    PeopleError,
    check_password,
    create_client,
    create_user,
    disable,
    set_password,
    set_roles,
)
from therapy_app.records.tables import User

PASSWORD = "four quiet words here"


def cookie(browser):
    return browser.client.get_cookie("therapy")


def words_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_passwords_are_kept_as_argon2id_and_signing_in_does_not_rehash_them(clinic, therapist):
    with clinic.database.connect() as connection:
        kept = connection.scalar(select(User.password).where(User.email == "therapist@clinic.test"))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    before = kept
    clinic.browser("therapist")
    with clinic.database.connect() as connection:
        assert connection.scalar(select(User.password).where(User.email == "therapist@clinic.test")) == before


def test_signing_in_leads_to_the_page_that_was_asked_for(clinic):
    browser = clinic.browser()
    asked = browser.get("/clients/1")
    browser.get(asked.location)
    form = {"email": "therapist@clinic.test", "password": PASSWORD, "next": "/clients/1"}
    assert browser.post(asked.location, form).location == "/clients/1"


@pytest.mark.parametrize("elsewhere", ["//evil.test/x", "https://evil.test", "/\\evil.test", "\\\\evil.test"])
def test_signing_in_never_leads_to_another_host(clinic, elsewhere):
    answer = clinic.browser().sign_in("therapist@clinic.test", next=elsewhere)
    led_to = answer.location or "/"
    assert urlsplit(urljoin("http://localhost/login", led_to)).netloc == "localhost"
    assert "\\" not in led_to, "browsers read a backslash as a slash"


def test_a_refusal_does_not_tell_whether_the_account_exists(clinic):
    disable(clinic.database, "clinician@clinic.test")
    wrong = clinic.browser().sign_in("therapist@clinic.test", "not the password")
    unknown = clinic.browser().sign_in("nobody@clinic.test", "not the password")
    closed = clinic.browser().sign_in("clinician@clinic.test")
    assert "don&#39;t fit together" in wrong.text
    assert words_of(wrong) == words_of(unknown) == words_of(closed)


def test_capital_letters_in_the_address_do_not_matter(clinic):
    assert clinic.browser().sign_in("Therapist@Clinic.test").status_code == 302


def test_after_five_wrong_passwords_the_account_waits_and_is_told_how_long(clinic):
    browser = clinic.browser()
    for _ in range(5):
        assert browser.sign_in("therapist@clinic.test", "wrong").status_code == 200
    answer = browser.sign_in("therapist@clinic.test")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert f"Try again in {answer.headers['Retry-After']} seconds" in answer.text
    assert clinic.browser().sign_in("clinician@clinic.test").status_code == 302, "others go on working"


def test_an_address_that_tries_many_accounts_waits_too(clinic):
    browser = clinic.browser()
    for number in range(20):
        assert browser.sign_in(f"guess{number}@clinic.test", "wrong").status_code == 200
    assert browser.sign_in("therapist@clinic.test").status_code == 429


def test_signing_in_rightly_is_never_counted(clinic):
    for _ in range(7):
        assert clinic.browser().sign_in("therapist@clinic.test").status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(clinic):
    browser = clinic.browser()
    answer = browser.sign_in("therapist@clinic.test")
    sent = answer.headers["Set-Cookie"]
    assert "HttpOnly" in sent
    assert "SameSite=Lax" in sent
    secure = clinic.browser().client.get("/login", base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in secure.headers


def test_nothing_of_the_cookie_before_signing_in_is_good_afterwards(clinic):
    browser = clinic.browser()
    browser.get("/login")
    planted, old_key = cookie(browser).value, browser.token
    browser.sign_in("therapist@clinic.test")
    assert cookie(browser).value != planted
    browser.token = old_key
    assert browser.post("/clients", {"code": "M-777"}).status_code == 400
    browser.client.set_cookie("therapy", planted)
    assert browser.get("/clients").status_code == 302


def test_a_copied_cookie_is_worth_nothing_after_signing_out(clinic, therapist):
    copy = cookie(therapist).value
    assert therapist.post("/logout").status_code == 302
    thief = clinic.browser()
    thief.client.set_cookie("therapy", copy)
    assert thief.get("/clients").location.startswith("/login")
    assert thief.get("/sessions/1/log.json").status_code == 401


def test_no_token_that_would_escape_the_lock_can_be_had(clinic):
    browser = clinic.browser()
    browser.get("/login")
    form = {"email": "therapist@clinic.test", "password": PASSWORD}
    answer = browser.say("/login?include_auth_token", form, Accept="application/json")
    token = answer.json["response"]["user"].get("authentication_token", "")
    fresh = clinic.browser()
    assert fresh.get("/clients", headers={"Authentication-Token": token}).status_code == 302
    assert fresh.get(f"/clients?auth_token={token}").status_code == 302


def test_an_idle_screen_locks_and_the_password_opens_it_where_it_was(clinic, therapist):
    clinic.clock.forward(minutes=14)
    assert therapist.get("/clients").status_code == 200
    clinic.clock.forward(minutes=16)
    locked = therapist.get("/clients/1")
    assert locked.location == "/verify?next=/clients/1"
    assert "M-001" not in therapist.get(locked.location).text
    assert therapist.post(locked.location, {"password": "wrong"}).status_code == 200
    assert therapist.get("/clients").status_code == 302
    assert therapist.post(locked.location, {"password": PASSWORD}).location == "/clients/1"
    assert therapist.get("/clients/1").status_code == 200


def test_guessing_at_the_lock_is_limited_too(clinic, therapist):
    clinic.clock.forward(minutes=16)
    for _ in range(5):
        therapist.post("/verify", {"password": "wrong"})
    assert therapist.post("/verify", {"password": PASSWORD}).status_code == 429


def test_behind_the_lock_the_music_goes_on_and_stop_works(clinic, therapist):
    session = clinic.session()
    clinic.write(session, 1, 3)
    clinic.clock.forward(minutes=40)
    assert therapist.get("/clients").status_code == 302
    assert therapist.get(f"/sessions/{session}/log.json").status_code == 200
    stream = therapist.get(f"/sessions/{session}/events", buffered=False)
    assert stream.status_code == 200
    stream.close()
    assert therapist.say(f"/sessions/{session}/commands", {"key": "k", "name": "stop"}).status_code == 202
    assert therapist.get("/clients").location.startswith("/verify"), "steering doesn't open the lock"


def test_behind_the_lock_a_finished_session_stays_closed(clinic, therapist):
    session = clinic.session(status="finished")
    clinic.clock.forward(minutes=40)
    assert therapist.get(f"/sessions/{session}/log.json").status_code == 401


def test_a_page_left_open_keeps_nobody_signed_in(clinic, therapist):
    session = clinic.session()
    for _ in range(4):
        clinic.clock.forward(minutes=5)
        therapist.get(f"/sessions/{session}/log.json")
    assert therapist.get("/clients").location.startswith("/verify")


def test_a_sign_in_ends_after_twelve_hours_whatever_happens(clinic, therapist):
    for _ in range(73):
        clinic.clock.forward(minutes=10)
        last = therapist.get("/clients")
    assert last.location.startswith("/login")


@pytest.mark.parametrize(
    "change",
    [
        lambda database: disable(database, "therapist@clinic.test"),
        lambda database: set_roles(database, "therapist@clinic.test", ["clinician"]),
        lambda database: set_password(database, "therapist@clinic.test", "another four words"),
    ],
    ids=["closing an account", "changing its roles", "changing its password"],
)
def test_what_changes_an_account_signs_it_out_everywhere(clinic, therapist, change):
    change(clinic.database)
    assert therapist.get("/clients").location.startswith("/login")


@pytest.mark.parametrize("password", ["short", "password", "PASSWORD1", "aaaaaaaaaa", "me@clinic.test", "x" * 200])
def test_passwords_that_are_guessed_first_are_refused(password):
    with pytest.raises(PeopleError):
        check_password(password, "me@clinic.test")


def test_a_demo_password_is_exempt_only_when_asked_for(clinic):
    with pytest.raises(PeopleError):
        create_user(clinic.database, "demo@clinic.test", "demo", ["therapist"], "North")
    create_user(clinic.database, "demo@clinic.test", "demo", ["therapist"], "North", demo=True)
    assert clinic.browser().sign_in("demo@clinic.test", "demo").status_code == 302


@pytest.mark.parametrize(
    ("email", "roles", "at", "message"),
    [
        ("therapist@clinic.test", ["therapist"], "North", "already an account"),
        ("new@clinic.test", ["singer"], "North", "no role named 'singer'; there are: therapist, clinician"),
        ("new@clinic.test", [], "North", "needs a role"),
        ("new@clinic.test", ["therapist"], "West", "no clinic named 'West'; there are: North, South"),
        ("new@clinic.test", ["home"], "North", "names the one client"),
        ("nonsense", ["therapist"], "North", "no e-mail address"),
    ],
)
def test_an_account_that_cannot_be_made_says_why(clinic, email, roles, at, message):
    with pytest.raises(PeopleError, match=message):
        create_user(clinic.database, email, PASSWORD, roles, at)


@pytest.mark.parametrize(("code", "message"), [("Anna Smith", "expected 1 to 4 capital"), ("M-001", "already has")])
def test_a_client_is_a_code_and_never_a_name(clinic, code, message):
    with pytest.raises(PeopleError, match=message):
        create_client(clinic.database, 1, code)
