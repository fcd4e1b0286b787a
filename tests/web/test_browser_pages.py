"""Pages in a real browser: no violation of accessibility, nothing wider than the phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from browsing import SCHEMES, at_widths, in_both_schemes, violations, window
from cast import INCIDENT_DAY, Cast

PICTURES = os.environ.get("PICTURES")
PAGES = [
    "/availability",
    "/availability/history",
    "/account",
    "/find-yourself",
    "/find-yourself?league=1",
    "/find-yourself?league=1&name=a",
    "/nothing-here",
]
ANONYMOUS_PAGES = ["/sign-in", "/register"]


@pytest.fixture(autouse=True)
def with_answers(database: psycopg.Connection[Any], people: Cast) -> None:
    """Answers of everybody in the team, so that the page shows every state."""
    database.execute(
        "UPDATE clubs SET address = '401 Lake Cook Road, Deerfield' WHERE id ="
        " (SELECT club_id FROM teams WHERE id = %s)",
        [people.team_id],
    )
    database.execute(
        """
        INSERT INTO practices (team_id, practice_date, start_time, location, created_by)
        VALUES (%s, '2024-09-26', '19:00', 'Court 3', %s)
        """,
        [people.team_id, people.mate.user_id],
    )
    for member, status in ((people.owner, 1), (people.mate, 3)):
        database.execute(
            "INSERT INTO player_availability (user_id, match_date, team_id, availability_status)"
            " VALUES (%s, %s, %s, %s)",
            [member.user_id, INCIDENT_DAY, people.team_id, status],
        )


def picture(page: Any, name: str) -> None:
    """Keep a picture where PICTURES=DIR asks for it."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_no_page_keeps_anybody_out(chromium: Any, served: str, people: Cast) -> None:
    found = []
    with window(chromium, served) as page:
        for address in ANONYMOUS_PAGES:
            page.goto(address)
            for scheme in in_both_schemes(page):
                picture(page, f"{address.strip('/')}-{scheme}")
                found += [(address, scheme, text) for text in violations(page)]
    with window(chromium, served, email=people.owner.email) as page:
        for number, address in enumerate(PAGES):
            page.goto(address)
            for scheme in in_both_schemes(page):
                name = address.strip("/").split("?")[0].replace("/", "-")
                picture(page, f"{number}-{name}-{scheme}")
            # What is folded away must be as good.
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            for scheme in in_both_schemes(page):
                found += [(address, scheme, text) for text in violations(page)]
    assert found == []


def test_pictures_of_the_page(chromium: Any, served: str, people: Cast) -> None:
    """What the documents show; the pictures are kept where PICTURES=DIR asks for it."""
    for scheme in SCHEMES:
        with window(chromium, served, email=people.owner.email, scheme=scheme) as page:
            card = page.locator(f"#day-{INCIDENT_DAY}")
            card.get_by_role("button", name="Out", exact=True).tap()
            card.get_by_text("Saved").wait_for()
            card.get_by_text("1 out").tap()
            assert page.title() == "Tennaqua - 22: my matches · courtside"
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"availability-{scheme}.png")


def test_the_navigation_is_one_line_on_a_phone(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """Also of who has every entry: captain and operator. Narrower, nothing is lost."""
    database.execute("INSERT INTO operators (user_id) VALUES (%s)", [people.mate.user_id])
    entries = ["Matches", "History", "Team", "Imports", "Users"]
    with window(chromium, served, email=people.mate.email) as page:
        for width in at_widths(page, 390, 360, 320, 195):
            page.goto("/availability")
            links = page.get_by_role("navigation", name="Main").get_by_role("link")
            assert links.all_inner_texts() == entries
            tops = {link.bounding_box()["y"] for link in links.all()}
            assert len(tops) == 1 or width < 360, width
            for link in links.all():
                box = link.bounding_box()
                assert box["x"] + box["width"] <= width
                assert box["height"] >= 44
            brand = page.get_by_role("link", name="courtside").bounding_box()
            account = page.get_by_role("link", name="Account").bounding_box()
            assert abs(brand["y"] - account["y"]) < 8 or width < 320
            # The keyboard goes as the eye does.
            page.keyboard.press("Tab")
            order = []
            for _ in range(7):
                page.keyboard.press("Tab")
                order.append(page.evaluate("document.activeElement.textContent.trim()"))
            assert order == ["courtside", "Account", *entries]
