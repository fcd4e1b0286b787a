"""Who may ask what of the API: by token, by session, by wrong methods and addresses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
from api_responses import DAY, is_problem, stands
from cast import Cast, Program, Visitor

from courtside.api import reference


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
