"""Answers given with a thumb: in a real browser at a phone's size, on- and offline."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from browsing import at_widths, violations, window
from cast import INCIDENT_DAY, Cast, Visitor

CARD = f"#day-{INCIDENT_DAY}"


def answers(database: psycopg.Connection[Any], people: Cast) -> list[Any]:
    return database.execute(
        "SELECT availability_status, notes, version FROM player_availability WHERE user_id = %s",
        [people.owner.user_id],
    ).fetchall()


def choice(page: Any, name: str) -> Any:
    return page.locator(CARD).get_by_role("button", name=name, exact=True)


def test_tap_undo_and_clear_without_loading_the_page(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        page.evaluate("window.sameDocument = true")
        choice(page, "In").tap()
        page.locator(CARD).get_by_text("Saved").wait_for()
        assert choice(page, "In").get_attribute("aria-pressed") == "true"
        assert answers(database, people) == [(1, None, 1)]
        choice(page, "Out").tap()
        page.wait_for_selector(f"{CARD} .choice.out[aria-pressed=true]")
        page.locator(CARD).get_by_role("button", name="Undo").tap()
        page.wait_for_selector(f"{CARD} .choice.in[aria-pressed=true]")
        page.locator(CARD).get_by_role("button", name="Clear").tap()
        page.wait_for_selector(f"{CARD} .choices:not(:has([aria-pressed=true]))")
        assert answers(database, people) == [(None, None, 4)]
        assert page.evaluate("window.sameDocument")
        assert "Saved" in page.locator("#said").inner_text()


def test_buttons_are_large_enough_and_nothing_is_wider_than_the_phone(
    chromium: Any, served: str, people: Cast
) -> None:
    # 200 % zoom of a phone of 390 px leaves 195 px.
    with window(chromium, served, email=people.owner.email) as page:
        for width in at_widths(page, 390, 360, 195):
            for address in ("/availability", "/account", "/find-yourself?league=1&name=a"):
                page.goto(address)
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (address, width)
            page.goto("/availability")
            for name in ("In", "Out", "Maybe"):
                box = choice(page, name).bounding_box()
                assert box["height"] >= 48, name
                assert box["width"] >= 48, name
                assert choice(page, name).locator("svg").count() == 1


def test_by_keyboard_alone_and_the_focus_stays(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.value") == "maybe":
                break
        page.keyboard.press("Enter")
        page.locator(CARD).get_by_text("Saved").wait_for()
        assert page.evaluate("document.activeElement.value") == "maybe"
        assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
        assert answers(database, people) == [(3, None, 1)]


def test_without_javascript(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email, script=False) as page:
        choice(page, "In").tap()
        page.locator(CARD).get_by_text("Saved").wait_for()
        assert "saved=2024-09-24" in page.url
        page.locator(CARD).get_by_text("Add a note").tap()
        page.locator(CARD).get_by_label("Note for your captain").fill("two\nlines")
        page.locator(CARD).get_by_role("button", name="Save the note").tap()
        page.locator(CARD).get_by_text("Note: two").wait_for()
        assert answers(database, people) == [(1, "two\nlines", 2)]


def test_a_note_too_long_stays_in_the_form(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        page.locator(CARD).get_by_text("Add a note").tap()
        field = page.locator(CARD).get_by_label("Note for your captain")
        field.fill("x" * 501)
        # A tap on a status meanwhile takes nothing of what is typed.
        choice(page, "In").tap()
        page.locator(CARD).get_by_text("Saved").wait_for()
        assert field.input_value() == "x" * 501
        page.locator(CARD).get_by_role("button", name="Save the note").tap()
        page.locator(CARD).get_by_text("501 characters").wait_for()
        assert field.input_value() == "x" * 501
        field.fill("\n  “short” </script> 🎾\n")
        page.locator(CARD).get_by_role("button", name="Save the note").tap()
        page.locator(CARD).get_by_text("Note:").wait_for()
        assert answers(database, people) == [(1, "\n  “short” </script> 🎾\n", 2)]
        page.reload()
        assert field.input_value() == "\n  “short” </script> 🎾\n"


def test_offline_nothing_is_lost_and_nothing_is_written_twice(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        page.context.set_offline(True)
        choice(page, "In").tap()
        page.get_by_text("Not saved, will try again").wait_for()
        assert page.locator("#unsaved").is_visible()
        assert violations(page) == []
        choice(page, "Out").tap()
        page.locator("#unsaved").get_by_text("Out").wait_for()
        assert answers(database, people) == []
        page.context.set_offline(False)
        page.wait_for_selector(f"{CARD} .choice.out[aria-pressed=true]")
        page.locator("#unsaved").wait_for(state="hidden")
        assert answers(database, people) == [(2, None, 1)]


def test_an_answer_whose_confirmation_was_lost_is_written_once(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """The request arrives, the response does not; the retry carries the same key."""
    with window(chromium, served, email=people.owner.email) as page:
        lost = []

        def lose(route: Any) -> None:
            if lost:
                route.continue_()
                return
            lost.append(route.fetch())
            route.abort()

        page.route("**/status", lose)
        choice(page, "In").tap()
        page.get_by_text("Not saved, will try again").wait_for()
        assert answers(database, people) == [(1, None, 1)]
        page.locator("#unsaved").get_by_role("button", name="Try again").tap()
        page.wait_for_selector(f"{CARD} .choice.in[aria-pressed=true]")
        assert answers(database, people) == [(1, None, 1)]


def test_what_was_not_sent_survives_that_the_page_is_closed(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        page.context.set_offline(True)
        choice(page, "Maybe").tap()
        page.get_by_text("Not saved, will try again").wait_for()
        page.close()
        context = page.context
        context.set_offline(False)
        again = context.new_page()
        again.goto("/account")
        again.locator("#unsaved").wait_for(state="hidden")
        again.goto("/availability")
        again.wait_for_selector(f"{CARD} .choice.maybe[aria-pressed=true]")
        assert answers(database, people) == [(3, None, 1)]


def test_who_was_signed_out_meanwhile_is_told_and_loses_nothing(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        database.execute("DELETE FROM sessions")
        choice(page, "In").tap()
        page.get_by_role("link", name="Sign in, and it will be sent.").tap()
        page.get_by_label("Email").fill(people.owner.email)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").tap()
        page.wait_for_selector(f"{CARD} .choice.in[aria-pressed=true]")
        assert answers(database, people) == [(1, None, 1)]


def test_two_quick_taps_are_no_conflict_with_oneself(
    chromium: Any, served: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    with window(chromium, served, email=people.owner.email) as page:
        page.evaluate(
            """() => {
              const card = document.querySelector('article.next');
              const tap = (word) => card.querySelector(`.choice.${word}`).click();
              ['in', 'out', 'maybe'].forEach(tap);
            }"""
        )
        page.wait_for_selector(f"{CARD} .choice.maybe[aria-pressed=true]")
        page.locator("#unsaved").wait_for(state="hidden")
        assert [row[0] for row in answers(database, people)] == [3]


@pytest.mark.parametrize("script", [True, False])
def test_a_conflict_shows_both_values_and_lets_choose(
    chromium: Any,
    served: str,
    owner: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
    script: bool,
) -> None:
    address = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    with window(chromium, served, email=people.owner.email, script=script) as page:
        owner.post(address, status="in", version="0")
        choice(page, "Out").tap()
        page.get_by_text("Your answer was changed elsewhere").first.wait_for()
        assert violations(page) == [] if script else True
        assert answers(database, people) == [(1, None, 1)]
        page.get_by_role("button", name="Change it to Out").tap()
        page.wait_for_selector(f"{CARD} .choice.out[aria-pressed=true]")
        assert answers(database, people) == [(2, None, 2)]


@pytest.mark.parametrize("decision", ["mine", "theirs"])
def test_a_note_typed_offline_that_meets_another_is_not_lost(
    chromium: Any,
    served: str,
    owner: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
    decision: str,
) -> None:
    """Both notes are shown, on every visit, until somebody has decided."""
    mine, theirs = "from the phone:\n“late” </textarea>", "from the laptop"
    note = f"/availability/{people.team_id}/{INCIDENT_DAY}/note"
    with window(chromium, served, email=people.owner.email) as page:
        card = page.locator(CARD)
        page.context.set_offline(True)
        card.get_by_text("Add a note").tap()
        card.get_by_label("Note for your captain").fill(mine)
        card.get_by_role("button", name="Save the note").tap()
        page.get_by_text("Not saved, will try again").wait_for()
        owner.post(note, note=theirs, version="0")
        page.context.set_offline(False)

        def shows_both() -> None:
            card.get_by_text("Your answer was changed elsewhere").wait_for()
            assert card.get_by_text(theirs).is_visible()
            assert card.get_by_label("Your note").input_value() == mine
            assert [row[1] for row in answers(database, people)] == [theirs]

        shows_both()
        assert violations(page) == []
        assert page.locator("#unsaved").is_hidden()
        page.reload()
        shows_both()
        # A page without the card says so, and leads there.
        page.goto("/account")
        page.locator("#unsaved").get_by_text("Not saved").first.wait_for()
        page.get_by_role("link", name="Look at it.").tap()
        shows_both()
        if decision == "mine":
            card.get_by_role("button", name="Save my note").tap()
            card.get_by_text("Note: from the phone").wait_for()
        else:
            card.get_by_role("link", name="Keep the one that stands").tap()
            card.get_by_text(f"Note: {theirs}").wait_for()
        page.wait_for_function(
            "Object.entries(localStorage).every(([name, value]) => value === '{}')"
        )
        page.reload()
        card.get_by_text("Note:").wait_for()
        assert page.get_by_text("changed elsewhere").count() == 0
        kept = mine if decision == "mine" else theirs
        assert [row[1] for row in answers(database, people)] == [kept]
