"""The API: answers, tokens, who may, and what a wrong request gets."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, PASSWORD, Cast, Program, Visitor
from fastapi import FastAPI

from courtside.api import reference, tokens
from courtside.site.failures import Failure

DAY = INCIDENT_DAY


def stands(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT user_id, match_date, team_id, availability_status, notes, version"
        " FROM player_availability ORDER BY id"
    ).fetchall()


def is_problem(response: Any, status: int, key: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert said["status"] == status
    assert said["type"] == f"/api#{key}"
    assert all(said[name] for name in ("title", "detail", "fix", "request_id"))
    return said


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


# -------------------------------------------------------------------------------- who may


def addresses(people: Cast) -> list[tuple[str, str]]:
    answer = f"/availability/{DAY}/{people.team_id}"
    return [
        ("GET", "/me"),
        ("GET", "/teams"),
        ("GET", "/events"),
        ("GET", f"/teams/{people.team_id}/grid"),
        ("GET", "/runs"),
        ("GET", "/runs/1"),
        ("GET", "/availability"),
        ("GET", f"/teams/{people.team_id}/practices"),
        ("POST", f"/teams/{people.team_id}/practices"),
        *((method, f"/teams/{people.team_id}/practices/1") for method in ("GET", "PUT", "DELETE")),
        ("POST", f"/teams/{people.team_id}/practices/1/put-on-again"),
        *((method, answer) for method in ("GET", "PUT", "PATCH", "DELETE")),
        *((method, f"/availability/{DAY}") for method in ("GET", "PUT", "PATCH", "DELETE")),
    ]


def body_for(method: str, address: str) -> dict[str, str] | None:
    """A body that would be taken."""
    if method in ("GET", "DELETE") or address.endswith("put-on-again"):
        return None
    if "/practices" in address:
        return {"day": "2024-10-23", "time": "18:30"}
    return {"status": "in", "note": ""}


def test_all_addresses_are_tested(people: Cast) -> None:
    described = {
        (method.upper(), path.replace("{day}", str(DAY)).replace("{team_id}", str(people.team_id)))
        for path, operations in reference.description()["paths"].items()
        for method in operations
    }
    tried = {(method, f"/api/v1{address}") for method, address in addresses(people)}
    assert {
        (method, path.replace("{run_id}", "1").replace("{practice_id}", "1"))
        for method, path in described
    } == tried


def test_nobody_gets_nothing(
    anonymous: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    for method, address in addresses(people):
        content = body_for(method, address)
        for headers in (
            {},
            {"Authorization": "Bearer courtside_wrong"},
            {"Authorization": "Bearer "},
            {"Authorization": "Basic b3duZXI6eA=="},
        ):
            refused = anonymous.client.request(
                method, f"/api/v1{address}", json=content, headers=headers
            )
            is_problem(refused, 401, "token-needed")
            assert refused.headers["www-authenticate"].startswith("Bearer")
    assert stands(database) == []


def test_a_stranger_gets_nothing(
    program: Callable[..., Program], people: Cast, database: psycopg.Connection[Any]
) -> None:
    for member in (people.stranger, people.newcomer):
        theirs = program(member)
        for method, address in addresses(people):
            if str(people.team_id) not in address.split("/")[2:]:
                continue
            content = body_for(method, address)
            refused = theirs.send(method, address, json=content)
            said = is_problem(refused, 404, "not-found")
            assert "Tennaqua" not in json.dumps(said)
    assert stands(database) == []
    assert database.execute("SELECT FROM practices").fetchall() == []


def test_a_token_that_reads_does_not_write(
    program: Callable[..., Program], people: Cast, database: psycopg.Connection[Any]
) -> None:
    reader = program(people.owner, False)
    assert reader.get("/me").json()["may_write"] is False
    for method, address in addresses(people):
        if method != "GET":
            content = body_for(method, address)
            refused = reader.send(method, address, json=content)
            is_problem(refused, 403, "token-reads-only")
    assert stands(database) == []


def test_a_session_writes_with_the_csrf_token_alone(
    owner: Visitor, mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    address = f"/api/v1/availability/{DAY}"
    body = {"status": "in", "note": ""}
    token = owner.token()
    for headers in (
        {},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": mate.token()},
        {"X-CSRF-Token": token, "Origin": "https://evil.example"},
        {"X-CSRF-Token": token, "Origin": "null"},
        {"X-CSRF-Token": token.upper() + "\xe4"},
    ):
        for method in ("PUT", "PATCH", "DELETE"):
            content = body if method != "DELETE" else None
            encoded = {name: value.encode("latin-1") for name, value in headers.items()}
            refused = owner.client.request(method, address, json=content, headers=encoded)
            is_problem(refused, 403, "csrf-token-needed")
    form = owner.client.put(address, data={**body, "csrf_token": token})
    assert form.status_code in (403, 422)
    assert stands(database) == []
    done = owner.client.put(address, json=body, headers={"X-CSRF-Token": token})
    assert done.status_code == 200
    assert stands(database)[0][0] == people.owner.user_id


def test_a_wrong_token_is_not_made_good_by_a_session(owner: Visitor) -> None:
    refused = owner.get("/api/v1/me", Authorization="Bearer courtside_wrong")
    is_problem(refused, 401, "token-needed")


def test_wrong_methods_and_addresses(owner_program: Program, people: Cast) -> None:
    for address in ("/me", "/teams", "/events", "/runs", f"/availability/{DAY}", "/openapi.json"):
        refused = owner_program.send("POST", address, json={})
        if address == "/openapi.json":
            assert refused.status_code in (403, 405)
            continue
        is_problem(refused, 405, "wrong-method")
        assert "GET" in refused.headers["allow"]
    is_problem(owner_program.get("/nothing"), 404, "not-found")
    for day in ("2024-09-31", "today", "1727136000", "%00", "2024-09-24T00:00"):
        is_problem(owner_program.get(f"/availability/{day}"), 404, "not-found")
        is_problem(owner_program.get(f"/availability/{day}/{people.team_id}"), 404, "not-found")
    for team in ("0", "-1", "x", "9" * 30, "%00"):
        is_problem(owner_program.get(f"/availability/{DAY}/{team}"), 404, "not-found")
        is_problem(owner_program.get(f"/teams/{team}/grid"), 404, "not-found")
        is_problem(owner_program.get(f"/teams/{team}/practices"), 404, "not-found")


def test_a_large_body_is_refused(owner_program: Program) -> None:
    refused = owner_program.send("PATCH", f"/availability/{DAY}", json={"note": "x" * 70_000})
    is_problem(refused, 413, "too-large")


# ------------------------------------------------------------------------------------- tokens


def token_of(page: str) -> str:
    return page.partition('class="secret">')[2].partition("<")[0]


def test_a_token_is_shown_once_works_and_is_revoked(
    owner: Visitor, mate: Visitor, anonymous: Visitor, people: Cast,
    database: psycopg.Connection[Any],
) -> None:  # fmt: skip
    made = owner.post("/account/tokens", name="my <calendar>", scope="read", days="30")
    token = token_of(made.text)
    assert token.startswith("courtside_")
    assert made.headers["cache-control"] == "no-store"
    page = owner.get("/account/tokens").text
    assert token not in page
    assert "my &lt;calendar&gt;" in page
    kept = database.execute("SELECT t::text FROM api_tokens t").fetchone()
    assert kept
    assert token not in kept[0]
    assert token.encode().hex() not in kept[0]
    headers = {"Authorization": f"Bearer {token}"}
    assert anonymous.get("/api/v1/me", **headers).json()["user_id"] == people.owner.user_id
    row = database.execute("SELECT id FROM api_tokens").fetchone()
    assert row
    address = f"/account/tokens/{row[0]}/revoke"
    assert mate.post(address).status_code == 404
    assert anonymous.get("/api/v1/me", **headers).status_code == 200
    assert owner.post(address).status_code == 303
    assert owner.post(address).status_code == 404
    assert anonymous.get("/api/v1/me", **headers).status_code == 401
    for other in ("0", "x", "9" * 30):
        assert owner.post(f"/account/tokens/{other}/revoke").status_code == 404


def test_a_token_ends(owner_program: Program, database: psycopg.Connection[Any]) -> None:
    database.execute("UPDATE api_tokens SET expires_at = now() - interval '1 second'")
    assert owner_program.get("/me").status_code == 401


def test_a_new_password_revokes_tokens(
    owner_program: Program, anonymous: Visitor, people: Cast, application: FastAPI
) -> None:
    from courtside.accounts import accounts

    with application.state.database.transaction() as connection:
        reset = accounts.make_reset_token(connection, people.owner.user_id, 1)
    done = anonymous.post(f"/new-password/{reset}", password=PASSWORD + "!")
    assert done.status_code == 303
    assert owner_program.get("/me").status_code == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"scope": "all"}, 400),
        ({"days": "9999"}, 400),
        ({"days": ""}, 400),
        ({"name": " "}, 422),
        ({"name": "x" * 61}, 422),
    ],
)
def test_a_token_that_no_form_asks_for(
    fields: dict[str, str],
    status: int,
    owner: Visitor,
    anonymous: Visitor,
    database: psycopg.Connection[Any],
) -> None:
    sent = {"name": "x", "scope": "read", "days": "30", **fields}
    assert owner.post("/account/tokens", **sent).status_code == status
    assert anonymous.post("/account/tokens", **sent).status_code == 401
    assert owner.client.post("/account/tokens", data=sent).status_code == 403
    assert database.execute("SELECT FROM api_tokens").fetchall() == []


def test_nobody_has_very_many_tokens(owner: Visitor, database: psycopg.Connection[Any]) -> None:
    sent = {"name": "x", "scope": "read", "days": "30"}
    for _ in range(tokens.MOST_TOKENS):
        assert owner.post("/account/tokens", **sent).status_code == 200
    assert owner.post("/account/tokens", **sent).status_code == 422
    assert len(database.execute("SELECT FROM api_tokens").fetchall()) == tokens.MOST_TOKENS


# ------------------------------------------------------------------------------ description


def test_the_description_is_served_here(anonymous: Visitor) -> None:
    document = anonymous.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert "/api/v1/availability/{day}" in document["paths"]
    page = anonymous.get("/api").text
    assert "/api/v1/availability/{day}" in page
    assert "https://" not in page.replace("https://www.w3.org", "")
    for problem in reference.PROBLEMS:
        assert f'id="{problem.key()}"' in page


def test_every_failure_of_the_api_is_described() -> None:
    def below(kind: type[Failure]) -> set[type[Failure]]:
        return {kind, *(other for sub in kind.__subclasses__() for other in below(sub))}

    own = {kind for kind in below(Failure) if kind.__module__.startswith("courtside.api")}
    assert own - {tokens.TooManyTokens} <= set(reference.PROBLEMS)


def test_the_day_is_a_date_in_every_answer(owner_program: Program) -> None:
    for event in owner_program.get("/events").json()["events"]:
        assert str(datetime.date.fromisoformat(event["day"])) == event["day"]


def test_the_document_lists_every_address() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {
        (address, method.strip())
        for address, methods in re.findall(r"^\| `(/api/v1[^`]*)` \| ([A-Z, ]+) \|", text, re.M)
        for method in methods.split(",")
    }
    described = {
        (path, method.upper())
        for path, operations in reference.description()["paths"].items()
        for method in operations
    }
    assert listed == described
