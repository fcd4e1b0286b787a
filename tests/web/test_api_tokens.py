"""Tokens of the API: shown once, used, ended and revoked."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from cast import PASSWORD, Cast, Program, Visitor
from fastapi import FastAPI

from courtside.accounts import accounts
from courtside.api import tokens


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
