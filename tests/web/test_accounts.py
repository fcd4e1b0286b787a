"""Registering, sessions and reset links: what a hostile browser tries."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from cast import PASSWORD, Cast, Member, Visitor
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg.rows import namedtuple_row

from courtside.accounts import accounts
from courtside.accounts.passwords import Passwords
from courtside.cli import app
from courtside.site.application import create_application
from courtside.site.configuration import Configuration
from courtside.site.failures import Unavailable
from courtside.site.request_log import configure_log


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"email": "no address"}, "no email address"),
        ({"email": "a@b"}, "no email address"),
        ({"email": "x" * 300 + "@example.org"}, "no email address"),
        ({"password": "too short"}, "at least 10"),
        ({"password": "x" * 201}, "at most 200"),
        ({"name": "  "}, "Enter your name"),
        ({"name": "x" * 81}, "Enter your name"),
        ({"email": "OWNER@example.org"}, "has an account already"),
    ],
)
def test_what_cannot_be_registered(
    fields: dict[str, str],
    problem: str,
    anonymous: Visitor,
    database: psycopg.Connection[Any],
) -> None:
    before = database.execute("SELECT count(*) FROM users").fetchone()
    said = {"name": "<Ann>", "email": "ann@example.org", "password": "long enough to do", **fields}
    refused = anonymous.post("/register", **said)
    assert refused.status_code == 422
    assert problem in refused.text
    assert said["password"] not in refused.text
    assert "<Ann>" not in refused.text
    assert database.execute("SELECT count(*) FROM users").fetchone() == before


def test_a_wrong_password_and_an_unknown_email_read_the_same(
    anonymous: Visitor, people: Cast
) -> None:
    texts = set()
    for email in (people.owner.email, "nobody@example.org"):
        refused = anonymous.sign_in(email, "not the password")
        assert refused.status_code == 422
        texts.add(refused.text.replace(email, "EMAIL"))
    assert len({re.sub(r"[0-9a-f]{64}", "T", text) for text in texts}) == 1


def test_sign_in_changes_the_cookie_and_ends_the_session_before(
    owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    first = owner.client.cookies["courtside"]
    # An id that an attacker knows, or planted, must not be the session that begins now.
    assert owner.sign_in(people.owner.email).status_code == 303
    second = owner.client.cookies["courtside"]
    assert second != first
    assert database.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_signing_out_ends_the_session_for_good(owner: Visitor) -> None:
    stolen = owner.client.cookies["courtside"]
    assert owner.post("/sign-out", everywhere="").status_code == 303
    owner.client.cookies.clear()
    owner.client.cookies.set("courtside", stolen)
    assert owner.get("/account").status_code == 303


def test_signing_out_everywhere(sign_in: Callable[[Member], Visitor], people: Cast) -> None:
    here, there = sign_in(people.owner), sign_in(people.owner)
    mate = sign_in(people.mate)
    here.post("/sign-out", everywhere="yes")
    assert there.get("/account").status_code == 303
    assert mate.get("/account").status_code == 200


def test_a_session_runs_out(owner: Visitor, database: psycopg.Connection[Any]) -> None:
    database.execute("UPDATE sessions SET expires_at = now() - interval '1 second'")
    assert owner.get("/account").status_code == 303


def test_too_many_attempts_are_refused_even_with_the_right_password(
    anonymous: Visitor, people: Cast
) -> None:
    for _ in range(10):
        assert anonymous.sign_in(people.owner.email, "wrong password").status_code == 422
    refused = anonymous.sign_in(people.owner.email)
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert anonymous.sign_in(people.mate.email).status_code == 303


def test_a_reset_link_works_once_and_ends_all_sessions(
    owner: Visitor, visit: Callable[[], Visitor], people: Cast, site_url: str
) -> None:
    def link() -> str:
        made = CliRunner().invoke(
            app, ["users", "reset-link", people.owner.email.upper(), "--database", site_url]
        )
        assert made.exit_code == 0, made.output
        return "/" + made.stdout.strip().split("/", 3)[3]

    earlier, address = link(), link()
    browser = visit()
    assert browser.get(earlier).status_code == 404
    assert people.owner.email in browser.get(address).text
    assert browser.post(address, password="short").status_code == 422
    assert owner.get("/account").status_code == 200
    assert browser.post(address, password="another password").status_code == 303
    assert browser.get("/account").status_code == 200
    assert owner.get("/account").status_code == 303
    assert visit().post(address, password="a third password").status_code == 404
    assert visit().sign_in(people.owner.email).status_code == 422
    assert visit().sign_in(people.owner.email, "another password").status_code == 303


def test_a_reset_link_runs_out(
    anonymous: Visitor, people: Cast, site_url: str, database: psycopg.Connection[Any]
) -> None:
    made = CliRunner().invoke(
        app, ["users", "reset-link", people.owner.email, "--database", site_url]
    )
    database.execute("UPDATE password_resets SET expires_at = now()")
    address = "/" + made.stdout.strip().split("/", 3)[3]
    assert anonymous.get(address).status_code == 404
    assert anonymous.post(address, password="another password").status_code == 404


def test_commands_for_users(people: Cast, site_url: str, sign_in: Callable[..., Visitor]) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["users", *arguments, "--database", site_url])

    assert run("make-operator", people.mate.email).exit_code == 0
    assert "already" in run("make-operator", people.mate.email).stdout
    assert "Who is who" in sign_in(people.mate).get("/account").text
    for command in ("make-operator", "reset-link"):
        unknown = run(command, "nobody@example.org")
        assert unknown.exit_code == 2
        assert "nobody has an account" in unknown.stderr


def test_behind_https_cookies_are_for_https_only(site_url: str, people: Cast) -> None:
    configuration = Configuration(public_url="https://league.example", connections=2)
    with TestClient(
        create_application(configuration, site_url), base_url="https://league.example"
    ) as client:
        response = Visitor(client).sign_in(people.owner.email)
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("__Host-courtside=")
        for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
            assert part in cookie
        assert "Domain" not in cookie
        assert "max-age" in client.get("/account").headers["strict-transport-security"]


def test_who_comes_when_too_many_wait_is_told_at_once() -> None:
    passwords = Passwords(at_once=1)
    stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    go_on, refused = threading.Event(), []

    def wait() -> None:
        passwords._in_turn(go_on.wait)

    waiting = [threading.Thread(target=wait) for _ in range(11)]
    try:
        for thread in waiting:
            thread.start()
        while passwords._places._value:
            threading.Event().wait(0.01)
        with pytest.raises(Unavailable):
            passwords.matches(stored, PASSWORD)
        refused.append(True)
    finally:
        go_on.set()
        for thread in waiting:
            thread.join()
    assert refused
    assert passwords.matches(stored, PASSWORD)
    assert not passwords.matches(None, PASSWORD)
    passwords.close()


def test_logs_hold_no_secret(
    anonymous: Visitor, people: Cast, site_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = CliRunner().invoke(
        app, ["users", "reset-link", people.owner.email, "--database", site_url]
    )
    address = "/" + made.stdout.strip().split("/", 3)[3]
    configure_log()
    anonymous.sign_in(people.owner.email)
    cookie = anonymous.client.cookies["courtside"]
    anonymous.get(address)
    anonymous.get(f"/nothing?token={cookie}")
    logged = capsys.readouterr().err
    assert '"route": "/new-password/{token}"' in logged
    assert '"request_id"' in logged
    for secret in (PASSWORD, cookie, address.rpartition("/")[2], people.owner.email):
        assert secret not in logged


def test_our_own_mistake_is_a_page_with_a_number_and_no_detail(
    application: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_log()

    @application.get("/broken")
    def broken() -> None:
        secret = "a value of ours"
        raise RuntimeError(len(secret))

    with TestClient(application) as client:
        response = client.get("/broken")
    assert response.status_code == 500
    assert "RuntimeError" not in response.text
    assert response.headers["x-request-id"] in response.text
    logged = capsys.readouterr().err
    assert response.headers["x-request-id"] in logged
    assert "RuntimeError" in logged
    assert "a value of ours" not in logged.replace('secret = "a value of ours"', "")


@pytest.fixture(autouse=True)
def log_elsewhere_again() -> Iterator[None]:
    """A test that reads the log writes to what pytest captures; later ones must not."""
    yield
    configure_log()


def test_without_a_database_pages_say_so(
    configuration: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("courtside.site.database._WAIT_TIMEOUT_SECONDS", 0.2)
    url = f"postgresql:///nowhere?host={tmp_path}"
    application = create_application(configuration, url)
    with TestClient(application, cookies={"courtside": "x" * 43}) as client:
        response = client.get("/account")
        assert response.status_code == 503
        assert "cannot answer just now" in response.text
        assert client.get("/health").status_code == 503


def test_a_reset_link_is_used_up_by_the_first_of_two(
    database: psycopg.Connection[Any], people: Cast, site_url: str
) -> None:
    """Both saw the form before either sent it."""
    with psycopg.connect(site_url, row_factory=namedtuple_row, autocommit=True) as connection:
        token = accounts.make_reset_token(connection, people.owner.user_id, hours=1)
        assert accounts.use_reset(connection, token) == people.owner.user_id
        assert accounts.use_reset(connection, token) is None
        late = accounts.make_reset_token(connection, people.owner.user_id, hours=1)
        database.execute("UPDATE password_resets SET expires_at = now()")
        assert accounts.use_reset(connection, late) is None
