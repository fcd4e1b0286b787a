"""A captain with a phone: the grid, answers for others, practices; and programs' tokens."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from browsing import at_widths, in_both_schemes, violations, window
from cast import INCIDENT_DAY, Cast
from playwright.sync_api import TimeoutError as NotThere

PICTURES = os.environ.get("PICTURES")


@pytest.fixture(autouse=True)
def with_answers(database: psycopg.Connection[Any], people: Cast) -> None:
    """Accounts, answers and notes for most of the team, and a practice that was cancelled."""
    database.execute(
        """
        WITH named AS (
            SELECT p.id, concat_ws(' ', p.first_name, p.last_name) AS name
            FROM rosters r JOIN players p ON p.id = r.player_id
            WHERE r.team_id = %(team)s
                AND NOT EXISTS (SELECT FROM user_player_associations a WHERE a.player_id = p.id)
            ORDER BY p.id LIMIT 9
        ), added AS (
            INSERT INTO users (email, display_name)
            SELECT 'player' || id || '@example.org', name FROM named RETURNING id, email
        )
        INSERT INTO user_player_associations (user_id, player_id)
        SELECT added.id, named.id
        FROM added JOIN named ON added.email = 'player' || named.id || '@example.org'
        """,
        {"team": people.team_id},
    )
    database.execute(
        """
        INSERT INTO player_availability
            (user_id, match_date, team_id, availability_status, notes)
        SELECT a.user_id, d.day, %(team)s, 1 + (a.user_id + d.number) %% 3,
            CASE WHEN a.user_id %% 5 = 0 AND d.number = 1 THEN 'coming straight from work' END
        FROM rosters r JOIN user_player_associations a ON a.player_id = r.player_id
        CROSS JOIN (
            SELECT match_date AS day, row_number() OVER (ORDER BY match_date) AS number
            FROM schedule WHERE %(team)s IN (home_team_id, away_team_id)
                AND match_date >= %(day)s
            LIMIT 4
        ) AS d
        WHERE r.team_id = %(team)s AND (a.user_id + d.number) %% 4 <> 0
            AND a.user_id NOT IN (%(owner)s, %(mate)s)
        """,
        {
            "team": people.team_id,
            "day": INCIDENT_DAY,
            "owner": people.owner.user_id,
            "mate": people.mate.user_id,
        },
    )
    for day, cancelled in (("2024-09-26", False), ("2024-10-03", True)):
        database.execute(
            "INSERT INTO practices (team_id, practice_date, start_time, location, created_by,"
            " cancelled_at) VALUES (%s, %s, '19:00', 'Court 3', %s, CASE WHEN %s THEN now() END)",
            [people.team_id, day, people.mate.user_id, cancelled],
        )


def picture(page: Any, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def is_no_wider_than_the_phone(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_page_keeps_anybody_out(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    practice = database.execute("SELECT min(id) FROM practices").fetchone()
    assert practice
    team = f"/captain/{people.team_id}"
    pages = {
        "grid": team,
        "day": f"{team}/{INCIDENT_DAY}",
        "print": f"{team}/print",
        "practices": f"{team}/practices",
        "practice": f"{team}/practices/{practice[0]}",
        "tokens": "/account/tokens",
        "api": "/api",
    }
    found = []
    with window(chromium, served, email=people.mate.email) as page:
        for width in at_widths(page, 360, 390):
            for name, address in pages.items():
                page.goto(address)
                for scheme in in_both_schemes(page):
                    picture(page, f"captain-{name}-{width}-{scheme}")
                    assert is_no_wider_than_the_phone(page), (address, width, scheme)
                    if width == 390:
                        found += [(address, scheme, text) for text in violations(page)]
    with window(chromium, served, email=people.operator.email) as page:
        for name, address in {"teams": "/captain?q=tennaqua", "grid": team}.items():
            page.goto(address)
            for scheme in in_both_schemes(page):
                picture(page, f"operator-{name}-{scheme}")
                assert is_no_wider_than_the_phone(page), (address, scheme)
                found += [(address, scheme, text) for text in violations(page)]
    assert found == []


@pytest.mark.parametrize("script", [True, False])
def test_a_captain_answers_from_the_grid(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any], script: bool
) -> None:
    with window(chromium, served, email=people.mate.email, script=script) as page:
        page.get_by_role("link", name="Team", exact=True).tap()
        page.wait_for_url(f"**/captain/{people.team_id}")
        row = page.get_by_role("row", name=people.owner.name)
        row.get_by_role("link", name="no answer").first.tap()
        page.wait_for_url(f"**/{INCIDENT_DAY}?*#member-{people.owner.user_id}")
        card = page.locator(f"#member-{people.owner.user_id}")
        before = page.locator("#standing").inner_text()
        card.get_by_role("button", name="In", exact=True).tap()
        card.get_by_text("Saved").wait_for()
        assert (
            card.get_by_role("button", name="In", exact=True).get_attribute("aria-pressed")
            == "true"
        )
        assert page.locator("#standing").inner_text() != before
        card.get_by_role("button", name="Undo").tap()
        page.wait_for_function(
            "before => document.getElementById('standing').textContent === before", arg=before
        ) if script else card.get_by_text("Saved").wait_for()
        card = page.locator(f"#member-{people.owner.user_id}")
        card.get_by_role("button", name="Out", exact=True).tap()
        card.locator("[aria-pressed=true].out").wait_for()
    row = database.execute(
        "SELECT availability_status FROM player_availability WHERE user_id = %s",
        [people.owner.user_id],
    ).fetchone()
    assert row == (2,)
    authors = database.execute("SELECT DISTINCT changed_by FROM availability_history").fetchall()
    assert authors == [(people.mate.user_id,)]


def test_two_devices_and_a_lost_network(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.mate.email) as page:
        page.goto(f"/captain/{people.team_id}/{INCIDENT_DAY}")
        database.execute(
            "INSERT INTO player_availability (user_id, match_date, team_id, availability_status)"
            " VALUES (%s, %s, %s, 1)",
            [people.owner.user_id, INCIDENT_DAY, people.team_id],
        )
        card = page.locator(f"#member-{people.owner.user_id}")
        card.get_by_role("button", name="Out", exact=True).tap()
        card.get_by_text("This answer was changed elsewhere.").wait_for()
        page.context.set_offline(True)
        card.get_by_role("button", name="Change it to Out").tap()
        page.get_by_text(f"Not saved: {people.owner.name}, Change it to Out").wait_for()
        page.context.set_offline(False)
        # The page tries again by itself as soon as it hears of the network.
        with suppress(NotThere):
            page.get_by_role("button", name="Try again").tap(timeout=2000)
        card.get_by_text("Saved").wait_for()
    row = database.execute(
        "SELECT availability_status FROM player_availability WHERE user_id = %s",
        [people.owner.user_id],
    ).fetchone()
    assert row == (2,)


def test_practices_with_a_phone(chromium: Any, served: str, people: Cast) -> None:
    with window(chromium, served, email=people.mate.email) as page:
        page.goto(f"/captain/{people.team_id}")
        page.get_by_role("link", name="Practices").tap()
        page.get_by_label("First day").fill("2024-10-23")
        page.get_by_label("Time").fill("18:30")
        page.get_by_label("Every week until").fill("2024-11-06")
        page.get_by_role("button", name="Enter").tap()
        page.get_by_text("3 practices were entered.").wait_for()
        page.get_by_role("link", name="Change the practice on Wednesday 30 October 2024").tap()
        page.get_by_label("Day").fill("2024-10-31")
        page.get_by_role("button", name="Save").tap()
        page.get_by_text("Thursday 31 October 2024, 6:30 PM").wait_for()
        page.get_by_role("link", name="Change the practice on Wednesday 6 November 2024").tap()
        page.get_by_role("button", name="Cancel this practice").tap()
        page.get_by_text("Cancelled").last.wait_for()
        page.goto("/availability?from=2024-10-30")
        assert "Moved" in page.locator("#day-2024-10-30").inner_text()
        assert "Cancelled" in page.locator("#day-2024-11-06").inner_text()


def test_the_keyboard_alone_and_the_focus_after_it(
    chromium: Any, served: str, people: Cast
) -> None:
    with window(chromium, served, email=people.mate.email) as page:
        page.goto(f"/captain/{people.team_id}/{INCIDENT_DAY}")
        card = page.locator(f"#member-{people.owner.user_id}")
        card.get_by_role("button", name="Maybe", exact=True).focus()
        page.keyboard.press("Enter")
        card.get_by_text("Saved").wait_for()
        focused = page.evaluate(
            "[document.activeElement.value, document.activeElement.closest('li').id]"
        )
        assert focused == ["maybe", f"member-{people.owner.user_id}"]


def test_a_token_with_a_phone(chromium: Any, served: str, people: Cast) -> None:
    with window(chromium, served, email=people.mate.email) as page:
        page.goto("/account")
        page.get_by_role("link", name="Tokens for programs of yours").tap()
        page.get_by_label("What is it for?").fill("calendar")
        page.get_by_role("button", name="Make the token").tap()
        page.get_by_text("It is not shown again.").wait_for()
        token = page.locator(".secret").inner_text()
        assert is_no_wider_than_the_phone(page)
        assert violations(page) == []
        said = page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert said.json()["user_id"] == people.mate.user_id
        page.get_by_role("button", name="Revoke calendar").tap()
        page.get_by_text("You have none.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_the_grid(chromium: Any, served: str, people: Cast, scheme: str) -> None:
    """What the documents show; kept where PICTURES=DIR asks for it."""
    with window(chromium, served, email=people.mate.email, scheme=scheme) as page:
        page.goto(f"/captain/{people.team_id}")
        assert page.title() == "Tennaqua - 22: who can play · courtside"
        assert page.locator(".grid .totals .in").first.inner_text()
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"grid-{scheme}.png")
