"""Practices: a series of dates, moves, cancellations, and what players see of them."""

from __future__ import annotations

import datetime
import html
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, Cast, Visitor

from courtside.captain.practices import weekly

WEDNESDAY = datetime.date(2024, 10, 23)


def enter(visitor: Visitor, people: Cast, **fields: str) -> Any:
    fields = {"day": str(WEDNESDAY), "time": "18:30", "place": "Court 3", "notes": "", **fields}
    return visitor.post(f"/captain/{people.team_id}/practices", **fields)


def rows(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT practice_date, to_char(start_time, 'HH24:MI'), location, cancelled_at IS NOT NULL,"
        " version FROM practices ORDER BY practice_date, id"
    ).fetchall()


def only_id(database: psycopg.Connection[Any], day: datetime.date = WEDNESDAY) -> int:
    found = database.execute("SELECT id FROM practices WHERE practice_date = %s", [day]).fetchall()
    assert len(found) == 1
    return found[0][0]


def card(page: str, day: datetime.date) -> str:
    return page.partition(f'id="day-{day}"')[2].partition("</article>")[0]


def test_a_series_has_the_same_weekday_through_the_change_of_the_clocks(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    done = enter(mate, people, until="2024-11-20")
    assert done.headers["location"].endswith("practices?added=5&there=0")
    days = [WEDNESDAY + datetime.timedelta(days=7 * week) for week in range(5)]
    assert [row[0] for row in rows(database)] == days
    assert {row[1] for row in rows(database)} == {"18:30"}
    for day in days:
        page = owner.get(f"/availability?from={day}").text
        assert f"Wednesday {day.day}" in card(page, day)
        assert "6:30 PM" in card(page, day)
        assert "Court 3" in card(page, day)


def test_a_form_that_is_sent_twice_enters_nothing_twice(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people, until="2024-11-06")
    done = enter(mate, people, until="2024-11-13")
    assert done.headers["location"].endswith("practices?added=1&there=3")
    assert len(rows(database)) == 4
    page = mate.get(f"/captain/{people.team_id}/practices?added=1&there=3").text
    assert "1 practice was entered. 3 stood there already." in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"day": "2024-09-19"}, "This day is over"),
        ({"day": "tomorrow"}, "Enter the day"),
        ({"day": "2024-02-30"}, "Enter the day"),
        ({"day": ""}, "Enter the day"),
        ({"time": "25:00"}, "Enter the time"),
        ({"time": ""}, "Enter the time"),
        ({"until": "2024-10-01"}, "The last day lies before"),
        ({"until": "x"}, "Enter the last day"),
        ({"until": "9999-12-31"}, "Enter days up to"),
        ({"day": "9999-12-31"}, "Enter days up to"),
        ({"place": "x" * 121}, "121 characters"),
        ({"notes": "x" * 501}, "501 characters"),
    ],
)
def test_what_cannot_be_entered_stays_in_the_form(
    fields: dict[str, str],
    said: str,
    mate: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    refused = enter(mate, people, **{"notes": "typed <in>", **fields})
    assert refused.status_code == 422
    assert said in refused.text
    if "notes" not in fields:
        assert "typed &lt;in&gt;" in refused.text
    assert rows(database) == []


def test_a_series_has_an_end() -> None:
    assert len(weekly(WEDNESDAY, datetime.date.max)) == 61
    assert weekly(datetime.date.max, datetime.date.max) == [datetime.date.max]


def test_another_time_is_told_to_who_answered(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people)
    owner.post(f"/availability/{people.team_id}/{WEDNESDAY}/status", status="in", version="0")
    address = f"/captain/{people.team_id}/practices/{only_id(database)}"
    fields = {"day": str(WEDNESDAY), "time": "19:15", "place": "Court 3", "notes": "bring balls"}
    assert mate.post(address, version="1", **fields).status_code == 303
    assert rows(database) == [(WEDNESDAY, "19:15", "Court 3", False, 2)]
    said = card(owner.get(f"/availability?from={WEDNESDAY}").text, WEDNESDAY)
    assert "New time: 7:15 PM, was 6:30 PM." in said
    assert "bring balls" in said


def test_a_move_keeps_the_answers_where_they_are(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people)
    owner.post(f"/availability/{people.team_id}/{WEDNESDAY}/status", status="in", version="0")
    thursday = WEDNESDAY + datetime.timedelta(days=1)
    address = f"/captain/{people.team_id}/practices/{only_id(database)}"
    fields = {"time": "18:30", "place": "Court 3", "notes": ""}
    assert mate.post(address, version="1", day=str(thursday), **fields).status_code == 303
    page = owner.get(f"/availability?from={WEDNESDAY}").text
    assert "Moved to" in card(page, WEDNESDAY)
    assert "It moved to Thursday 24 October 2024." in card(page, WEDNESDAY)
    assert 'value="in" aria-pressed="true"' in card(page, WEDNESDAY)
    assert 'aria-pressed="true"' not in card(page, thursday)
    # And back: the practice of the first day is taken up again, and nothing is doubled.
    address = f"/captain/{people.team_id}/practices/{only_id(database, thursday)}"
    assert mate.post(address, version="1", day=str(WEDNESDAY), **fields).status_code == 303
    assert rows(database) == [
        (WEDNESDAY, "18:30", "Court 3", False, 3),
        (thursday, "18:30", "Court 3", True, 2),
    ]
    page = owner.get(f"/availability?from={WEDNESDAY}").text
    assert "Changed since" not in card(page, WEDNESDAY)
    assert "Moved to" in card(page, thursday)


def test_a_cancelled_practice_is_marked_and_can_be_put_on_again(
    mate: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people)
    owner.post(f"/availability/{people.team_id}/{WEDNESDAY}/status", status="in", version="0")
    address = f"/captain/{people.team_id}/practices/{only_id(database)}"
    for _ in range(2):
        assert mate.post(f"{address}/cancel", version="1").status_code == 303
    said = card(owner.get(f"/availability?from={WEDNESDAY}").text, WEDNESDAY)
    assert "Cancelled" in said
    assert "It was cancelled." in said
    assert 'value="in" aria-pressed="true"' in said
    assert "Put it on again" in mate.get(address).text
    for _ in range(2):
        assert mate.post(f"{address}/put-on-again", version="2").status_code == 303
    said = card(owner.get(f"/availability?from={WEDNESDAY}").text, WEDNESDAY)
    assert "Cancelled" not in said
    assert "Changed since" not in said
    assert rows(database) == [(WEDNESDAY, "18:30", "Court 3", False, 3)]


def test_the_rest_of_a_series_is_cancelled_and_nothing_else(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people, until="2024-11-13")
    enter(mate, people, day="2024-11-14")
    second = WEDNESDAY + datetime.timedelta(days=7)
    address = f"/captain/{people.team_id}/practices/{only_id(database, second)}/cancel"
    mate.post(address, version="1", scope="following")
    assert [row[3] for row in rows(database)] == [False, True, True, True, False]
    assert mate.post(address, version="1", scope="all").status_code == 400


def test_two_captains_at_once(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people)
    address = f"/captain/{people.team_id}/practices/{only_id(database)}"
    fields = {"day": str(WEDNESDAY), "place": "Court 3", "notes": ""}
    mate.post(address, version="1", time="19:00", **fields)
    refused = mate.post(address, version="1", time="20:00", **fields)
    assert refused.status_code == 409
    assert "7:00 PM" in refused.text
    assert 'value="20:00"' in refused.text
    assert f"by {html.escape(people.mate.name)}" in refused.text
    assert mate.post(address, version="1", time="19:00", **fields).status_code == 303
    assert mate.post(f"{address}/cancel", version="1").status_code == 409
    assert rows(database) == [(WEDNESDAY, "19:00", "Court 3", False, 2)]
    mate.post(f"{address}/cancel", version="2")
    assert mate.post(address, version="2", time="21:00", **fields).status_code == 409
    assert mate.post(address, version="3", time="21:00", **fields).status_code == 409
    assert rows(database) == [(WEDNESDAY, "19:00", "Court 3", True, 3)]


def test_two_practices_at_one_time(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    enter(mate, people)
    enter(mate, people, time="19:30")
    before = rows(database)
    first = database.execute("SELECT min(id) FROM practices").fetchone()
    assert first
    address = f"/captain/{people.team_id}/practices/{first[0]}"
    fields = {"day": str(WEDNESDAY), "time": "19:30", "place": "", "notes": "kept"}
    refused = mate.post(address, version="1", **fields)
    assert refused.status_code == 422
    assert "There is a practice at that time already" in refused.text
    assert "kept" in refused.text
    assert rows(database) == before
    # Cancelled, its time given to another, it cannot be put on again.
    mate.post(f"{address}/cancel", version="1")
    enter(mate, people)
    assert mate.post(f"{address}/put-on-again", version="2").status_code == 422
    assert [row[3] for row in rows(database)].count(True) == 1


def test_a_practice_that_is_over_is_only_read(
    mate: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    row = database.execute(
        "INSERT INTO practices (team_id, practice_date, start_time, created_by)"
        " VALUES (%s, '2024-09-19', '18:00', %s) RETURNING id",
        [people.team_id, people.mate.user_id],
    ).fetchone()
    assert row
    address = f"/captain/{people.team_id}/practices/{row[0]}"
    assert "It is over" in mate.get(address).text
    fields = {"day": "2024-09-25", "time": "18:00", "version": "1"}
    for part in ("", "/cancel", "/put-on-again"):
        assert mate.post(address + part, **fields).status_code == 403


def test_a_practice_on_the_day_of_a_match_is_in_the_grid(
    mate: Visitor, owner: Visitor, people: Cast
) -> None:
    enter(mate, people, day=str(INCIDENT_DAY), time="17:00")
    page = mate.get(f"/captain/{people.team_id}").text
    assert "Practice; Tennaqua - 22 against Valley Lo - 22" in page
    assert page.count(f"{INCIDENT_DAY}?member={people.owner.user_id}#") == 1
    assert "Practice" in card(owner.get("/availability").text, INCIDENT_DAY)
