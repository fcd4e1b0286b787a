"""Find yourself among the players: candidates, never a guess; one account per player."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from cast import LEAGUE, Cast, Member, Visitor, spots


@pytest.fixture
def league(database: psycopg.Connection[Any]) -> str:
    row = database.execute("SELECT id FROM leagues WHERE code = %s", [LEAGUE]).fetchone()
    assert row
    return str(row[0])


def links(database: psycopg.Connection[Any], member: Member) -> list[int]:
    rows = database.execute(
        "SELECT player_id FROM user_player_associations WHERE user_id = %s ORDER BY 1",
        [member.user_id],
    )
    return [row[0] for row in rows]


def test_league_club_series_and_name_give_candidates(
    newcomer: Visitor, people: Cast, league: str, database: psycopg.Connection[Any]
) -> None:
    free = spots(database, people.team_id)[2]
    assert "Which league?" in newcomer.get("/find-yourself").text
    assert "Tennaqua" in newcomer.get(f"/find-yourself?league={league}").text
    asked = f"/find-yourself?league={league}&name={free[1].split()[-1].lower()}&club=Tennaqua"
    page = newcomer.get(asked).text
    assert free[1] in page
    done = newcomer.post(
        "/find-yourself",
        league=league,
        club="Tennaqua",
        series="",
        name=free[1],
        player=str(free[0]),
    )
    assert done.headers["location"] == "/availability"
    assert links(database, people.newcomer) == [free[0]]
    assert "Tennaqua - 22" in newcomer.get("/availability").text


def test_a_player_who_is_not_among_the_candidates_cannot_be_claimed(
    newcomer: Visitor, people: Cast, league: str, database: psycopg.Connection[Any]
) -> None:
    free, another = spots(database, people.team_id)[2:4]
    for said in (
        {"name": another[1], "player": str(free[0])},
        {"name": free[1], "club": "no such club", "player": str(free[0])},
        {"name": free[1], "league": "999999", "player": str(free[0])},
        {"name": "", "player": str(free[0])},
        {"name": free[1], "player": "x"},
    ):
        fields = {"league": league, "club": "", "series": "", **said}
        assert newcomer.post("/find-yourself", **fields).status_code == 404
    assert links(database, people.newcomer) == []


def test_signs_of_patterns_mean_nothing(newcomer: Visitor, league: str) -> None:
    for name in ("%", "_", "\\", "*"):
        found = newcomer.client.get("/find-yourself", params={"league": league, "name": name})
        assert "Nobody found" in found.text


def test_a_player_with_an_account_is_not_taken_over(
    newcomer: Visitor,
    mate: Visitor,
    owner: Visitor,
    operator: Visitor,
    people: Cast,
    league: str,
    database: psycopg.Connection[Any],
) -> None:
    done = newcomer.post(
        "/find-yourself", league=league, club="", series="", name=people.owner.name,
        player=str(people.owner.player_id),
    )  # fmt: skip
    assert done.headers["location"] == "/find-yourself"
    assert "waiting for approval" in newcomer.get("/find-yourself").text
    assert links(database, people.newcomer) == []
    assert newcomer.get("/availability?team=" + str(people.team_id)).status_code == 404
    # The captain of the team and the operator see it, other players do not.
    assert people.newcomer.email in mate.get("/link-requests").text
    assert people.newcomer.email in operator.get("/link-requests").text
    assert owner.get("/link-requests").status_code == 404
    (request,) = re.findall(r'action="/link-requests/(\d+)"', mate.get("/link-requests").text)
    for who in (newcomer, owner):
        assert who.post(f"/link-requests/{request}", decision="approve").status_code == 404
    assert mate.post(f"/link-requests/{request}", decision="approve").status_code == 409
    assert links(database, people.owner) == [people.owner.player_id]
    assert mate.post(f"/link-requests/{request}", decision="decline").status_code == 303
    assert "waiting" not in newcomer.get("/find-yourself").text
    assert mate.post(f"/link-requests/{request}", decision="approve").status_code == 404


def test_two_of_one_name_in_one_club_wait_for_the_captain(
    newcomer: Visitor,
    mate: Visitor,
    stranger: Visitor,
    people: Cast,
    league: str,
    database: psycopg.Connection[Any],
) -> None:
    one, other = spots(database, people.team_id)[2:4]
    database.execute(
        "UPDATE players p SET first_name = o.first_name, last_name = upper(o.last_name)"
        " FROM players o WHERE p.id = %s AND o.id = %s",
        [other[0], one[0]],
    )
    for _ in range(2):  # asking twice is asking once
        newcomer.post(
            "/find-yourself", league=league, club="", series="", name=one[1], player=str(one[0])
        )
    assert links(database, people.newcomer) == []
    assert stranger.get("/link-requests").status_code in (200, 404)
    assert people.newcomer.email not in stranger.get("/link-requests").text
    (request,) = re.findall(r'action="/link-requests/(\d+)"', mate.get("/link-requests").text)
    assert mate.post(f"/link-requests/{request}", decision="approve").status_code == 303
    assert links(database, people.newcomer) == [one[0]]
    row = database.execute("SELECT decided_by, approved FROM link_requests").fetchone()
    assert row == (people.mate.user_id, True)


def test_several_teams_and_the_choice_is_remembered(
    owner: Visitor,
    sign_in: Callable[[Member], Visitor],
    people: Cast,
    database: psycopg.Connection[Any],
) -> None:
    database.execute(
        "INSERT INTO rosters (league_id, player_id, team_id, series, club)"
        " SELECT league_id, %s, id, '', '' FROM teams WHERE id = %s",
        [people.owner.player_id, people.other_team_id],
    )
    names = dict(
        database.execute(
            "SELECT id, name FROM teams WHERE id IN (%s, %s)",
            [people.team_id, people.other_team_id],
        ).fetchall()
    )
    for team_id in (people.other_team_id, people.team_id, people.other_team_id):
        assert owner.post("/team", team=str(team_id)).status_code == 303
        for visitor in (owner, sign_in(people.owner)):
            assert f"<h1>{names[team_id]}</h1>" in visitor.get("/availability").text
    bookmarked = owner.get(f"/availability?team={people.team_id}").text
    assert f"<h1>{names[people.team_id]}</h1>" in bookmarked
