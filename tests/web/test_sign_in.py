"""Register, sign in, sign out: sessions, tokens of forms, attempts."""

from __future__ import annotations

from typing import Any

import psycopg
from cast import PASSWORD, Cast, Visitor


def test_register_signs_in_and_leads_on(anonymous: Visitor) -> None:
    response = anonymous.post(
        "/register", name="Ann  Ace", email=" Ann@Example.org ", password="a password of mine"
    )
    assert (response.status_code, response.headers["location"]) == (303, "/find-yourself")
    page = anonymous.get("/account")
    assert page.status_code == 200
    assert "Ann Ace" in page.text
    assert "ann@example.org" in page.text


def test_sign_in_leads_where_one_wanted_to_go(anonymous: Visitor, people: Cast) -> None:
    asked = anonymous.get("/availability/history?x=1")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=/availability/history%3Fx%3D1"
    fields = {"email": people.owner.email, "password": PASSWORD}
    done = anonymous.post("/sign-in", next="/availability/history?x=1", **fields)
    assert done.headers["location"] == "/availability/history?x=1"
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        done = anonymous.post("/sign-in", next=elsewhere, **fields)
        assert done.headers["location"] == "/availability"


def test_availability_answers(owner: Visitor) -> None:
    page = owner.get("/mobile/availability")
    assert page.status_code == 200
    assert "Tuesday 24 September 2024" in page.text


def test_nothing_secret_is_kept_readable(owner: Visitor, database: psycopg.Connection[Any]) -> None:
    secret = owner.client.cookies["courtside"]
    rows = database.execute("SELECT sessions::text FROM sessions").fetchall()
    assert rows
    assert not any(secret in row[0] for row in rows)
