"""Every route of pages: who gets in, what a wrong request gets, and that nothing was written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, Cast, Member, Visitor
from fastapi import FastAPI
from fastapi.routing import APIRoute

from courtside.site.application import PAGE_ROUTERS

# Path, with {team} for the owner's team. Pages that need somebody signed in:
PRIVATE_GETS = (
    "/availability",
    "/mobile/availability",
    "/availability?team={team}",
    "/availability/history",
    "/availability/{team}/2024-09-24/history",
    "/account",
    "/find-yourself",
)
PRIVATE_POSTS = {
    "/availability/{team}/2024-09-24/status": {"status": "in", "version": "0"},
    "/availability/{team}/2024-09-24/note": {"note": "x", "version": "0"},
    "/team": {"team": "{team}"},
    "/find-yourself": {"league": "1", "name": "a", "player": "1"},
    "/link-requests/1": {"decision": "approve"},
}
PUBLIC = ("/", "/sign-in", "/register", "/health")
# What belongs to a team is nobody else's to see or to write.
OF_A_TEAM = (
    "/availability?team={team}",
    "/availability/{team}/2024-09-24/history",
)
NOT_IDS = ("0", "-1", "x", "99999999999999999999999", "1.5", "%00", "1 OR 1=1")
NOT_DAYS = ("2024-09-31", "20240924", "2024-9-24", "1727136000", "today", "%00", "0000-00-00")


@pytest.fixture
def filled(people: Cast) -> Callable[[str], str]:
    return lambda text: text.replace("{team}", str(people.team_id))


@pytest.fixture
def unchanged(database: psycopg.Connection[Any]) -> Callable[[], list[Any]]:
    """All that users wrote."""

    def rows() -> list[Any]:
        return database.execute(
            """
            SELECT 'a', a::text FROM player_availability a
            UNION ALL SELECT 'h', h::text FROM availability_history h
            UNION ALL SELECT 'l', l::text FROM user_player_associations l
            UNION ALL SELECT 'r', r::text FROM link_requests r
            UNION ALL SELECT 'c', c::text FROM chosen_teams c ORDER BY 1, 2
            """
        ).fetchall()

    return rows


def test_every_route_of_pages_has_the_check_of_forms(owner: Visitor, application: FastAPI) -> None:
    """Whatever feature it is of: a POST without a token gets nowhere."""
    tried = 0
    for router in PAGE_ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.methods - {"GET", "HEAD"}:
                address = re.sub(r"\{\w+(?::\w+)?\}", "1", route.path)
                assert owner.client.post(address, data={"x": "y"}).status_code == 403, route.path
                tried += 1
    assert tried >= 8
    del application


@pytest.mark.parametrize("address", PRIVATE_GETS)
def test_a_page_works_and_asks_who_is_not_signed_in(
    address: str, owner: Visitor, anonymous: Visitor, filled: Callable[[str], str]
) -> None:
    assert owner.get(filled(address)).status_code == 200
    asked = anonymous.get(filled(address))
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("address", PRIVATE_POSTS)
def test_a_form_of_nobody_is_refused(
    address: str,
    anonymous: Visitor,
    filled: Callable[[str], str],
    unchanged: Callable[[], list[Any]],
) -> None:
    before = unchanged()
    fields = {name: filled(value) for name, value in PRIVATE_POSTS[address].items()}
    for send in (anonymous.post, anonymous.tap):
        refused = send(filled(address), **fields)
        assert refused.status_code == 401
        assert "sign in" in refused.text.lower()
    assert unchanged() == before


@pytest.mark.parametrize("address", [*PRIVATE_POSTS, "/sign-in", "/register", "/sign-out"])
@pytest.mark.parametrize(
    ("token", "origin"),
    [("", None), ("0" * 64, None), ("own", "https://evil.example"), ("own", "null")],
)
def test_a_form_from_elsewhere_is_refused(
    address: str,
    token: str,
    origin: str | None,
    owner: Visitor,
    filled: Callable[[str], str],
    unchanged: Callable[[], list[Any]],
) -> None:
    before = unchanged()
    fields = {name: filled(value) for name, value in PRIVATE_POSTS.get(address, {}).items()}
    fields["csrf_token"] = owner.token() if token == "own" else token
    refused = owner.client.post(
        filled(address),
        data=fields,
        headers={"Origin": origin} if origin else {},
        follow_redirects=False,
    )
    assert refused.status_code == 403
    assert unchanged() == before
    assert owner.get("/account").status_code == 200


def test_the_own_origin_passes(owner: Visitor, people: Cast) -> None:
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    done = owner.post(address, {"Origin": "http://testserver"}, status="in", version="0")
    assert done.status_code == 303


def test_another_browsers_token_is_worth_nothing(owner: Visitor, mate: Visitor) -> None:
    refused = owner.client.post("/team", data={"csrf_token": mate.token(), "team": "1"})
    assert refused.status_code == 403


@pytest.mark.parametrize("address", OF_A_TEAM)
def test_a_stranger_learns_nothing_of_a_team(
    address: str, stranger: Visitor, newcomer: Visitor, filled: Callable[[str], str]
) -> None:
    for visitor in (stranger, newcomer):
        theirs = visitor.get(filled(address))
        none = visitor.get(
            filled(address).replace("team=1", "team=999999").replace("/1/", "/999999/")
        )
        assert theirs.status_code == none.status_code == 404
        assert "Tennaqua" not in theirs.text


@pytest.mark.parametrize(
    "address", [address for address in PRIVATE_POSTS if "{team}" in address] + ["/team"]
)
def test_a_stranger_writes_nothing(
    address: str,
    stranger: Visitor,
    filled: Callable[[str], str],
    unchanged: Callable[[], list[Any]],
) -> None:
    before = unchanged()
    fields = {name: filled(value) for name, value in PRIVATE_POSTS[address].items()}
    assert stranger.post(filled(address), **fields).status_code == 404
    assert unchanged() == before


def test_the_operator_may_look_and_not_write(
    operator: Visitor, filled: Callable[[str], str], unchanged: Callable[[], list[Any]]
) -> None:
    before = unchanged()
    page = operator.get(filled("/availability?team={team}"))
    assert page.status_code == 200
    assert "aria-pressed" not in page.text
    for address in PRIVATE_POSTS:
        if address.startswith("/availability"):
            assert operator.post(filled(address), **PRIVATE_POSTS[address]).status_code == 403
    assert operator.get("/availability?team=999999").status_code == 404
    assert unchanged() == before


def test_a_day_that_is_over_can_only_be_read(
    owner: Visitor, people: Cast, database: psycopg.Connection[Any], day_over: datetime.date
) -> None:
    refused = owner.post(
        f"/availability/{people.team_id}/{day_over}/status", status="in", version="0"
    )
    assert refused.status_code == 403
    assert "This day is over" in refused.text
    assert database.execute("SELECT FROM player_availability").fetchall() == []


@pytest.mark.parametrize("team", NOT_IDS)
def test_a_team_that_is_none(
    team: str, owner: Visitor, operator: Visitor, unchanged: Callable[[], list[Any]]
) -> None:
    before = unchanged()
    fields = {"status": "in", "version": "0"}
    for visitor in (owner, operator):
        assert visitor.get(f"/availability?team={team}").status_code == 404
        assert visitor.get(f"/availability/{team}/2024-09-24/history").status_code == 404
        assert visitor.post(f"/availability/{team}/2024-09-24/status", **fields).status_code == 404
        assert visitor.post("/team", team=team).status_code == 404
    assert unchanged() == before


@pytest.mark.parametrize("day", [*NOT_DAYS, "2024-09-23", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none(
    day: str, owner: Visitor, people: Cast, unchanged: Callable[[], list[Any]]
) -> None:
    before = unchanged()
    for what, fields in (("status", {"status": "in"}), ("note", {"note": "x"})):
        address = f"/availability/{people.team_id}/{day}/{what}"
        assert owner.post(address, version="0", **fields).status_code == 404
    assert unchanged() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "yes", "version": "0"},
        {"version": "0"},
        {"status": "in"},
        {"status": "in", "version": "-1"},
        {"status": "in", "version": "٣"},
        {"status": "in", "version": "1" * 30},
        {"status": "in", "version": "0", "key": "x"},
        {"status": "in", "version": "0", "key": "x" * 100},
        {"status": "in\x00", "version": "0"},
    ],
)
def test_a_form_that_no_page_sends(
    fields: dict[str, str], owner: Visitor, people: Cast, unchanged: Callable[[], list[Any]]
) -> None:
    before = unchanged()
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    assert owner.post(address, **fields).status_code == 400
    assert unchanged() == before


@pytest.mark.parametrize("address", [*PRIVATE_POSTS, "/sign-out"])
def test_the_wrong_method(address: str, owner: Visitor, filled: Callable[[str], str]) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert owner.client.request(method, filled(address)).status_code in (403, 405)
        headers = {"X-CSRF-Token": owner.token()}
        refused = owner.client.request(method, filled(address), headers=headers)
        assert refused.status_code == 405
        assert refused.headers["allow"]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_may_see(address: str, anonymous: Visitor) -> None:
    assert anonymous.get(address).status_code in (200, 303)
    if address == "/health":
        assert anonymous.client.head(address).status_code == 200


def test_nothing_there(anonymous: Visitor) -> None:
    refused = anonymous.get("/no/such/page")
    assert refused.status_code == 404
    assert "Nothing here" in refused.text
    problem = anonymous.get("/api/v1/nothing")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404


def test_headers_of_every_response(anonymous: Visitor) -> None:
    for address in ("/sign-in", "/no/such/page", "/static/style.css", "/health", "/availability"):
        headers = anonymous.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert len(headers["x-request-id"]) >= 8
    assert anonymous.get("/sign-in").headers["cache-control"] == "no-store"
    assert "immutable" in anonymous.get("/static/style.css").headers["cache-control"]
    cookie = anonymous.get("/sign-in").headers.get("set-cookie", "")
    if cookie:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


def test_a_large_body_is_refused(owner: Visitor, people: Cast) -> None:
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/note"
    assert owner.post(address, note="x" * 70_000, version="0").status_code == 413


def test_a_page_is_small(owner: Visitor, people: Cast) -> None:
    for address in ("/availability", "/availability?all=yes", "/find-yourself?league=1&name=a"):
        page = owner.get(address)
        parts = [owner.get(f"/static/{name}").content for name in ("style.css", "site.js")]
        assert len(page.content) + sum(map(len, parts)) < 60_000, address
    del people


def test_no_page_has_script_or_style_in_it(owner: Visitor) -> None:
    for address in ("/availability", "/account", "/find-yourself?league=1&name=a"):
        page = owner.get(address).text
        assert page.count("<script") == 1
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick" not in page


def test_members_names(people: Cast, sign_in: Callable[[Member], Visitor]) -> None:
    """A team mate sees who answered; names are the roster's."""
    mate = sign_in(people.mate)
    mate.post(f"/availability/{people.team_id}/{INCIDENT_DAY}/status", status="out", version="0")
    page = sign_in(people.owner).get("/availability").text
    assert "0 in · 1 out · 0 maybe" in page
    assert people.mate.name in page
