"""The API: answers, teams and events, and what a wrong request gets."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from api_responses import DAY, is_problem, stands
from cast import Cast, Program, Visitor

# ----------------------------------------------------------------------------------- answers


def test_an_answer_is_put_patched_and_deleted(
    owner_program: Program, people: Cast, database: psycopg.Connection[Any]
) -> None:
    note = "q'\"\r\n</script>\U0001f3be \\ %s"
    address = f"/availability/{DAY}/{people.team_id}"
    first = owner_program.get(address)
    assert first.json()["status"] is None
    assert first.headers["etag"] == '"0"'
    assert first.json()["events"][0]["home"] == "Tennaqua - 22"
    assert first.json()["events"][0]["time"] == "18:30"
    put = owner_program.send("PUT", address, json={"status": "in", "note": note})
    assert put.status_code == 200
    assert put.headers["etag"] == '"1"'
    assert put.json()["note"] == note
    assert put.json()["counts"]["in"] == 1
    # Absent is not empty.
    patched = owner_program.send("PATCH", address, json={"status": "out"})
    assert (patched.json()["status"], patched.json()["note"]) == ("out", note)
    patched = owner_program.send("PATCH", address, json={"note": "short"})
    assert (patched.json()["status"], patched.json()["note"]) == ("out", "short")
    patched = owner_program.send("PATCH", address, json={"status": None})
    assert (patched.json()["status"], patched.json()["note"]) == (None, "short")
    patched = owner_program.send("PATCH", address, json={})
    assert patched.json()["version"] == 4
    user_id = people.owner.user_id
    assert stands(database) == [(user_id, DAY, people.team_id, None, "short", 4)]
    deleted = owner_program.send("DELETE", address)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert deleted.headers["etag"] == '"5"'
    assert stands(database) == [(user_id, DAY, people.team_id, None, None, 5)]


def test_the_page_shows_what_the_api_wrote(
    owner_program: Program, owner: Visitor, people: Cast
) -> None:
    address = f"/availability/{DAY}/{people.team_id}"
    owner_program.send("PUT", address, json={"status": "in", "note": ""})
    assert 'value="in" aria-pressed="true"' in owner.get("/availability").text
    owner.post(f"/availability/{people.team_id}/{DAY}/status", status="out", version="1")
    assert owner_program.get(address).json()["status"] == "out"


def test_a_day_means_the_one_team_that_plays(owner_program: Program, people: Cast) -> None:
    address = f"/availability/{DAY}"
    for method, body in (("PUT", {"status": "in", "note": "x"}), ("PATCH", {"note": "y"})):
        done = owner_program.send(method, address, json=body)
        assert done.json()["team_id"] == people.team_id
    assert owner_program.get(address).json()["note"] == "y"
    assert owner_program.send("DELETE", address).status_code == 204
    is_problem(owner_program.get("/availability/2024-09-23"), 404, "not-found")


def test_a_day_with_two_teams_is_asked_back(
    owner_program: Program, people: Cast, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "INSERT INTO rosters (league_id, player_id, team_id, captain, series, club)"
        " SELECT league_id, player_id, %s, 'player', series, club FROM rosters"
        " WHERE player_id = %s",
        [people.other_team_id, people.owner.player_id],
    )
    database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " VALUES (%s, %s, '20:00', %s)",
        [people.other_team_id, DAY, people.stranger.user_id],
    )
    body = {"status": "in", "note": ""}
    for method, content in (("GET", None), ("PUT", body), ("PATCH", body), ("DELETE", None)):
        said = is_problem(
            owner_program.send(method, f"/availability/{DAY}", json=content), 409, "two-teams"
        )
        teams = {choice["team_id"] for choice in said["choices"]}
        assert teams == {people.team_id, people.other_team_id}
    assert stands(database) == []
    chosen = said["choices"][0]["address"].removeprefix("/api/v1")
    assert owner_program.send("PUT", chosen, json=body).status_code == 200
    # A practice that is cancelled is not played.
    database.execute("DELETE FROM schedule WHERE %s IN (home_team_id, away_team_id)",
                     [people.other_team_id])  # fmt: skip
    database.execute("UPDATE practices SET cancelled_at = now()")
    assert owner_program.get(f"/availability/{DAY}").json()["team_id"] == people.team_id


def test_a_stale_write_shows_both_values(
    owner_program: Program, people: Cast, database: psycopg.Connection[Any]
) -> None:
    address = f"/availability/{DAY}/{people.team_id}"
    body = {"status": "in", "note": "a"}
    tag = owner_program.send("PUT", address, json=body).headers["etag"]
    owner_program.send("PATCH", address, json={"status": "out"}, headers={"If-Match": tag})
    for method, content in (
        ("PUT", {"status": "maybe", "note": "b"}),
        ("PATCH", {"note": "b"}),
        ("DELETE", None),
    ):
        said = is_problem(
            owner_program.send(method, address, json=content, headers={"If-Match": tag}),
            412,
            "answer-stale",
        )
        assert said["stands"] == {"status": "out", "note": "a", "version": 2, "etag": '"2"'}
        assert said["wanted"].get("note") == ("" if content is None else "b")
    assert stands(database)[0][3:] == (2, "a", 2)
    for tag in ('"2"', "*"):
        body = {"status": "maybe", "note": tag}
        done = owner_program.send("PUT", address, json=body, headers={"If-Match": tag})
        assert done.status_code == 200
    for tag in ("2", 'W/"2"', '"x"', '"1", "2"', ""):
        refused = owner_program.send("DELETE", address, headers={"If-Match": tag})
        said = is_problem(refused, 422, "invalid")
        assert said["errors"][0]["at"] == "header.if-match"
    assert stands(database)[0][5] == 4


@pytest.mark.parametrize(
    "body",
    [
        {"status": "in", "note": "x", "player_id": 1},
        {"status": "in", "note": "x", "user_id": 1},
        {"status": "in", "note": "x", "version": 0},
        {"status": "in"},
        {"note": "x"},
        {"status": 1, "note": "x"},
        {"status": "clear", "note": "x"},
        {"status": "in", "note": None},
        {"status": "in", "note": "x" * 501},
        {"status": "in", "note": "\x00"},
        {"status": "in", "note": "\ud800"},
        {"status": "in", "note": "x", "\ud800": 1},
        [],
        None,
        "in",
    ],
)
def test_what_cannot_be_understood(
    body: Any, owner_program: Program, people: Cast, database: psycopg.Connection[Any]
) -> None:
    refused = owner_program.send(
        "PUT",
        f"/availability/{DAY}/{people.team_id}",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    said = is_problem(refused, 422, "invalid")
    assert said["errors"][0]["at"].startswith("body")
    assert stands(database) == []


@pytest.mark.parametrize("content", [b"{", b"\xff", b"", b"status=in", b'{"status":NaN}'])
def test_what_is_no_json(content: bytes, owner_program: Program, people: Cast) -> None:
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        refused = owner_program.send(
            "PATCH",
            f"/availability/{DAY}/{people.team_id}",
            content=content,
            headers={"Content-Type": kind},
        )
        assert refused.status_code in (400, 422)
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_day_that_is_over_can_only_be_read(
    owner_program: Program, people: Cast, day_over: datetime.date
) -> None:
    address = f"/availability/{day_over}/{people.team_id}"
    assert owner_program.get(address).json()["is_past"]
    body = {"status": "in", "note": ""}
    for method in ("PUT", "PATCH", "DELETE"):
        refused = owner_program.send(method, address, json=None if method == "DELETE" else body)
        is_problem(refused, 403, "too-late-to-answer")


# ---------------------------------------------------------------------------- teams and events


def test_me_teams_and_events(owner_program: Program, owner: Visitor, people: Cast) -> None:
    me = owner_program.get("/me").json()
    assert me["user_id"] == people.owner.user_id
    assert me["csrf_token"] is None
    assert [team["name"] for team in me["teams"]] == ["Tennaqua - 22"]
    assert owner_program.get("/teams").json()["teams"] == me["teams"]
    events = owner_program.get("/events").json()["events"]
    assert events[0]["day"] == str(DAY)
    assert events == sorted(events, key=lambda event: event["day"])
    one = owner_program.get(f"/events?team={people.team_id}&from={DAY}&to={DAY}").json()["events"]
    assert one == events[:1]
    assert owner.get("/api/v1/me").json()["csrf_token"] == owner.token()


def test_answers_of_a_span(
    owner_program: Program, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """All days that are played, with the answer or null; as the address of each day says it."""
    address = f"/availability/{DAY}/{people.team_id}"
    owner_program.send("PUT", address, json={"status": "out", "note": "away"})
    listed = owner_program.get(f"/availability?from={DAY}&to={DAY}").json()["answers"]
    assert listed == [owner_program.get(address).json()]
    every = owner_program.get("/availability").json()["answers"]
    days = {event["day"] for event in owner_program.get("/events").json()["events"]}
    assert [answer["day"] for answer in every] == sorted(days)
    assert {answer["status"] for answer in every} == {"out", None}
    mine = owner_program.get(f"/availability?team={people.team_id}").json()["answers"]
    assert mine == every
    other = owner_program.get(f"/availability?team={people.other_team_id}")
    is_problem(other, 404, "not-found")
    is_problem(owner_program.get(f"/availability?from={DAY}&to=2024-09-01"), 422, "bad-span")
    is_problem(owner_program.get("/availability?from=today"), 422, "invalid")
    is_problem(owner_program.send("POST", "/availability", json={}), 405, "wrong-method")
    assert len(stands(database)) == 1


def test_me_tells_the_chosen_team(owner_program: Program, owner: Visitor, people: Cast) -> None:
    assert owner_program.get("/me").json()["chosen_team_id"] == people.team_id
    owner.post("/team", team=str(people.team_id))
    assert owner_program.get("/me").json()["chosen_team_id"] == people.team_id


@pytest.mark.parametrize(
    ("query", "status", "key"),
    [
        ("from=2024-09-24&to=2024-09-23", 422, "bad-span"),
        ("from=0001-01-01&to=9999-12-31", 422, "bad-span"),
        ("from=9999-12-31", 200, ""),
        ("to=0001-01-01", 422, "bad-span"),
        ("from=x", 422, "invalid"),
        ("team=x", 422, "invalid"),
        ("team=0", 404, "not-found"),
        ("team=999999999999999999999999", 404, "not-found"),
    ],
)
def test_spans_of_events(query: str, status: int, key: str, owner_program: Program) -> None:
    response = owner_program.get(f"/events?{query}")
    if key:
        is_problem(response, status, key)
    else:
        assert response.status_code == status


def test_the_grid_is_the_captains(
    program: Callable[..., Program], people: Cast, mate: Visitor, owner_program: Program
) -> None:
    body = {"status": "out", "note": "knee"}
    owner_program.send("PUT", f"/availability/{DAY}/{people.team_id}", json=body)
    address = f"/teams/{people.team_id}/grid"
    grid = program(people.mate).get(address).json()
    player = next(row for row in grid["players"] if row["user_id"] == people.owner.user_id)
    assert player["answers"] == [{"day": str(DAY), "status": "out", "note": "knee", "version": 1}]
    own = owner_program.get(f"/availability/{DAY}").json()
    assert grid["days"][0]["counts"] == own["counts"]
    assert grid["days"][0]["counts"]["out"] == 1
    assert mate.get(f"/api/v1{address}").json() == grid
    assert program(people.operator).get(address).json() == grid
    is_problem(owner_program.get(address), 403, "captains-only")
    is_problem(program(people.stranger).get(address), 404, "not-found")
    for team in ("0", "x", "-1", "9" * 30):
        refused = program(people.mate).get(f"/teams/{team}/grid")
        is_problem(refused, 404, "not-found")


def test_runs_are_the_operators(
    program: Callable[..., Program],
    people: Cast,
    owner_program: Program,
    database: psycopg.Connection[Any],
) -> None:
    operator = program(people.operator, False)
    runs = operator.get("/runs").json()["runs"]
    assert [run["outcome"] for run in runs] == ["done"]
    kept = database.execute("SELECT certified, feed FROM seawall.runs").fetchall()
    assert [(run["certified"], run["feed"]) for run in runs] == kept
    run = operator.get(f"/runs/{runs[0]['id']}").json()
    assert run["report"]["tables"]["players"]["new"] > 0
    for run_id in ("0", "-1", "x", "99999", "9" * 30):
        is_problem(operator.get(f"/runs/{run_id}"), 404, "not-found")
    is_problem(operator.get("/runs?limit=0"), 422, "invalid")
    is_problem(owner_program.get("/runs"), 404, "not-found")
    is_problem(owner_program.get(f"/runs/{runs[0]['id']}"), 404, "not-found")
