"""Who is let in to a captain's pages, and what addresses that are none get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from cast import Cast, Visitor

GETS = ("", "?all=yes", "/2024-09-24", "/print", "/answers.csv", "/practices")
POSTS = {
    "/2024-09-24/{owner}/status": {"status": "in", "version": "0"},
    "/captains": {"user": "{owner}", "decision": "name"},
    "/practices": {"day": "2024-09-25", "time": "18:00"},
    "/practices/{practice}": {"day": "2024-10-02", "time": "18:00", "version": "1"},
    "/practices/{practice}/cancel": {"version": "1"},
    "/practices/{practice}/put-on-again": {"version": "1"},
}


@pytest.fixture
def practice_id(people: Cast, database: psycopg.Connection[Any]) -> int:
    row = database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " VALUES (%s, '2024-10-01', '18:00', %s) RETURNING id",
        [people.team_id, people.mate.user_id],
    ).fetchone()
    assert row
    return row[0]


@pytest.fixture
def filled(people: Cast, practice_id: int) -> Callable[[str], str]:
    def fill(text: str) -> str:
        return text.replace("{owner}", str(people.owner.user_id)).replace(
            "{practice}", str(practice_id)
        )

    return fill


def rows_of_users(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        """
        SELECT 'a', a::text FROM player_availability a
        UNION ALL SELECT 'h', h::text FROM availability_history h
        UNION ALL SELECT 'p', p::text FROM practices p
        UNION ALL SELECT 'c', c::text FROM named_captains c ORDER BY 1, 2
        """
    ).fetchall()


@pytest.mark.parametrize("part", [*GETS, "/practices/{practice}"])
def test_who_may_look(
    part: str, mate: Visitor, operator: Visitor, owner: Visitor, stranger: Visitor,
    newcomer: Visitor, anonymous: Visitor, people: Cast, filled: Callable[[str], str],
) -> None:  # fmt: skip
    address = f"/captain/{people.team_id}{filled(part)}"
    assert mate.get(address).status_code == 200
    assert operator.get(address).status_code == 200
    assert owner.get(address).status_code == 403
    for nobody in (stranger, newcomer):
        refused = nobody.get(address)
        assert refused.status_code == 404
        assert "Tennaqua" not in refused.text
    asked = anonymous.get(address)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/sign-in?next=/captain")


@pytest.mark.parametrize("part", POSTS)
def test_who_may_write(
    part: str, mate: Visitor, operator: Visitor, owner: Visitor, stranger: Visitor,
    newcomer: Visitor, anonymous: Visitor, people: Cast, filled: Callable[[str], str],
    database: psycopg.Connection[Any],
) -> None:  # fmt: skip
    address = f"/captain/{people.team_id}{filled(part)}"
    fields = {name: filled(value) for name, value in POSTS[part].items()}
    before = rows_of_users(database)
    assert anonymous.post(address, **fields).status_code == 401
    assert stranger.post(address, **fields).status_code == 404
    assert newcomer.post(address, **fields).status_code == 404
    assert owner.post(address, **fields).status_code == 403
    if part != "/captains":
        assert operator.post(address, **fields).status_code == 403
    for headers in ({}, {"Origin": "https://evil.example"}):
        refused = mate.client.post(address, data=fields, headers=headers, follow_redirects=False)
        assert refused.status_code == 403
    for method in ("PUT", "DELETE", "PATCH"):
        refused = mate.client.request(method, address, headers={"X-CSRF-Token": mate.token()})
        assert refused.status_code == 405
    assert rows_of_users(database) == before
    allowed = operator if part == "/captains" else mate
    assert allowed.post(address, **fields).status_code == 303


@pytest.mark.parametrize("team", ["0", "-1", "x", "9" * 25, "1.5", "%00"])
@pytest.mark.parametrize("part", [*GETS, "/practices/{practice}"])
def test_a_team_that_is_none(
    team: str, part: str, mate: Visitor, operator: Visitor, filled: Callable[[str], str]
) -> None:
    for visitor in (mate, operator):
        assert visitor.get(f"/captain/{team}{filled(part)}").status_code == 404


def test_days_and_practices_that_are_none(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    for day in ("2024-09-31", "today", "0001-01-01", "9999-12-31", "%00"):
        assert mate.get(f"/captain/{people.team_id}/{day}").status_code == 404
    for practice in ("0", "-1", "x", "9" * 25):
        assert mate.get(f"/captain/{people.team_id}/practices/{practice}").status_code == 404
        address = f"/captain/{people.team_id}/practices/{practice}/cancel"
        assert mate.post(address, version="1").status_code == 404
    # A practice of another team, at an address of one's own.
    row = database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " VALUES (%s, '2024-10-01', '18:00', %s) RETURNING id",
        [people.other_team_id, people.stranger.user_id],
    ).fetchone()
    assert row
    address = f"/captain/{people.team_id}/practices/{row[0]}"
    assert mate.get(address).status_code == 404
    assert mate.post(f"{address}/cancel", version="1").status_code == 404


def test_a_page_is_small(mate: Visitor, people: Cast, database: psycopg.Connection[Any]) -> None:
    parts = [mate.get(f"/static/{name}").content for name in ("style.css", "site.js")]
    for part in GETS:
        page = mate.get(f"/captain/{people.team_id}{part}")
        assert len(page.content) + sum(map(len, parts)) < 60_000, (part, len(page.content))
    del database
