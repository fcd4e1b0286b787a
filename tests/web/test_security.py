"""What holds for every route there is, so that a new one cannot forget it; design of security."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, PASSWORD, Cast, Member, Visitor
from fastapi import FastAPI
from fastapi.routing import APIRoute
from psycopg import sql

from courtside.api import reference
from courtside.site.application import PAGE_ROUTERS
from courtside.site.failures import TooMany

# What anybody may see or send; all else needs somebody signed in.
FOR_EVERYBODY = {
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/register"),
    ("POST", "/register"),
    ("GET", "/new-password/{token}"),
    ("POST", "/new-password/{token}"),
    ("GET", "/api"),
    ("GET", "/api/v1/openapi.json"),
}
OPERATORS = ("/imports", "/users")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def routes() -> Iterator[tuple[str, str]]:
    """(method, path) of every route of pages."""
    for router in PAGE_ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods:
                yield method, route.path


ROUTES = sorted(set(routes()))
GETS = [path for method, path in ROUTES if method == "GET"]
POSTS = [path for method, path in ROUTES if method == "POST"]
OF_TEAMS = [(method, path) for method, path in ROUTES if path.startswith(("/captain/", "/avail"))]


@pytest.fixture
def at(people: Cast, database: psycopg.Connection[Any]) -> Callable[[str], str]:
    """A route's path with ids that are there."""
    row = database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " VALUES (%s, '2024-10-23', '18:30', %s) RETURNING id",
        [people.team_id, people.mate.user_id],
    ).fetchone()
    assert row
    words = {
        "team_id": people.team_id,
        "user_id": people.owner.user_id,
        "day": INCIDENT_DAY,
        "practice_id": row[0],
        "run_id": 1,
    }
    return lambda path: re.sub(
        r"\{(\w+)(?::\w+)?\}", lambda found: str(words.get(found[1], "0")), path
    )


@pytest.fixture
def everything(database: psycopg.Connection[Any]) -> Callable[[], list[Any]]:
    """Every row of every table, seawall's own too."""

    def rows() -> list[Any]:
        tables = database.execute(
            "SELECT n.nspname, c.relname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname IN ('public', 'seawall', 'seawall_stage')"
            " ORDER BY 1, 2"
        ).fetchall()
        assert len(tables) > 20
        return [
            (
                *name,
                database.execute(
                    sql.SQL("SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text))"
                            " FROM {} AS t").format(sql.Identifier(*name))
                ).fetchone(),
            )
            for name in tables
        ]  # fmt: skip

    return rows


def test_no_get_of_any_route_changes_anything(
    mate: Visitor,
    operator: Visitor,
    anonymous: Visitor,
    at: Callable[[str], str],
    everything: Callable[[], list[Any]],
) -> None:
    api = [path for path, known in reference.description()["paths"].items() if "get" in known]
    before = everything()
    seen = set()
    for visitor in (mate, operator, anonymous):
        for path in (*GETS, *api, "/health"):
            seen.add(visitor.get(at(path)).status_code)
            seen.add(visitor.client.head(at(path)).status_code)
    assert 200 in seen
    assert not any(status >= 500 for status in seen)
    assert everything() == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_in_anywhere(
    method: str, path: str, anonymous: Visitor, at: Callable[[str], str]
) -> None:
    if (method, path) in FOR_EVERYBODY:
        return
    if method == "GET":
        asked = anonymous.get(at(path))
        assert asked.status_code == 303
        assert asked.headers["location"].startswith("/sign-in?next=/")
    else:
        assert anonymous.post(at(path)).status_code == 401


def test_a_stranger_gets_nothing_of_any_team(
    stranger: Visitor, at: Callable[[str], str], everything: Callable[[], list[Any]]
) -> None:
    fields = {"status": "in", "note": "x", "version": "1", "day": "2024-10-24", "time": "18:30",
              "decision": "name", "user": "1"}  # fmt: skip
    before = everything()
    tried = 0
    for method, path in OF_TEAMS:
        if "{team_id}" in path:
            tried += 1
            send = stranger.get if method == "GET" else stranger.post
            refused = send(at(path), **({} if method == "GET" else fields))
            assert refused.status_code == 404, path
            assert "Tennaqua" not in refused.text
    assert tried >= 12
    assert everything() == before


def test_operators_routes_are_told_to_nobody(
    owner: Visitor, mate: Visitor, at: Callable[[str], str], everything: Callable[[], list[Any]]
) -> None:
    before = everything()
    for visitor in (owner, mate):
        for method, path in ROUTES:
            if path.startswith(OPERATORS):
                send = visitor.get if method == "GET" else visitor.post
                assert send(at(path)).status_code == 404, path
    assert everything() == before


def test_every_route_refuses_other_methods(
    operator: Visitor, at: Callable[[str], str], everything: Callable[[], list[Any]]
) -> None:
    before = everything()
    headers = {"X-CSRF-Token": operator.token()}
    for path in sorted({path for _, path in ROUTES}):
        known = {method for method, other in ROUTES if other == path}
        for method in METHODS - known:
            refused = operator.client.request(
                method, at(path), headers=headers, follow_redirects=False
            )
            # POST /captain/{team_id}/practices and the like: another route has that method.
            if refused.status_code != 405:
                assert any(_matches(other, at(path)) for kind, other in ROUTES if kind == method)
                continue
            assert refused.headers["allow"]
    assert everything() == before


def _matches(path: str, address: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), address) is not None


@pytest.mark.parametrize("name", ["user_id", "player_id", "user", "player", "changed_by", "id"])
def test_whose_answer_it_is_no_form_can_say(
    name: str, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """The session says it; what a client claims of a user or player counts for nothing."""
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}"
    for claimed in (people.mate.user_id, people.mate.player_id):
        claim = {name: str(claimed)}
        owner.post(f"{address}/status", status="in", version="0", **claim)
        owner.post(f"{address}/note?{name}={claimed}", note="x", version="1", **claim)
    rows = database.execute("SELECT user_id FROM player_availability").fetchall()
    assert rows == [(people.owner.user_id,)]
    changed = database.execute("SELECT DISTINCT user_id, changed_by FROM availability_history")
    assert changed.fetchall() == [(people.owner.user_id, people.owner.user_id)]


def test_a_captain_of_one_team_is_none_of_another(
    mate: Visitor, people: Cast, everything: Callable[[], list[Any]]
) -> None:
    before = everything()
    other = f"/captain/{people.other_team_id}"
    fields = {"status": "in", "version": "0"}
    address = f"{other}/{INCIDENT_DAY}/{people.stranger.user_id}/status"
    assert mate.post(address, **fields).status_code == 404
    # A player of another team, put into an address of the own one.
    own = f"/captain/{people.team_id}/{INCIDENT_DAY}/{people.stranger.user_id}/status"
    assert mate.post(own, **fields).status_code == 404
    assert everything() == before


def test_passwords_are_argon2_and_nothing_readable(
    anonymous: Visitor, database: psycopg.Connection[Any]
) -> None:
    done = anonymous.post("/register", name="Ann", email="ann@example.org", password=PASSWORD)
    assert done.status_code == 303
    row = database.execute(
        "SELECT hash FROM user_passwords JOIN users ON users.id = user_id"
        " WHERE email = 'ann@example.org'"
    ).fetchone()
    assert row
    assert row[0].startswith("$argon2id$v=19$m=65536,t=")


def test_a_cookie_that_somebody_planted_is_worth_nothing(
    visit: Callable[[], Visitor], people: Cast
) -> None:
    """No session begins under an id that was known before signing in."""
    planted = "x" * 43
    victim, thief = visit(), visit()
    for visitor in (victim, thief):
        visitor.client.cookies.set("courtside", planted)
    assert victim.sign_in(people.owner.email).status_code == 303
    assert victim.client.cookies.get("courtside", domain="testserver.local") != planted
    assert thief.get("/account").status_code == 303


def test_registering_and_searching_have_their_limits(application: FastAPI) -> None:
    limits = application.state.rate_limits
    for count, times in (
        (lambda: limits.register("10.0.0.1"), 40),
        (lambda: limits.search(1), 200),
    ):
        for _ in range(times):
            count()
        with pytest.raises(TooMany):
            count()
    limits.register("10.0.0.2")
    limits.search(2)


def test_a_role_that_ended_ends_at_once(
    sign_in: Callable[[Member], Visitor], people: Cast, database: psycopg.Connection[Any]
) -> None:
    """Roles stand in the database, not in the session."""
    operator = sign_in(people.operator)
    assert operator.get("/users").status_code == 200
    database.execute("DELETE FROM operators")
    assert operator.get("/users").status_code == 404
    captain = sign_in(people.mate)
    assert captain.get(f"/captain/{people.team_id}").status_code == 200
    database.execute("UPDATE rosters SET captain = 'player'")
    assert captain.get(f"/captain/{people.team_id}").status_code == 403
