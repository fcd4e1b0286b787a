"""Operators' routes: nobody else gets in or learns of them; nothing wrong is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cast import TODAY, Cast, Visitor

from courtside.site.configuration import Configuration

# {user}: the owner, {team}: their team.
GETS = (
    "/imports",
    "/imports/health",
    "/imports/1",
    "/imports/1/set-aside",
    "/imports/1/set-aside.jsonl",
    "/imports/1/set-aside.csv",
    "/users",
    "/users?q=owner",
    "/users/log",
    "/users/{user}",
    "/users/{user}/restore",
    "/users/{user}/answers/{team}/2024-09-24",
)
OTHER_GETS = ("/imports/now", "/imports/plan/0", "/users/{user}/restore/0")
POSTS = {
    "/imports/plan": {"scrape": "{scrape}"},
    "/imports/apply": {"plan": "0"},
    "/imports/discard": {"plan": "0"},
    "/imports/health": {},
    "/users/{user}/operator": {"operator": "yes"},
    "/users/{user}/captain": {"team": "{team}", "captain": "yes"},
    "/users/{user}/reset-link": {},
    "/users/{user}/end-sessions": {},
    "/users/{user}/answers/{team}/2024-09-24": {
        "status": "in",
        "note": "x",
        "version": "0",
        "reason": "asked me to",
    },
    "/users/{user}/restore/plan": {"run": "1"},
    "/users/{user}/restore/apply": {"plan": "0", "reason": "x"},
}
NOT_IDS = ("0", "-1", "x", "99999999999999999999999", "1.5", "%00", "1%20OR%201=1")


@pytest.fixture
def configuration(scrape: Path) -> Configuration:
    return Configuration(today=TODAY, connections=4, import_roots=(str(scrape.parent),))


@pytest.fixture
def filled(people: Cast, scrape: Path) -> Callable[[str], str]:
    def fill(text: str) -> str:
        words = {
            "{user}": str(people.owner.user_id),
            "{team}": str(people.team_id),
            "{scrape}": f"{scrape.parent.name}/{scrape.name}",
        }
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    return fill


@pytest.fixture
def written(database: psycopg.Connection[Any]) -> Callable[[], list[Any]]:
    """All that these routes can write."""

    def rows() -> list[Any]:
        return database.execute(
            """
            SELECT 'a', a::text FROM player_availability a
            UNION ALL SELECT 'h', h::text FROM availability_history h
            UNION ALL SELECT 'o', o::text FROM operators o
            UNION ALL SELECT 'n', n::text FROM named_captains n
            UNION ALL SELECT 'r', r::text FROM operator_actions r
            UNION ALL SELECT 'p', p::text FROM password_resets p
            UNION ALL SELECT 'l', l.load_id::text FROM seawall_stage.loads l
            UNION ALL SELECT 'u', u.id::text FROM seawall.runs u ORDER BY 1, 2
            """
        ).fetchall()

    return rows


@pytest.mark.parametrize("address", [*GETS, *OTHER_GETS])
def test_a_page_is_for_operators_alone(
    address: str,
    operator: Visitor,
    owner: Visitor,
    mate: Visitor,
    newcomer: Visitor,
    anonymous: Visitor,
    filled: Callable[[str], str],
) -> None:
    works = 200 if address in GETS else 303 if address == "/imports/now" else 409
    assert operator.get(filled(address)).status_code == works
    for visitor in (owner, mate, newcomer):
        refused = visitor.get(filled(address))
        assert refused.status_code == 404
        assert "/imports" not in refused.text, "not even that there is such a page"
    assert anonymous.get(filled(address)).headers["location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("address", POSTS)
def test_a_form_is_for_operators_alone(
    address: str,
    owner: Visitor,
    mate: Visitor,
    newcomer: Visitor,
    anonymous: Visitor,
    filled: Callable[[str], str],
    written: Callable[[], list[Any]],
) -> None:
    before = written()
    fields = {name: filled(value) for name, value in POSTS[address].items()}
    for visitor in (owner, mate, newcomer):
        assert visitor.post(filled(address), **fields).status_code == 404
    assert anonymous.post(filled(address), **fields).status_code == 401
    assert written() == before


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize(
    ("token", "origin"), [("", None), ("0" * 64, None), ("own", "https://evil.example")]
)
def test_a_form_from_elsewhere_is_refused(
    address: str,
    token: str,
    origin: str | None,
    operator: Visitor,
    filled: Callable[[str], str],
    written: Callable[[], list[Any]],
) -> None:
    before = written()
    fields = {name: filled(value) for name, value in POSTS[address].items()}
    fields["csrf_token"] = operator.token() if token == "own" else token
    headers = {"Origin": origin} if origin else {}
    refused = operator.client.post(
        filled(address), data=fields, headers=headers, follow_redirects=False
    )
    assert refused.status_code == 403
    assert written() == before


@pytest.mark.parametrize("address", POSTS)
def test_the_wrong_method(address: str, operator: Visitor, filled: Callable[[str], str]) -> None:
    headers = {"X-CSRF-Token": operator.token()}
    for method in ("PUT", "DELETE", "PATCH"):
        refused = operator.client.request(method, filled(address), headers=headers)
        assert refused.status_code == 405
        assert refused.headers["allow"]


@pytest.mark.parametrize("bad", NOT_IDS)
def test_an_id_that_is_none(
    bad: str,
    operator: Visitor,
    people: Cast,
    filled: Callable[[str], str],
    written: Callable[[], list[Any]],
) -> None:
    before = written()
    for address in GETS:
        if address.startswith("/imports/1"):
            assert operator.get(address.replace("/1", f"/{bad}", 1)).status_code == 404
        if "{user}" in address:
            assert operator.get(filled(address.replace("{user}", bad))).status_code == 404
    for address, fields in POSTS.items():
        if "{user}" in address and "restore/apply" not in address:
            sent = {name: filled(value) for name, value in fields.items()}
            assert operator.post(filled(address.replace("{user}", bad)), **sent).status_code == 404
    user = f"/users/{people.owner.user_id}"
    assert operator.get(f"{user}/answers/{bad}/2024-09-24").status_code == 404
    assert operator.post(f"{user}/captain", team=bad, captain="yes").status_code == 404
    assert operator.post(f"{user}/restore/plan", run=bad).status_code == 404
    assert operator.get(f"/users/log?before={bad}").status_code == 200
    assert written() == before


@pytest.mark.parametrize("day", ["2024-09-31", "20240924", "today", "%00", "2024-09-23"])
def test_a_day_that_is_none(day: str, operator: Visitor, people: Cast) -> None:
    address = f"/users/{people.owner.user_id}/answers/{people.team_id}/{day}"
    assert operator.get(address).status_code == 404
    fields = {"status": "in", "note": "", "version": "0", "reason": "x"}
    assert operator.post(address, **fields).status_code == 404


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/users/{user}/operator", {"operator": "maybe"}),
        ("/users/{user}/captain", {"team": "{team}"}),
        ("/users/{user}/answers/{team}/2024-09-24", {"status": "in", "note": "", "reason": "x"}),
        ("/users/{user}/answers/{team}/2024-09-24", {"status": "x", "note": "", "version": "0"}),
        ("/users/{user}/answers/{team}/2024-09-24", {"status": "in", "version": "0"}),
        ("/users/{user}/restore/apply", {"reason": "x"}),
        ("/imports/plan", {"scrape": "{scrape}", "as_of": "yesterday"}),
    ],
)
def test_a_form_that_no_page_sends(
    address: str,
    fields: dict[str, str],
    operator: Visitor,
    filled: Callable[[str], str],
    written: Callable[[], list[Any]],
) -> None:
    before = written()
    sent = {name: filled(value) for name, value in fields.items()}
    assert operator.post(filled(address), **sent).status_code == 400
    assert written() == before


def test_a_page_is_small_and_has_no_script_in_it(
    operator: Visitor, filled: Callable[[str], str]
) -> None:
    parts = [operator.get(f"/static/{name}").content for name in ("style.css", "site.js")]
    for address in GETS:
        page = operator.get(filled(address))
        assert len(page.content) + sum(map(len, parts)) < 60_000, address
        if "text/html" in page.headers["content-type"]:
            assert page.text.count("<script") == 1
            assert " style=" not in page.text
            assert " onclick" not in page.text


def test_the_navigation_shows_it_to_operators_alone(operator: Visitor, owner: Visitor) -> None:
    assert 'href="/imports"' in operator.get("/account").text
    assert 'href="/imports"' not in owner.get("/account").text
    assert 'href="/users"' not in owner.get("/account").text
