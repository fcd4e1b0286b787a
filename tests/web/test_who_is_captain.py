"""Who is a team's captain: by the feed, or named by an operator; and what it brings."""

from __future__ import annotations

from typing import Any

import psycopg
from captain_answers import answer_address
from cast import Cast, Visitor, spots


def test_an_operator_names_a_captain_and_ends_it(
    operator: Visitor, owner: Visitor, people: Cast, database: psycopg.Connection[Any]
) -> None:
    address = f"/captain/{people.team_id}"
    assert owner.get(address).status_code == 403
    fields = {"user": str(people.owner.user_id)}
    for _ in range(2):
        done = operator.post(f"{address}/captains", decision="name", **fields)
        assert done.status_code == 303
    assert owner.get(address).status_code == 200
    assert 'href="/captain"' in owner.get("/availability").text
    done = owner.post(answer_address(people, people.mate), status="in", version="0")
    assert done.status_code == 303
    operator.post(f"{address}/captains", decision="end", **fields)
    assert owner.get(address).status_code == 403
    rows = database.execute(
        "SELECT user_id, named_by, ended_by, ended_at IS NOT NULL FROM named_captains"
    ).fetchall()
    operator_id = people.operator.user_id
    assert rows == [(people.owner.user_id, operator_id, operator_id, True)]


def test_only_an_operator_names_captains_and_only_players(
    mate: Visitor, operator: Visitor, owner: Visitor, stranger: Visitor, people: Cast,
    database: psycopg.Connection[Any],
) -> None:  # fmt: skip
    address = f"/captain/{people.team_id}/captains"
    fields = {"user": str(people.owner.user_id), "decision": "name"}
    assert mate.post(address, **fields).status_code == 403
    assert owner.post(address, **fields).status_code == 403
    assert stranger.post(address, **fields).status_code == 404
    for other in (people.stranger.user_id, 10**16):
        refused = operator.post(address, user=str(other), decision="name")
        assert refused.status_code == 404
    assert operator.post(address, user="x", decision="name").status_code == 400
    assert operator.post(address, user="1", decision="x").status_code == 400
    assert database.execute("SELECT FROM named_captains").fetchall() == []


def test_where_the_captain_comes_to(
    mate: Visitor, owner: Visitor, operator: Visitor, people: Cast
) -> None:
    assert mate.get("/captain").headers["location"] == f"/captain/{people.team_id}"
    assert owner.get("/captain").status_code == 404
    found = operator.get("/captain?q=tennaqua")
    assert f'href="/captain/{people.team_id}"' in found.text
    assert "No team found" in operator.get("/captain?q=%00%25_nobody").text


def test_a_captain_decides_who_is_who_in_their_team(
    mate: Visitor,
    stranger: Visitor,
    newcomer: Visitor,
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    ours = spots(database, people.team_id)[3][0]
    row = database.execute(
        "INSERT INTO link_requests (user_id, player_id, reason) VALUES (%s, %s, 'ambiguous')"
        " RETURNING id",
        [people.newcomer.user_id, ours],
    ).fetchone()
    assert row
    address = f"/link-requests/{row[0]}"
    # The captain of another team is told nothing.
    database.execute(
        "UPDATE rosters SET captain = 'captain' WHERE player_id = %s", [people.stranger.player_id]
    )
    assert people.newcomer.name not in stranger.get("/link-requests").text
    assert stranger.post(address, decision="approve").status_code == 404
    assert newcomer.post(address, decision="approve").status_code == 404
    assert "1 person says who they are" in mate.get(f"/captain/{people.team_id}").text
    assert people.newcomer.name in mate.get("/link-requests").text
    assert mate.post(address, decision="approve").status_code == 303
    assert newcomer.get(f"/availability?team={people.team_id}").status_code == 200
