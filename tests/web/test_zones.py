"""The same weekday and time everywhere, whatever the zone of process, server and browser."""

from __future__ import annotations

import datetime
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import time_machine
from browsing import window
from cast import INCIDENT_DAY, Cast, Visitor
from fastapi.testclient import TestClient
from psycopg import sql

from courtside.site.application import create_application
from courtside.site.clock import Clock
from courtside.site.configuration import Configuration

ZONES = ("UTC", "America/Chicago", "Pacific/Auckland")
# Clocks went back on Sunday 3 November 2024 in Chicago; days around it, and the incident's.
DAYS = (
    INCIDENT_DAY,
    datetime.date(2024, 11, 2),
    datetime.date(2024, 11, 3),
    datetime.date(2024, 11, 4),
)


@pytest.fixture(params=ZONES)
def process_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(params=ZONES)
def server_zone(
    request: pytest.FixtureRequest, database: psycopg.Connection[Any], site_url: str
) -> str:
    name = psycopg.conninfo.conninfo_to_dict(site_url)["dbname"]
    database.execute(
        sql.SQL("ALTER DATABASE {} SET timezone = {}").format(
            sql.Identifier(str(name)), sql.Literal(request.param)
        )
    )
    return request.param


@pytest.fixture
def practices(database: psycopg.Connection[Any], people: Cast) -> None:
    for day in DAYS[1:]:
        database.execute(
            "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
            " VALUES (%s, %s, '01:30', %s)",
            [people.team_id, day, people.mate.user_id],
        )


def said_of_days(text: str) -> list[str]:
    found = []
    for day in DAYS:
        card = re.search(rf'<article [^>]*id="day-{day}".*?</article>', text, re.DOTALL)
        assert card, day
        words = " ".join(re.sub(r"<[^>]+>", " ", card[0]).split())
        found.append(re.sub(r" (In Out|Directions).*", "", words))
    return found


EXPECTED = [
    "Next Tuesday 24 September 2024 Tennaqua - 22 against Valley Lo - 22 6:30 PM Home Tennaqua",
    "Saturday 2 November 2024 Practice 1:30 AM Tennaqua",
    "Sunday 3 November 2024 Practice 1:30 AM Tennaqua",
    "Monday 4 November 2024 Practice 1:30 AM Tennaqua",
]


@pytest.mark.usefixtures("practices", "process_zone", "server_zone")
def test_process_and_server_zones_change_no_day(
    site_url: str, configuration: Configuration, people: Cast
) -> None:
    """The application starts after the zones are set: its connections are new."""
    assert time.tzname[0] in ("UTC", "CST", "NZST"), os.environ["TZ"]
    with TestClient(create_application(configuration, site_url)) as client:
        owner = Visitor(client)
        owner.sign_in(people.owner.email)
        address = f"/availability/{people.team_id}/{INCIDENT_DAY}"
        assert owner.post(f"{address}/status", status="in", version="0").status_code == 303
        assert said_of_days(owner.get("/mobile/availability?all=yes").text) == EXPECTED
        assert "Tuesday 24 September 2024" in owner.get(f"{address}/history").text
    with psycopg.connect(site_url) as connection:
        row = connection.execute(
            "SELECT to_char(match_date, 'FMDay YYYY-MM-DD') FROM player_availability"
        ).fetchone()
    assert row == ("Tuesday 2024-09-24",)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.usefixtures("practices")
def test_the_browsers_zone_changes_no_day(
    chromium: Any, served: str, people: Cast, zone: str
) -> None:
    with window(chromium, served, email=people.owner.email, time_zone=zone) as page:
        page.goto("/mobile/availability?all=yes")
        card = page.locator(f"#day-{INCIDENT_DAY}")
        card.get_by_role("button", name="In", exact=True).click()
        card.get_by_text("Saved").wait_for()
        assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == zone
        assert said_of_days(page.content()) == EXPECTED


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        # 6:30 in the morning in Auckland is the day before in Chicago.
        ("2024-09-24T18:30:00+00:00", "America/Chicago", "2024-09-24"),
        ("2024-09-24T18:30:00+00:00", "Pacific/Auckland", "2024-09-25"),
        ("2024-09-25T04:59:00+00:00", "America/Chicago", "2024-09-24"),
        ("2024-09-25T05:00:00+00:00", "America/Chicago", "2024-09-25"),
        # An hour later in the season the clocks have gone back.
        ("2024-11-04T05:59:00+00:00", "America/Chicago", "2024-11-03"),
        ("2024-11-04T06:00:00+00:00", "America/Chicago", "2024-11-04"),
        ("2024-09-25T04:59:00+00:00", "no such zone", "2024-09-24"),
        ("2024-09-25T04:59:00+00:00", None, "2024-09-24"),
    ],
)
@pytest.mark.usefixtures("process_zone")
def test_today_is_the_clubs(now: str, zone: str | None, day: str) -> None:
    with time_machine.travel(datetime.datetime.fromisoformat(now), tick=False):
        assert Clock("America/Chicago").today(zone) == datetime.date.fromisoformat(day)


def test_stamps_are_the_clubs(
    owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}"
    owner.post(f"{address}/status", status="in", version="0")
    database.execute("UPDATE availability_history SET changed_at = '2024-09-24T23:42:00Z'")
    assert "24 September 2024, 18:42" in owner.get(f"{address}/history").text
    database.execute("UPDATE clubs SET time_zone = 'Pacific/Auckland'")
    assert "25 September 2024, 11:42" in owner.get(f"{address}/history").text
