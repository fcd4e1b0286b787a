"""A site with one scrape and a cast of five, on a real PostgreSQL; and a real Chromium."""

from __future__ import annotations

import datetime
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvicorn
from cast import TODAY, Cast, Member, Program, Visitor, add_cast
from fastapi import FastAPI
from fastapi.testclient import TestClient

from courtside import league_database
from courtside.accounts import accounts
from courtside.api import tokens
from courtside.sample_feeds import write_sample_feeds
from courtside.site import forgery
from courtside.site.application import create_application
from courtside.site.configuration import Configuration
from courtside.site.request_log import configure_log
from new_databases import name_of, new_database
from seawall import Engine

# tests/conftest.py counts the tests that skip for this reason.
NO_BROWSER = "no browser (CHROMIUM=PROGRAM)"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
SIZE = 700
# Where the test client files a cookie of the host “testserver”, which has no dot.
COOKIE_DOMAIN = "testserver.local"

configure_log()


@pytest.fixture(scope="session")
def scrapes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Made-up scrapes in one directory: around the incident's day, and a week later."""
    directory = tmp_path_factory.mktemp("scrapes")
    return write_sample_feeds(directory, date=TODAY, size=SIZE, versions=2)


@pytest.fixture(scope="session")
def scrape(scrapes: list[Path]) -> Path:
    """The scrape that is in the database."""
    return scrapes[0]


@pytest.fixture(scope="session")
def template(server_url: str, scrape: Path) -> Iterator[tuple[str, Cast]]:
    """The name of a database with the scrape and the cast; every test gets a copy."""
    with new_database(server_url) as url:
        league_database.prepare(url)
        engine = Engine(league_database.manifest(), url)
        engine.apply(engine.plan(scrape))
        with psycopg.connect(url) as connection:
            cast = add_cast(connection)
        yield name_of(url), cast


@pytest.fixture
def site_url(server_url: str, template: tuple[str, Cast]) -> Iterator[str]:
    """The test's own copy of the database."""
    with new_database(server_url, template[0]) as url:
        yield url


@pytest.fixture
def database(site_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the site's database, in autocommit."""
    with psycopg.connect(site_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def people(template: tuple[str, Cast]) -> Cast:
    return template[1]


@pytest.fixture
def configuration() -> Configuration:
    """Replace it in a module or class to configure the site otherwise."""
    return Configuration(today=TODAY, connections=4)


@pytest.fixture
def application(site_url: str, configuration: Configuration) -> FastAPI:
    return create_application(configuration, site_url)


@pytest.fixture
def visit(application: FastAPI) -> Iterator[Callable[[], Visitor]]:
    """Open a browser without a window, signed in as nobody."""
    with TestClient(application) as first:

        def visitor() -> Visitor:
            client = TestClient(application, base_url=str(first.base_url))
            # One start of the application, and one event loop, serve all browsers of the test.
            client.portal = first.portal
            return Visitor(client)

        yield visitor


@pytest.fixture
def anonymous(visit: Callable[[], Visitor]) -> Visitor:
    return visit()


@pytest.fixture
def sign_in(visit: Callable[[], Visitor], application: FastAPI) -> Callable[[Member], Visitor]:
    """Open another browser, signed in as one of the cast; its session has begun already."""

    def as_member(member: Member) -> Visitor:
        visitor = visit()
        browser_id = forgery.new_browser_id()
        with application.state.database.connected() as connection:
            accounts.start_session(connection, member.user_id, browser_id, days=1)
        visitor.client.cookies.set("courtside", browser_id, domain=COOKIE_DOMAIN)
        return visitor

    return as_member


@pytest.fixture
def owner(sign_in: Callable[[Member], Visitor], people: Cast) -> Visitor:
    return sign_in(people.owner)


@pytest.fixture
def mate(sign_in: Callable[[Member], Visitor], people: Cast) -> Visitor:
    return sign_in(people.mate)


@pytest.fixture
def stranger(sign_in: Callable[[Member], Visitor], people: Cast) -> Visitor:
    return sign_in(people.stranger)


@pytest.fixture
def operator(sign_in: Callable[[Member], Visitor], people: Cast) -> Visitor:
    return sign_in(people.operator)


@pytest.fixture
def newcomer(sign_in: Callable[[Member], Visitor], people: Cast) -> Visitor:
    return sign_in(people.newcomer)


@pytest.fixture
def program(
    application: FastAPI, visit: Callable[[], Visitor]
) -> Callable[[Member, bool], Program]:
    """Make a program with a token of a member, that writes or only reads."""

    def made(member: Member, writes: bool = True) -> Program:
        with application.state.database.transaction() as connection:
            token = tokens.create(connection, member.user_id, "test", may_write=writes, days=30)
        return Program(visit().client, token)

    return made


@pytest.fixture
def owner_program(program: Callable[..., Program], people: Cast) -> Program:
    return program(people.owner)


# ----------------------------------------------------------------------------- a real browser


@pytest.fixture
def served(application: FastAPI) -> Iterator[str]:
    """The site on a port of its own; the value is where it begins."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(application, log_level="error", access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium; where it is absent the test skips, unless REQUIRE_BROWSER=1."""
    if not CHROMIUM.is_file():
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, and there is no {CHROMIUM}")
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.fixture
def day_over(people: Cast, database: psycopg.Connection[Any]) -> datetime.date:
    """The last day before today on which the team had a match."""
    row = database.execute(
        "SELECT max(match_date) FROM schedule WHERE match_date < %s"
        " AND %s IN (home_team_id, away_team_id)",
        [TODAY, people.team_id],
    ).fetchone()
    assert row
    return row[0]
