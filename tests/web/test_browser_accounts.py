"""The first visits in a real browser: register, find oneself, be approved, switch teams."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from browsing import violations, window
from cast import INCIDENT_DAY, LEAGUE, PASSWORD, Cast, spots

NEW = "a new and long password"


@pytest.mark.parametrize("script", [True, False])
def test_register_find_oneself_answer_and_sign_out(
    chromium: Any,
    served: str,
    people: Cast,
    database: psycopg.Connection[Any],
    script: bool,
) -> None:
    player_id, name = spots(database, people.team_id)[2]
    row = database.execute("SELECT name FROM leagues WHERE code = %s", [LEAGUE]).fetchone()
    assert row
    with window(chromium, served, script=script) as page:
        page.goto("/")
        page.get_by_role("link", name="Make an account").tap()
        page.get_by_label("Your name").fill(name)
        page.get_by_label("Email").fill("first.visit@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Make the account").tap()
        page.get_by_role("heading", name="Find yourself").wait_for()
        page.get_by_role("button", name=row[0]).tap()
        page.get_by_label("Your name").fill(name.split()[-1])
        page.get_by_label("Club").select_option("Tennaqua")
        page.get_by_role("button", name="Search").tap()
        page.get_by_role("button", name=re.compile(f"^{re.escape(name)}, Tennaqua")).tap()
        page.get_by_role("heading", name="Tennaqua - 22", exact=True).wait_for()
        card = page.locator(f"#day-{INCIDENT_DAY}")
        card.get_by_role("button", name="In", exact=True).tap()
        card.get_by_text("Saved").wait_for()
        page.get_by_role("link", name="History", exact=True).tap()
        page.get_by_text("No answer → In").wait_for()
        page.get_by_role("link", name="Account").tap()
        page.get_by_role("button", name="Sign out", exact=True).tap()
        page.get_by_role("heading", name="Sign in").wait_for()
        page.goto("/availability")
        page.get_by_role("heading", name="Sign in").wait_for()
        page.get_by_label("Email").fill("first.visit@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").tap()
        page.get_by_role("heading", name="Tennaqua - 22", exact=True).wait_for()
        assert card.get_by_role("button", name="In").get_attribute("aria-pressed") == "true"
    linked = database.execute(
        "SELECT player_id FROM user_player_associations JOIN users ON users.id = user_id"
        " WHERE email = 'first.visit@example.org'"
    ).fetchall()
    assert linked == [(player_id,)]


def test_who_cannot_be_told_apart_waits_for_the_captain(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    (first, name), (second, _) = spots(database, people.team_id)[2:4]
    database.execute(
        "UPDATE players SET (first_name, last_name) ="
        " (SELECT first_name, last_name FROM players WHERE id = %s) WHERE id = %s",
        [first, second],
    )
    row = database.execute("SELECT league_id FROM players WHERE id = %s", [first]).fetchone()
    assert row
    with window(chromium, served, email=people.newcomer.email) as page:
        page.goto(f"/find-yourself?league={row[0]}&name={name.split()[-1]}")
        page.get_by_role("button", name=re.compile(f"^{re.escape(name)}, Tennaqua")).first.tap()
        page.get_by_text("waiting for approval").wait_for()
        assert violations(page) == []
    with window(chromium, served, email=people.mate.email) as page:
        page.goto(f"/captain/{people.team_id}")
        page.get_by_role("link", name="1 person says who they are").tap()
        page.get_by_text(f"I am {name}").wait_for()
        assert violations(page) == []
        page.get_by_role("button", name="Yes, that is so").tap()
        page.get_by_text("Nobody is waiting.").wait_for()
    with window(chromium, served, email=people.newcomer.email) as page:
        page.get_by_role("heading", name="Tennaqua - 22", exact=True).wait_for()


def test_another_team_is_chosen_and_remembered(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    row = database.execute(
        "INSERT INTO rosters (league_id, player_id, team_id, captain, series, club)"
        " SELECT p.league_id, p.id, t.id, 'player', '', '' FROM players p, teams t"
        " WHERE p.id = %s AND t.id = %s"
        " RETURNING (SELECT name FROM teams WHERE id = team_id)",
        [people.owner.player_id, people.other_team_id],
    ).fetchone()
    assert row
    with window(chromium, served, email=people.owner.email) as page:
        shown = page.locator("h1").inner_text()
        other = ({"Tennaqua - 22", row[0]} - {shown}).pop()
        page.get_by_text("Another team").tap()
        assert violations(page) == []
        page.get_by_role("button", name=other).tap()
        page.get_by_role("heading", name=other, exact=True).wait_for()
    with window(chromium, served, email=people.owner.email) as page:
        page.get_by_role("heading", name=other, exact=True).wait_for()


def test_a_forgotten_password(chromium: Any, served: str, people: Cast) -> None:
    with window(chromium, served, email=people.operator.email) as page:
        page.goto(f"/users/{people.owner.user_id}")
        page.get_by_role("button", name="Make a link for a new password").tap()
        link = page.locator("code.record").inner_text()
    with window(chromium, served) as page:
        page.goto(link)
        assert violations(page) == []
        page.get_by_label("New password").fill(NEW)
        page.get_by_role("button", name="Save and sign in").tap()
        page.get_by_role("heading", name="Tennaqua - 22", exact=True).wait_for()
        page.goto(link)
        page.get_by_text("This link was used already").wait_for()


def test_at_200_percent_nothing_is_wider_than_the_phone(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """A phone of 390 px, zoomed, leaves 195: captains' and operators' pages scroll one way."""
    database.execute("INSERT INTO operators (user_id) VALUES (%s)", [people.mate.user_id])
    team, user = f"/captain/{people.team_id}", f"/users/{people.owner.user_id}"
    wide = []
    with window(chromium, served, email=people.mate.email, width=195) as page:
        for address in (
            team, f"{team}/{INCIDENT_DAY}", f"{team}/practices", f"{team}/print", "/captain?q=a",
            "/imports", "/imports/1", "/imports/1/set-aside", "/imports/health", "/users", user,
            f"{user}/restore", "/users/log", "/account/tokens", "/link-requests", "/api",
            "/availability/history", "/sign-in?next=/", "/nothing-here",
        ):  # fmt: skip
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > 195:
                wide.append((address, width))
    assert wide == []
