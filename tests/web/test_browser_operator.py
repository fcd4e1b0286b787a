"""Operators' pages in a real browser at a phone's size: flows by taps, axe, widths, pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from browsing import in_both_schemes, violations, window
from cast import INCIDENT_DAY, TODAY, Cast
from fastapi import FastAPI
from test_browser_pages import PICTURES, picture

from courtside.imports import planning_routes
from courtside.site.configuration import Configuration


@pytest.fixture
def root(scrapes: list[Path], tmp_path: Path) -> Path:
    """The later scrape, and one with most players of a league gone."""
    made = tmp_path / "scrapes"
    shutil.copytree(scrapes[1], made / scrapes[1].name)
    shrunk = made / "2024-10-04"
    shutil.copytree(scrapes[1], shrunk)
    players = shrunk / "APTA_CHICAGO" / "players.json"
    players.write_text(json.dumps(json.loads(players.read_text())[:5]))
    return made


@pytest.fixture
def configuration(root: Path) -> Configuration:
    return Configuration(today=TODAY, connections=4, import_roots=(str(root),))


@pytest.fixture(autouse=True)
def with_an_answer(database: psycopg.Connection[Any], people: Cast) -> None:
    database.execute(
        "INSERT INTO player_availability (user_id, match_date, team_id, availability_status, notes)"
        " VALUES (%s, %s, %s, 1, 'from 6:45')",
        [people.owner.user_id, INCIDENT_DAY, people.team_id],
    )


def too_wide(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def choose(page: Any, name: str) -> None:
    page.goto("/imports")
    page.get_by_role("combobox", name="Directory").select_option(f"scrapes/{name}")
    page.get_by_role("button", name="Plan").tap()
    page.wait_for_url("**/imports/plan/*")


def test_an_import_with_an_acceptance(chromium: Any, served: str, people: Cast) -> None:
    found: list[Any] = []

    def look(page: Any, name: str) -> None:
        for scheme in in_both_schemes(page):
            picture(page, f"{name}-{scheme}")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for scheme in in_both_schemes(page):
            found.extend((name, scheme, text) for text in violations(page))
            assert not too_wide(page), (name, scheme)

    with window(chromium, served, email=people.operator.email) as page:
        page.goto("/imports")
        look(page, "imports")
        choose(page, "2024-10-04")
        look(page, "plan")
        button = page.get_by_role("button", name="Import with these acceptances")
        button.tap()
        page.get_by_text("this still stops the import").wait_for()
        look(page, "plan-refused")
        for box in page.get_by_label("Accept it, this once").all():
            box.check()
        for reason in page.get_by_label("Why it is right").all():
            reason.fill("the league archived last season")
        page.get_by_role("button", name="Import with these acceptances").tap()
        page.get_by_role("heading", name="Run 2 done").wait_for()
        page.get_by_text("Gone from the feed, kept for users").wait_for()
        look(page, "run")
        page.get_by_role("link", name="Look at them").tap()
        page.get_by_role("heading", name="Set aside in run 2").wait_for()
        look(page, "set-aside")
        page.goto("/imports/health")
        look(page, "health-not-examined")
        page.get_by_role("button", name="Examine now").tap()
        page.get_by_text("Healthy on").wait_for()
        look(page, "import-health")
        page.goto("/imports")
        look(page, "imports-after")
    assert found == []


def test_a_correction_and_a_restore(
    chromium: Any,
    served: str,
    people: Cast,
    database: psycopg.Connection[Any],
    root: Path,
    application: FastAPI,
) -> None:
    engine = application.state.imports.engine
    engine.apply(engine.plan(root / "2024-09-27"))
    found: list[Any] = []

    def look(page: Any, name: str) -> None:
        for scheme in in_both_schemes(page):
            picture(page, f"{name}-{scheme}")
            found.extend((name, scheme, text) for text in violations(page))
            assert not too_wide(page), (name, scheme)

    with window(chromium, served, email=people.operator.email) as page:
        page.goto("/users")
        look(page, "users")
        page.get_by_label("Email, name or player’s name").fill("owner")
        page.get_by_role("button", name="Search").tap()
        page.get_by_role("link", name=people.owner.name).tap()
        page.get_by_role("link", name="Tuesday 24 September 2024").wait_for()
        look(page, "user")
        page.get_by_role("link", name="Tuesday 24 September 2024").tap()
        page.get_by_label("Why you change it").wait_for()
        look(page, "answer")
        page.get_by_label("Answer").select_option("Out")
        page.get_by_label("Why you change it").fill("he called me")
        page.get_by_role("button", name=f"Save for {people.owner.name}").tap()
        page.get_by_text("he called me").wait_for()
        database.execute("DELETE FROM player_availability")
        page.get_by_role("link", name="Put back from a backup").tap()
        page.get_by_role("button", name="Show what would be put back").wait_for()
        look(page, "restore")
        page.get_by_role("button", name="Show what would be put back").tap()
        page.get_by_text("1 row would be put back").wait_for()
        look(page, "restore-plan")
        page.get_by_label("Why").fill("a script deleted it")
        page.get_by_role("button", name="Put it back").tap()
        page.get_by_role("heading", name="Restore 1 done").wait_for()
        look(page, "restored")
        page.goto("/users/log")
        look(page, "log")
        page.goto(f"/users/{people.owner.user_id}")
        page.get_by_role("button", name="Make a link for a new password").tap()
        page.get_by_role("heading", name=f"Link for {people.owner.name}").wait_for()
        look(page, "reset-link")
    assert found == []
    row = database.execute("SELECT availability_status, notes FROM player_availability").fetchone()
    assert row == (1, "from 6:45")


def test_a_long_import_shows_how_far_it_is_and_then_its_run(
    chromium: Any,
    served: str,
    people: Cast,
    site_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planning_routes, "_WAIT_SECONDS", 0.01)
    with (
        psycopg.connect(site_url) as somebody,
        window(chromium, served, email=people.operator.email) as page,
    ):
        page.goto("/imports")
        page.get_by_role("combobox", name="Directory").select_option("scrapes/2024-09-27")
        page.get_by_role("button", name="Plan").tap()
        page.wait_for_url("**/imports/plan/*", timeout=60_000)
        somebody.execute("LOCK TABLE teams IN ROW EXCLUSIVE MODE")
        page.get_by_role("button", name="Import", exact=True).tap()
        page.get_by_role("heading", name="Import under way").wait_for()
        assert violations(page) == []
        picture(page, "under-way-light")
        somebody.rollback()
        page.wait_for_url("**/imports/2", timeout=60_000)
        page.get_by_role("heading", name="Run 2 done").wait_for()


def test_without_script_and_on_a_narrow_phone(chromium: Any, served: str, people: Cast) -> None:
    with window(chromium, served, email=people.operator.email, script=False, width=320) as page:
        page.goto("/imports")
        page.get_by_role("combobox", name="Directory").select_option("scrapes/2024-09-27")
        page.get_by_role("button", name="Plan").tap()
        page.get_by_role("button", name="Import", exact=True).tap()
        page.get_by_role("heading", name="Run 2 done").wait_for()
        page.goto(f"/users/{people.owner.user_id}")
        page.get_by_role("button", name="Name captain").tap()
        page.get_by_role("button", name="No longer captain by our word").wait_for()


def test_by_keyboard_alone(chromium: Any, served: str, people: Cast) -> None:
    """Wide tables can be reached and scrolled; the decision is a tab away."""
    with window(chromium, served, email=people.operator.email) as page:
        choose(page, "2024-09-27")
        table = page.get_by_role("region", name="Tables of the league")
        table.focus()
        before = table.evaluate("e => e.scrollLeft")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "b => document.activeElement.scrollLeft > b", arg=before, timeout=10_000
        )
        page.get_by_role("button", name="Import", exact=True).focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Run 2 done").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_a_run(
    chromium: Any, served: str, people: Cast, scheme: str, application: FastAPI, root: Path
) -> None:
    """What the documents show; kept where PICTURES=DIR asks for it."""
    engine = application.state.imports.engine
    engine.apply(engine.plan(root / "2024-09-27"))
    with window(chromium, served, email=people.operator.email, scheme=scheme) as page:
        page.goto("/imports/2")
        page.get_by_text("changed by this run.").wait_for()
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"run-{scheme}.png")
