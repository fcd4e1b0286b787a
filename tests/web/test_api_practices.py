"""A captain's practices by the API: the same rules as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from api_responses import is_problem
from cast import Cast, Program, Visitor

WEDNESDAY = "2024-10-23"
PRACTICE = {"day": WEDNESDAY, "time": "18:30", "place": "Court 3", "notes": "bring balls"}


@pytest.fixture
def captain(program: Callable[..., Program], people: Cast) -> Program:
    return program(people.mate)


@pytest.fixture
def address(people: Cast) -> str:
    return f"/teams/{people.team_id}/practices"


def rows(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT practice_date::text, to_char(start_time, 'HH24:MI'), location,"
        " cancelled_at IS NOT NULL, version FROM practices ORDER BY id"
    ).fetchall()


def test_a_series_is_entered_once_and_read(
    captain: Program, owner: Visitor, address: str, database: psycopg.Connection[Any]
) -> None:
    made = captain.send("POST", address, json={**PRACTICE, "until": "2024-11-06"})
    assert made.status_code == 201
    assert made.json()["added"] == 3
    days = [practice["day"] for practice in made.json()["practices"]]
    assert days == ["2024-10-23", "2024-10-30", "2024-11-06"]
    again = captain.send("POST", address, json={**PRACTICE, "until": "2024-11-06"})
    assert again.json() == {"added": 0, "practices": made.json()["practices"]}
    assert len(rows(database)) == 3
    assert captain.get(address).json()["practices"] == made.json()["practices"]
    few = captain.get(f"{address}?from=2024-10-24&to=2024-11-01").json()["practices"]
    assert [practice["day"] for practice in few] == ["2024-10-30"]
    one = captain.get(f"{address}/{few[0]['id']}")
    assert one.json() == few[0]
    assert one.headers["etag"] == '"1"'
    assert "bring balls" in owner.get(f"/availability?from={WEDNESDAY}").text


def test_a_practice_is_changed_moved_cancelled_and_put_on_again(
    captain: Program, address: str, database: psycopg.Connection[Any]
) -> None:
    first = captain.send("POST", address, json=PRACTICE).json()["practices"][0]
    own = f"{address}/{first['id']}"
    later = captain.send(
        "PUT", own, json={**PRACTICE, "time": "19:15"}, headers={"If-Match": '"1"'}
    )
    assert (later.json()["time"], later.headers["etag"]) == ("19:15", '"2"')
    stale = captain.send("PUT", own, json=PRACTICE, headers={"If-Match": '"1"'})
    assert is_problem(stale, 412, "practice-changed")["stands"]["time"] == "19:15"
    moved = captain.send("PUT", own, json={**PRACTICE, "day": "2024-10-24"})
    assert moved.json()["id"] != first["id"]
    assert captain.get(own).json()["moved_to"] == "2024-10-24"
    is_problem(captain.send("PUT", own, json=PRACTICE), 412, "practice-changed")
    is_problem(captain.send("POST", f"{own}/put-on-again"), 412, "practice-changed")
    new = f"{address}/{moved.json()['id']}"
    is_problem(captain.send("DELETE", new, headers={"If-Match": '"9"'}), 412, "practice-changed")
    for _ in range(2):
        assert captain.send("DELETE", new).status_code == 204
    assert captain.get(new).json()["is_cancelled"]
    for _ in range(2):
        assert captain.send("POST", f"{new}/put-on-again").json()["is_cancelled"] is False
    assert rows(database) == [
        (WEDNESDAY, "19:15", "Court 3", True, 3),
        ("2024-10-24", "18:30", "Court 3", False, 3),
    ]


def test_the_rest_of_a_series_is_cancelled(
    captain: Program, address: str, database: psycopg.Connection[Any]
) -> None:
    made = captain.send("POST", address, json={**PRACTICE, "until": "2024-11-06"}).json()
    second = made["practices"][1]["id"]
    assert captain.send("DELETE", f"{address}/{second}?following=true").status_code == 204
    assert [row[3] for row in rows(database)] == [False, True, True]


def test_a_time_that_is_taken(captain: Program, address: str) -> None:
    captain.send("POST", address, json=PRACTICE)
    other = captain.send("POST", address, json={**PRACTICE, "time": "20:00"}).json()
    own = f"{address}/{other['practices'][0]['id']}"
    is_problem(captain.send("PUT", own, json=PRACTICE), 422, "practice-taken")


@pytest.mark.parametrize(
    "change",
    [
        {"day": "2024-09-31"},
        {"day": "2024-09-19"},
        {"day": 1727136000},
        {"day": "2026-10-23"},
        {"time": "24:00"},
        {"time": "6:30 PM"},
        {"time": None},
        {"place": "x" * 121},
        {"place": "a\x00b"},
        {"notes": "x" * 501},
        {"until": "2024-10-22"},
        {"until": "2029-10-22"},
        {"team_id": 5},
        {"created_by": 1},
    ],
)
def test_what_no_captain_may_enter(
    change: dict[str, Any], captain: Program, address: str, database: psycopg.Connection[Any]
) -> None:
    is_problem(captain.send("POST", address, json=PRACTICE | change), 422, "invalid")
    assert rows(database) == []


def test_who_may_read_and_who_may_write(
    captain: Program,
    program: Callable[..., Program],
    people: Cast,
    address: str,
    database: psycopg.Connection[Any],
) -> None:
    """Its captain writes, an operator reads, a player sees them among the events."""
    made = captain.send("POST", address, json=PRACTICE).json()["practices"][0]
    own = f"{address}/{made['id']}"
    before = rows(database)
    writes = (
        ("POST", address, PRACTICE | {"time": "20:00"}),
        ("PUT", own, PRACTICE | {"time": "20:00"}),
        ("DELETE", own, None),
        ("POST", f"{own}/put-on-again", None),
    )
    operator, player = program(people.operator), program(people.owner)
    assert operator.get(address).json() == captain.get(address).json()
    assert operator.get(own).status_code == 200
    for method, at, body in writes:
        is_problem(operator.send(method, at, json=body), 403, "read-only")
        is_problem(player.send(method, at, json=body), 403, "captains-only")
    for at in (address, own):
        is_problem(player.get(at), 403, "captains-only")
    events = player.get("/events").json()["events"]
    assert made["id"] in {event["id"] for event in events if event["kind"] == "practice"}
    assert rows(database) == before


def test_a_practice_that_is_none_or_over(
    captain: Program,
    program: Callable[..., Program],
    people: Cast,
    address: str,
    database: psycopg.Connection[Any],
) -> None:
    captain.send("POST", address, json=PRACTICE)
    for other in ("0", "-1", "x", "9" * 30, "%00", "999999"):
        is_problem(captain.get(f"{address}/{other}"), 404, "not-found")
        is_problem(captain.send("PUT", f"{address}/{other}", json=PRACTICE), 404, "not-found")
        is_problem(captain.send("DELETE", f"{address}/{other}"), 404, "not-found")
        is_problem(captain.send("POST", f"{address}/{other}/put-on-again"), 404, "not-found")
    practice = captain.get(address).json()["practices"][0]["id"]
    theirs = f"/teams/{people.other_team_id}/practices/{practice}"
    is_problem(captain.get(theirs), 404, "not-found")
    is_problem(program(people.operator).get(theirs), 404, "not-found")
    is_problem(captain.send("PATCH", f"{address}/{practice}", json={}), 405, "wrong-method")
    is_problem(captain.send("DELETE", address), 405, "wrong-method")
    database.execute("UPDATE practices SET practice_date = '2024-09-01'")
    refused = captain.send("PUT", f"{address}/{practice}", json=PRACTICE)
    is_problem(refused, 403, "practice-over")
    is_problem(captain.send("DELETE", f"{address}/{practice}"), 403, "practice-over")


def test_a_session_needs_the_csrf_token(
    mate: Visitor, address: str, database: psycopg.Connection[Any]
) -> None:
    at = f"/api/v1{address}"
    is_problem(mate.client.post(at, json=PRACTICE), 403, "csrf-token-needed")
    assert rows(database) == []
    done = mate.client.post(at, json=PRACTICE, headers={"X-CSRF-Token": mate.token()})
    assert done.status_code == 201
