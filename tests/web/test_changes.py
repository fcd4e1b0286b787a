"""Matches that change after somebody answered; and reloads between any two requests."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, LEAGUE, OPPONENT, TEAM, TODAY, Cast, Visitor

from courtside import league_database
from seawall import Engine

WEEK = datetime.timedelta(days=7)


class Feed:
    """A copy of the scrape that a test can edit and import."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        self.engine = Engine(league_database.manifest(), url)
        self.imported = 0

    def edit(self, kind: str, change: Any) -> None:
        """Give every record of a kind of file to ``change``; it returns the record, or None."""
        file = self.directory / LEAGUE / f"{kind}.json"
        records = [change(record) for record in json.loads(file.read_text())]
        file.write_text(json.dumps([record for record in records if record is not None]))

    def reload(self) -> dict[str, Any]:
        self.imported += 1
        day = TODAY + self.imported * datetime.timedelta(days=1)
        return self.engine.apply(self.engine.plan(self.directory, as_of=day))


@pytest.fixture
def feed(scrape: Path, tmp_path: Path, site_url: str) -> Feed:
    directory = tmp_path / "feed"
    shutil.copytree(scrape, directory)
    return Feed(directory, site_url)


def is_incident(record: dict[str, Any]) -> bool:
    teams = record.get("home_team", "") + record.get("away_team", "")
    return TEAM in teams and OPPONENT in teams and record.get("date") == "09/24/2024"


def card(page: str, day: datetime.date) -> str:
    found = re.search(rf'<article [^>]*id="day-{day}".*?</article>', page, re.DOTALL)
    assert found, f"no card for {day}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


@pytest.fixture
def answered(owner: Visitor, people: Cast) -> Visitor:
    """The owner is in for the incident's day."""
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    assert owner.post(address, status="in", version="0").status_code == 303
    return owner


def test_the_scrape_spells_the_match_as_these_tests_do(feed: Feed) -> None:
    records = json.loads((feed.directory / LEAGUE / "schedules.json").read_text())
    assert sum(map(is_incident, records)) == 1, [r for r in records if TEAM in str(r)][:2]


def test_a_new_time_and_place_are_flagged_until_the_answer_is_confirmed(
    answered: Visitor, people: Cast, feed: Feed
) -> None:
    def change(record: dict[str, Any]) -> dict[str, Any]:
        if is_incident(record):
            record |= {"time": "07:15 pm", "location": "Elsewhere Club"}
        return record

    assert "Changed since" not in card(answered.get("/availability").text, INCIDENT_DAY)
    feed.edit("schedules", change)
    feed.reload()
    said = card(answered.get("/availability").text, INCIDENT_DAY)
    assert "Changed since you answered. New time: 7:15 PM, was 6:30 PM." in said
    assert "New place: Elsewhere Club, was Tennaqua." in said
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    answered.post(address, status="in", version="1")
    assert "Changed since" not in card(answered.get("/availability").text, INCIDENT_DAY)


def test_who_has_not_answered_is_told_of_no_change(owner: Visitor, feed: Feed) -> None:
    feed.edit(
        "schedules", lambda record: record | {"time": "07:15 pm"} if is_incident(record) else record
    )
    feed.reload()
    said = card(owner.get("/availability").text, INCIDENT_DAY)
    assert "7:15 PM" in said
    assert "Changed since" not in said


def move(feed: Feed, day: str) -> None:
    feed.edit("schedules", lambda record: record | {"date": day} if is_incident(record) else record)


def as_if_future(database: psycopg.Connection[Any]) -> None:
    """The runs of this test are of today; the season that it plays in is of 2024."""
    database.execute(
        "UPDATE schedule SET retired_at = retired_at - (now() - '2024-09-20 12:00Z'::timestamptz),"
        " first_seen_at = first_seen_at - (now() - '2024-09-20 12:00Z'::timestamptz)"
    )


def test_a_moved_match_says_where_it_went_and_carries_no_answer_over(
    answered: Visitor, people: Cast, feed: Feed, database: psycopg.Connection[Any]
) -> None:
    move(feed, "09/26/2024")
    feed.reload()
    as_if_future(database)
    page = answered.get("/availability").text
    old = card(page, INCIDENT_DAY)
    assert "Moved to Thursday 26 September 2024" in old
    assert "Your answer stays with this day" in old
    new = card(page, datetime.date(2024, 9, 26))
    assert "0 in · 0 out" in new
    row = database.execute(
        "SELECT match_date, availability_status FROM player_availability WHERE user_id = %s",
        [people.owner.user_id],
    ).fetchall()
    assert row == [(INCIDENT_DAY, 1)]


def test_two_new_matches_are_no_move(
    answered: Visitor, feed: Feed, database: psycopg.Connection[Any]
) -> None:
    file = feed.directory / LEAGUE / "schedules.json"
    records = json.loads(file.read_text())
    (match,) = [record for record in records if is_incident(record)]
    records.remove(match)
    records += [match | {"date": "09/26/2024"}, match | {"date": "09/27/2024"}]
    file.write_text(json.dumps(records))
    feed.reload()
    as_if_future(database)
    said = card(answered.get("/availability").text, INCIDENT_DAY)
    assert "No longer on the schedule" in said
    assert "Moved" not in said


def test_a_match_that_vanished_is_marked_and_comes_back(
    answered: Visitor, feed: Feed, database: psycopg.Connection[Any]
) -> None:
    kept = (feed.directory / LEAGUE / "schedules.json").read_text()
    feed.edit("schedules", lambda record: None if is_incident(record) else record)
    feed.reload()
    as_if_future(database)
    said = card(answered.get("/availability").text, INCIDENT_DAY)
    assert "No longer on the schedule" in said
    assert "Changed since you answered" in said
    assert "1 in" in said
    (feed.directory / LEAGUE / "schedules.json").write_text(kept)
    feed.reload()
    said = card(answered.get("/availability").text, INCIDENT_DAY)
    assert "No longer" not in said
    assert "Changed since" not in said


def test_a_practice_that_was_added_or_cancelled_is_a_change(
    answered: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " VALUES (%s, %s, '17:00', %s)",
        [people.team_id, INCIDENT_DAY, people.mate.user_id],
    )
    assert "Practice added: 5:00 PM" in card(answered.get("/availability").text, INCIDENT_DAY)
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    answered.post(address, status="out", version="1")
    database.execute("DELETE FROM practices")
    assert "Practice was cancelled" in card(answered.get("/availability").text, INCIDENT_DAY)


def test_a_reload_between_any_two_requests_changes_nothing(
    answered: Visitor, people: Cast, feed: Feed
) -> None:
    """Rows in another order, this player and this team gone from the feed, and back again."""
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}"
    answered.post("/team", team=str(people.team_id))
    shown = answered.get(f"/availability?team={people.team_id}").text
    kept = {file: file.read_bytes() for file in feed.directory.rglob("*.json")}

    def reverse(kind: str) -> None:
        file = feed.directory / LEAGUE / f"{kind}.json"
        file.write_text(json.dumps(json.loads(file.read_text())[::-1]))

    for kind in ("players", "schedules", "series_stats"):
        reverse(kind)
    feed.reload()
    assert answered.get(f"/availability?team={people.team_id}").text == shown

    first, _, last = people.owner.name.partition(" ")
    feed.edit(
        "players",
        lambda record: (
            None if record["First Name"] == first and record["Last Name"] == last else record
        ),
    )
    report = feed.reload()
    assert report["tables"]["rosters"]["retired"] == 1
    page = answered.get("/availability").text
    assert "no longer lists you on this team" in page
    assert 'value="in" aria-pressed="true"' in page
    done = answered.post(f"{address}/status", status="maybe", version="1")
    assert done.status_code == 303
    assert "(not on the roster)" in answered.get("/availability").text
    answered.post(f"{address}/status", status="in", version="2")

    for file, content in kept.items():
        file.write_bytes(content)
    feed.reload()
    again = answered.get(f"/availability?team={people.team_id}").text
    assert again.replace('name="version" value="3"', 'name="version" value="1"') == shown
