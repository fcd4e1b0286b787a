"""One answer: status and note apart, versions, keys of requests, history."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, OPPONENT, TEAM, Cast, Member, Visitor
from psycopg.rows import namedtuple_row

from courtside.availability import answers

HOSTILE_NOTE = "it's “fine”\n</script><b>&amp;\\ 🎾\n\n  last line "


@pytest.fixture
def address(people: Cast) -> str:
    return f"/availability/{people.team_id}/{INCIDENT_DAY}"


def stored(database: psycopg.Connection[Any], member: Member) -> list[Any]:
    return database.execute(
        "SELECT match_date, availability_status, notes, version FROM player_availability"
        " WHERE user_id = %s ORDER BY match_date",
        [member.user_id],
    ).fetchall()


def pressed(page: str, day: datetime.date = INCIDENT_DAY) -> list[str]:
    card = re.search(rf'<article [^>]*id="day-{day}".*?</article>', page, re.DOTALL)
    assert card, page
    return re.findall(r'value="(\w+)" aria-pressed="true"', card[0])


def test_the_incidents_case_stands_on_the_page(owner: Visitor) -> None:
    page = owner.get("/mobile/availability").text
    first = re.search(r"<article.*?</article>", page, re.DOTALL)
    assert first
    text = " ".join(re.sub(r"<[^>]+>", " ", first[0]).split())
    assert text.startswith("Next Tuesday 24 September 2024")
    assert f"{TEAM} against {OPPONENT}" in text or f"{OPPONENT} against {TEAM}" in text
    assert "6:30 PM" in text


def test_a_tap_is_written_and_shown(
    owner: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    done = owner.post(f"{address}/status", status="out", version="0")
    assert done.status_code == 303
    assert stored(database, people.owner) == [(INCIDENT_DAY, 2, None, 1)]
    page = owner.get(done.headers["location"].partition("#")[0]).text
    assert pressed(page) == ["out"]
    assert re.search(r"Saved \d\d:\d\d", page)
    assert "0 in · 1 out · 0 maybe" in page


def test_status_and_note_do_not_touch_each_other(
    owner: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    owner.post(f"{address}/note", note=HOSTILE_NOTE.replace("\n", "\r\n"), version="0")
    assert stored(database, people.owner) == [(INCIDENT_DAY, None, HOSTILE_NOTE, 1)]
    owner.post(f"{address}/status", status="in", version="1")
    assert stored(database, people.owner) == [(INCIDENT_DAY, 1, HOSTILE_NOTE, 2)]
    owner.post(f"{address}/status", status="clear", version="2")
    assert stored(database, people.owner) == [(INCIDENT_DAY, None, HOSTILE_NOTE, 3)]
    page = owner.get("/availability").text
    assert "</script><b>" not in page
    assert "🎾" in page
    owner.post(f"{address}/status", status="maybe", version="3")
    owner.post(f"{address}/note", note="  ", version="4")
    assert stored(database, people.owner) == [(INCIDENT_DAY, 3, None, 5)]


def test_a_note_too_long_is_refused_and_stays_in_the_form(
    owner: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    owner.post(f"{address}/note", note="short", version="0")
    long = "<b>" + "x" * 498
    for done in (
        owner.post(f"{address}/note", note=long, version="1"),
        owner.tap(f"{address}/note", note=long, version="1"),
    ):
        assert done.status_code == 422
        assert "&lt;b&gt;" + "x" * 498 in done.text
        assert "501 characters" in done.text
    assert stored(database, people.owner) == [(INCIDENT_DAY, None, "short", 1)]
    assert owner.post(f"{address}/note", note=long[1:], version="1").status_code == 303


def test_a_stale_write_shows_both_values_and_writes_nothing(
    owner: Visitor,
    sign_in: Callable[[Member], Visitor],
    people: Cast,
    address: str,
    database: psycopg.Connection[Any],
) -> None:
    other_device = sign_in(people.owner)
    assert other_device.post(f"{address}/status", status="in", version="0").status_code == 303
    for send in (owner.post, owner.tap):
        done = send(f"{address}/status", status="out", version="0")
        assert done.status_code == 409
        assert re.search(r"Stands now</dt><dd><strong>In<", done.text)
        assert re.search(r"You wanted</dt><dd><strong>Out<", done.text)
        assert 'name="version" value="1"' in done.text
        done = send(f"{address}/note", note="mine <i>", version="0")
        assert done.status_code == 409
        assert "mine &lt;i&gt;" in done.text
    assert stored(database, people.owner) == [(INCIDENT_DAY, 1, None, 1)]
    # What the page then offers works; and who wants what stands already is not bothered.
    assert owner.post(f"{address}/status", status="in", version="0").status_code == 303
    assert owner.post(f"{address}/status", status="out", version="1").status_code == 303
    assert stored(database, people.owner) == [(INCIDENT_DAY, 2, None, 2)]


def test_a_cleared_answer_does_not_make_an_old_page_current_again(
    owner: Visitor, address: str
) -> None:
    """In, clear, in again: a page shown before the clear is stale, though versions began anew."""
    owner.post(f"{address}/status", status="in", version="0")
    owner.post(f"{address}/status", status="clear", version="1")
    owner.post(f"{address}/status", status="in", version="2")
    assert owner.post(f"{address}/status", status="out", version="1").status_code == 409


def test_the_same_request_twice_is_written_once(
    owner: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    tap = {"status": "in", "version": "0", "key": "a" * 32}
    assert owner.tap(f"{address}/status", **tap).status_code == 200
    owner.tap(f"{address}/status", status="out", version="1", key="b" * 32)
    again = owner.tap(f"{address}/status", **tap)
    assert again.status_code == 200
    assert pressed(again.text) == ["out"]
    assert stored(database, people.owner) == [(INCIDENT_DAY, 2, None, 2)]
    assert database.execute("SELECT count(*) FROM availability_history").fetchone() == (2,)


def test_a_key_is_ones_own(
    owner: Visitor, mate: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    for visitor in (owner, mate):
        visitor.tap(f"{address}/status", status="in", version="0", key="c" * 32)
    assert stored(database, people.mate) == [(INCIDENT_DAY, 1, None, 1)]


def test_undo_brings_back_what_stood(owner: Visitor, address: str) -> None:
    owner.post(f"{address}/status", status="maybe", version="0")
    part = owner.tap(f"{address}/status", status="in", version="1").text
    undo = re.search(r'name="status" value="(\w+)">Undo', part)
    assert undo
    assert undo[1] == "maybe"
    assert pressed(owner.tap(f"{address}/status", status="maybe", version="2").text) == ["maybe"]


def test_history_says_who_and_when(
    owner: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    owner.post(f"{address}/status", status="in", version="0")
    owner.post(f"{address}/note", note="by <train>", version="1")
    page = owner.get(f"{address}/history").text
    assert "No answer → <strong>In</strong>" in page
    assert "by &lt;train&gt;" in page
    assert re.search(r"me, \d+ \w+ \d{4}, \d\d:\d\d", page)
    rows = database.execute(
        "SELECT user_id, changed_by, old_status, new_status, new_notes, version"
        " FROM availability_history ORDER BY id"
    ).fetchall()
    me = people.owner.user_id
    assert rows == [(me, me, None, 1, None, 1), (me, me, 1, 1, "by <train>", 2)]
    assert "by &lt;train&gt;" in owner.get("/availability/history").text


def test_a_get_changes_nothing(
    owner: Visitor, people: Cast, address: str, database: psycopg.Connection[Any]
) -> None:
    owner.post(f"{address}/status", status="in", version="0")
    owner.get("/availability")

    before = [
        database.execute(f"SELECT {table}::text FROM {table} ORDER BY 1").fetchall()
        for table in USER_TABLES
    ]
    for get in (
        "/availability",
        "/mobile/availability?all=yes",
        f"/availability?team={people.team_id}&saved={INCIDENT_DAY}",
        "/availability/history",
        f"{address}/history",
        "/account",
        "/find-yourself?league=1&name=a",
        "/sign-in",
        "/register",
        "/health",
    ):
        assert owner.get(get).status_code in (200, 303), get
    after = [
        database.execute(f"SELECT {table}::text FROM {table} ORDER BY 1").fetchall()
        for table in USER_TABLES
    ]
    assert after == before


USER_TABLES = (
    "users",
    "sessions",
    "player_availability",
    "availability_history",
    "chosen_teams",
    "link_requests",
    "user_player_associations",
)


def test_two_devices_at_the_same_moment(
    site_url: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    """Of writes that all saw the same version exactly one is written, also where no row was yet."""
    slot = answers.Slot(people.owner.user_id, people.team_id, INCIDENT_DAY)
    devices = 6
    for version in range(3):
        together = threading.Barrier(devices)
        outcomes: list[str] = []

        def write(status: int, *, version: int = version, together: Any = together) -> None:
            with psycopg.connect(site_url, row_factory=namedtuple_row) as connection:
                together.wait()
                try:
                    note = f"{version} {status}"
                    answers.save(
                        connection,
                        slot,
                        changed_by=slot.user_id,
                        note=note,
                        shown_version=version,
                    )
                    outcomes.append("written")  # noqa: B023
                except answers.Stale:
                    outcomes.append("stale")  # noqa: B023

        threads = [threading.Thread(target=write, args=[number]) for number in range(devices)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["stale"] * (devices - 1) + ["written"]
    assert stored(database, people.owner)[0][3] == 3
    rows = database.execute(
        "SELECT version, old_notes, new_notes FROM availability_history ORDER BY id"
    ).fetchall()
    assert [row[0] for row in rows] == [1, 2, 3]
    # What one change left is what the next one found: nothing was written beside the history.
    assert [row[1] for row in rows[1:]] == [row[2] for row in rows[:-1]]


def test_the_same_tap_many_times_at_the_same_moment(
    site_url: str, people: Cast, database: psycopg.Connection[Any]
) -> None:
    slot = answers.Slot(people.owner.user_id, people.team_id, INCIDENT_DAY)
    together = threading.Barrier(5)
    failures: list[Exception] = []

    def write() -> None:
        try:
            with psycopg.connect(site_url, row_factory=namedtuple_row) as connection:
                together.wait()
                answers.save(
                    connection,
                    slot,
                    changed_by=slot.user_id,
                    status=1,
                    events=[],
                    shown_version=0,
                    request_key="k" * 32,
                )
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert stored(database, people.owner) == [(INCIDENT_DAY, 1, None, 1)]
    assert database.execute("SELECT count(*) FROM availability_history").fetchone() == (1,)
