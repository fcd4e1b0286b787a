"""The same weekday and time everywhere, whatever the zone of process, server and browser."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import time_machine
from cast import INCIDENT_DAY, Cast, Visitor
from psycopg import sql

from courtside.accounts.people import session_hash
from courtside.site.clock import Clock

ZONES = ("UTC", "America/Chicago", "Pacific/Auckland")
# Practices at half past two at night, around the nights when clocks change: forward in Auckland on
# 29 September 2024, back in Chicago on 3 November, forward there on 9 March 2025, when this time of
# day does not exist, and back in Auckland on 6 April.
NIGHTS = {
    datetime.date(2024, 9, 29): "Sunday 29 September 2024",
    datetime.date(2024, 11, 2): "Saturday 2 November 2024",
    datetime.date(2024, 11, 3): "Sunday 3 November 2024",
    datetime.date(2024, 11, 4): "Monday 4 November 2024",
    datetime.date(2025, 3, 8): "Saturday 8 March 2025",
    datetime.date(2025, 3, 9): "Sunday 9 March 2025",
    datetime.date(2025, 3, 10): "Monday 10 March 2025",
    datetime.date(2025, 4, 6): "Sunday 6 April 2025",
    datetime.date(2025, 4, 7): "Monday 7 April 2025",
}
EXPECTED = [
    "Next Tuesday 24 September 2024 Tennaqua - 22 against Valley Lo - 22 6:30 PM Home Tennaqua",
    *(f"{words} Practice 2:30 AM Tennaqua" for words in NIGHTS.values()),
]


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
    """Only these days, and the incident's, so that they stand on one page."""
    database.execute(
        "DELETE FROM schedule WHERE %s IN (home_team_id, away_team_id) AND match_date <> %s",
        [people.team_id, INCIDENT_DAY],
    )
    database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " SELECT %s, day, '02:30', %s FROM unnest(%s::date[]) AS day",
        [people.team_id, people.mate.user_id, list(NIGHTS)],
    )


def said_of_days(text: str) -> list[str]:
    """What the cards of a page say of day, teams, time and place."""
    found = []
    for card in re.findall(r'<article [^>]*id="day-.*?</article>', text, re.DOTALL):
        words = " ".join(re.sub(r"<[^>]+>", " ", card).split())
        found.append(re.sub(r" (In Out|Directions).*", "", words))
    return found


@contextmanager
def traveller(chromium: Any, served: str, session: str) -> Iterator[Callable[[str], Any]]:
    """A browser with a session; the value puts it in a zone, and is then its page."""
    context = chromium.new_context(base_url=served, viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "courtside", "value": session, "url": served}])
    page = context.new_page()
    developer = context.new_cdp_session(page)

    def to(zone: str) -> Any:
        developer.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
        return page

    try:
        yield to
    finally:
        context.close()


@pytest.mark.usefixtures("practices")
def test_every_zone_shows_the_same_days(
    process_zone: str,
    server_zone: str,
    chromium: Any,
    served: str,
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    """Three zones of the process × three of the database × three of the browser."""
    assert time.tzname[0] in ("UTC", "CST", "NZST"), process_zone
    session = "a session for the zones"
    database.execute(
        "INSERT INTO sessions (id_hash, user_id, expires_at) VALUES (%s, %s, 'infinity')",
        [session_hash(session), people.owner.user_id],
    )
    row = database.execute(
        "SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase"
        " WHERE datname = current_database()"
    ).fetchone()
    assert row
    assert row[0] == [f"TimeZone={server_zone}"]
    with traveller(chromium, served, session) as to:
        for number, zone in enumerate(ZONES):
            page = to(zone)
            page.goto("/mobile/availability?all=yes")
            assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == zone
            assert said_of_days(page.content()) == EXPECTED
            card = page.locator(f"#day-{INCIDENT_DAY}")
            word = ("In", "Out", "Maybe")[number]
            card.get_by_role("button", name=word, exact=True).click()
            page.wait_for_selector(f"#day-{INCIDENT_DAY} .choice.{word.lower()}[aria-pressed=true]")
            assert said_of_days(page.content()) == EXPECTED
            events = page.request.get("/api/v1/events").json()["events"]
            assert [(event["day"], event["time"]) for event in events] == [
                (str(INCIDENT_DAY), "18:30"),
                *((str(day), "02:30") for day in NIGHTS),
            ]
            history = page.request.get(f"/availability/{people.team_id}/{INCIDENT_DAY}/history")
            assert "Tuesday 24 September 2024" in history.text()
    answers = database.execute(
        "SELECT to_char(match_date, 'FMDay YYYY-MM-DD'), availability_status"
        " FROM player_availability"
    ).fetchall()
    assert answers == [("Tuesday 2024-09-24", 3)]


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
