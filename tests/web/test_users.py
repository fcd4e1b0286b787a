"""What operators do for users, each with its line in the record that nobody can change."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from cast import INCIDENT_DAY, PASSWORD, Cast, Member, Visitor


def actions(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT action, operator_id, user_id, reason, details FROM operator_actions ORDER BY id"
    ).fetchall()


def answer(database: psycopg.Connection[Any]) -> Any:
    return database.execute(
        "SELECT user_id, availability_status, coalesce(notes, ''), version FROM player_availability"
    ).fetchone()


def answer_address(people: Cast) -> str:
    return f"/users/{people.owner.user_id}/answers/{people.team_id}/{INCIDENT_DAY}"


@pytest.mark.parametrize(
    ("asked", "found"),
    [("owner@", True), ("OWNER", True), ("nobody-at-all", False), ("own%25", False), ("_", False)],
)
def test_search(asked: str, found: bool, operator: Visitor, people: Cast) -> None:
    page = operator.get(f"/users?q={asked}").text
    assert (people.owner.email in page) == found
    name = people.owner.name.split()[-1]
    assert people.owner.email in operator.get(f"/users?q={name}").text, "by the player's name"


def test_operators_make_operators_and_never_the_last_goes(
    operator: Visitor,
    newcomer: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    theirs = f"/users/{people.newcomer.user_id}/operator"
    assert newcomer.get("/imports").status_code == 404
    assert operator.post(theirs, operator="yes").status_code == 303
    assert newcomer.get("/imports").status_code == 200
    operator.post(theirs, operator="yes")
    own = operator.post(f"/users/{people.operator.user_id}/operator", operator="no")
    assert own.status_code == 409
    assert operator.post(theirs, operator="no").status_code == 303
    assert newcomer.get("/imports").status_code == 404
    assert [row[0] for row in actions(database)] == ["make operator", "end operator"]
    assert actions(database)[0][1:3] == (people.operator.user_id, people.newcomer.user_id)


def test_two_operators_who_end_each_other(
    operator: Visitor, newcomer: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    operator.post(f"/users/{people.newcomer.user_id}/operator", operator="yes")
    ends = [
        (operator, f"/users/{people.newcomer.user_id}/operator"),
        (newcomer, f"/users/{people.operator.user_id}/operator"),
    ]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda end: end[0].post(end[1], operator="no").status_code, ends))
    assert database.execute("SELECT count(*) FROM operators").fetchone() == (1,)


def test_a_named_captain_is_one(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    address = f"/users/{people.owner.user_id}/captain"
    assert owner.get("/link-requests").status_code == 404
    operator.post(address, team=str(people.team_id), captain="yes")
    assert owner.get("/link-requests").status_code == 200
    assert "captain" in owner.get("/account").text
    not_theirs = operator.post(address, team=str(people.other_team_id), captain="yes")
    assert not_theirs.status_code == 404
    operator.post(address, team=str(people.team_id), captain="no")
    assert owner.get("/link-requests").status_code == 404
    assert [row[0] for row in actions(database)] == ["name captain", "end captain"]


def test_a_reset_link_works_once_and_is_not_kept(
    operator: Visitor,
    owner: Visitor,
    anonymous: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    page = operator.post(f"/users/{people.owner.user_id}/reset-link")
    found = re.search(r"http://testserver(/new-password/[\w-]+)", page.text)
    assert found
    assert page.headers["cache-control"] == "no-store"
    done = anonymous.post(found[1], password="a new long password")
    assert done.status_code == 303
    assert anonymous.get(found[1]).status_code in (303, 404)
    assert owner.get("/account").status_code == 303, "old sessions have ended"
    token = found[1].rsplit("/", 1)[1]
    assert token not in str(actions(database))
    assert actions(database)[0][0] == "reset link"
    assert token not in operator.get("/users/log").text


def test_sessions_end(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    assert operator.post(f"/users/{people.owner.user_id}/end-sessions").status_code == 303
    assert owner.get("/account").status_code == 303
    assert owner.sign_in(people.owner.email, PASSWORD).status_code == 303
    assert actions(database) == [
        ("end sessions", people.operator.user_id, people.owner.user_id, None, {"sessions": 1})
    ]


def test_an_answer_is_entered_with_a_reason_and_its_user_sees_it(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    address = answer_address(people)
    note = "knee\nsays “no” </textarea><script>1</script> 🎾"
    sent = {"status": "out", "note": note, "version": "0"}
    for bad in ({}, {"reason": "  "}, {"reason": "x" * 301}):
        refused = operator.post(address, **sent, **bad)
        assert refused.status_code == 422
        assert "</textarea><script>" not in refused.text
        assert "🎾" in refused.text, "what was typed is not lost"
    assert answer(database) is None
    assert operator.post(address, **sent, reason="he called me").status_code == 303
    assert answer(database) == (people.owner.user_id, 2, note, 1)
    page = owner.get("/availability").text
    assert people.operator.name in page
    history = owner.get("/availability/history").text
    assert "he called me" in history
    assert people.operator.name in history
    kept = actions(database)
    assert len(kept) == 1
    assert kept[0][0] == "answer"
    assert kept[0][3] == "he called me"
    assert kept[0][4]["to"] == "out"


def test_a_note_that_is_too_long_is_refused(
    operator: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    sent = {"status": "in", "note": "n" * 501, "version": "0", "reason": "x"}
    refused = operator.post(answer_address(people), **sent)
    assert refused.status_code == 422
    assert "n" * 501 in refused.text
    assert answer(database) is None


def test_an_answer_that_its_user_changed_meanwhile_is_not_written_over(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    own = f"/availability/{people.team_id}/{INCIDENT_DAY}/status"
    owner.post(own, status="in", version="0")
    sent = {"status": "out", "note": "", "version": "0", "reason": "he called me"}
    stale = operator.post(answer_address(people), **sent)
    assert stale.status_code == 409
    assert "Now it says: in" in stale.text
    assert 'name="version" value="1"' in stale.text
    assert answer(database)[1] == 1
    assert actions(database) == []
    assert operator.post(answer_address(people), **{**sent, "version": "1"}).status_code == 303
    assert answer(database)[1] == 2


def test_a_past_day_can_be_corrected(
    operator: Visitor, people: Cast, database: psycopg.Connection[Any], day_over: datetime.date
) -> None:
    address = f"/users/{people.owner.user_id}/answers/{people.team_id}/{day_over}"
    sent = {"status": "maybe", "note": "", "version": "0", "reason": "for the record"}
    assert operator.post(address, **sent).status_code == 303
    assert answer(database)[1] == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operator_actions SET reason = 'other'",
        "DELETE FROM operator_actions",
        "TRUNCATE operator_actions",
    ],
)
def test_the_record_stays(
    statement: str, operator: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    operator.post(f"/users/{people.owner.user_id}/end-sessions")
    with pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert len(actions(database)) == 1


def test_the_record_goes_on_over_pages(
    operator: Visitor, people: Cast, sign_in: Callable[[Member], Visitor]
) -> None:
    for _ in range(53):
        operator.post(f"/users/{people.owner.user_id}/end-sessions")
    first = operator.get("/users/log").text
    assert first.count('<li class="card">') == 50
    earlier = re.search(r'href="(/users/log\?before=\d+)"', first)
    assert earlier
    assert operator.get(earlier[1]).text.count('<li class="card">') == 3
    del sign_in
