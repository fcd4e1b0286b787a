"""players.json: rosters and the people in them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from feed_building import Feed, roster_spot, standing

from courtside.feeds.players import captain


def test_one_person_in_two_teams_is_two_roster_rows_and_one_person(feed: Feed) -> None:
    feed.put(
        "APTA_CHICAGO",
        "players",
        roster_spot(),
        roster_spot(Series="Chicago 9", Series_Mapping_ID="Elm - 9", Club="Elm", Captain="C"),
    )
    read = feed.read()
    assert set(read.rows("players", "league", "source_id", "first_name", "last_name")) == {
        ("APTA_CHICAGO", "nndz-1", "Ann", "Doe")
    }
    assert read.rows("rosters", "source_id", "team_name", "team_series_key", "captain") == [
        ("nndz-1", "Quince Hill - 7", "", "player"),
        ("nndz-1", "Elm - 9", "", "captain"),
    ]
    assert read.rows("rosters", "pti", "wins", "losses", "win_percent", "series", "club")[0] == (
        *(Decimal("31.5"), 3, 1, Decimal("75.0")),
        *("Chicago 7", "Quince Hill"),
    )
    file = read.files["APTA_CHICAGO/players.json"]
    assert (file.scope, file.kind, file.table, file.read) == (
        *("APTA_CHICAGO", "players", "rosters", 2),
    )


def test_teams_clubs_and_series_come_from_rosters(feed: Feed) -> None:
    feed.put("APTA_CHICAGO", "players", roster_spot(), roster_spot(Player_ID="nndz-2"))
    read = feed.read()
    assert read.rows("teams", "league", "name", "series_key", "series_name", "club_key") == [
        ("APTA_CHICAGO", "Quince Hill - 7", "", "7", "quince hill")
    ]
    assert read.rows("clubs", "name_key", "name") == [("quince hill", "Quince Hill")]
    assert read.rows("club_leagues", "club_key", "league") == [("quince hill", "APTA_CHICAGO")]
    assert read.rows("series", "name") == ["7"]
    assert read.rows("series_leagues", "series_name", "league", "label") == [
        ("7", "APTA_CHICAGO", "Chicago 7")
    ]
    assert read.rows("leagues", "code", "name") == [("APTA_CHICAGO", "APTA Chicago")]


def test_where_the_club_is_the_team_the_series_is_cut_off(feed: Feed) -> None:
    said = {"League": "CNSWPL", "Series": "Division 1a", "Series Mapping ID": "Elm 1a"}
    feed.put("CNSWPL", "players", roster_spot() | said | {"Club": "Elm 1a"})
    read = feed.read()
    assert read.rows("clubs", "name") == ["Elm"]
    assert read.rows("teams", "name", "series_name", "club_key") == [("Elm 1a", "1", "elm")]
    assert read.rows("rosters", "series", "club") == [("Division 1a", "Elm 1a")]


def test_a_mis_split_series_is_told_by_the_teams_name(feed: Feed) -> None:
    said = {"Series": "Chicago Chicago", "Series_Mapping_ID": "Elm - Chicago - 14", "Club": "Elm"}
    feed.put("APTA_CHICAGO", "players", roster_spot(**said))
    read = feed.read()
    assert read.rows("teams", "name", "series_name") == [("Elm - Chicago - 14", "14")]
    assert read.rows("series", "name") == ["14"]
    assert read.rows("rosters", "series") == ["Chicago Chicago"]


@pytest.mark.parametrize(
    ("said", "reason", "expected"),
    [
        ({"Player_ID": ""}, "blank player id", False),
        ({"Player_ID": None}, "blank player id", False),
        (
            {"Player_ID": "FALLBACK_01AB"},
            "fallback id: a link scraped as a player",
            True,
        ),
        ({"Player_ID": "n" * 201}, "player id is too long", False),
        ({"Series_Mapping_ID": "BYE - 7"}, "a bye's links scraped as players", True),
        ({"Series_Mapping_ID": " "}, "no team", False),
        ({"First_Name": "", "Last_Name": " "}, "no name", False),
        ({"PTI": "high"}, "number cannot be read", False),
        ({"Wins": "99999999999"}, "number cannot be read", False),
        ({"League": "CITA"}, "record of another league", False),
        ({"First_Name": 7}, "not a record of its kind", False),
        ({"First_Name": "A\0nn"}, "text holds a NUL character", False),
        ({"First_Name": "A" * 3000}, "record is too long", False),
    ],
)
def test_what_cannot_be_used_is_set_aside_whole(
    feed: Feed, said: dict[str, object], reason: str, expected: bool
) -> None:
    good, bad = roster_spot(), roster_spot(**said)
    read = feed.put("APTA_CHICAGO", "players", good, bad, good).read()
    assert read.reasons() == [("APTA_CHICAGO/players.json", 2, reason, expected)]
    assert b'"Club": "Quince Hill"' in read.aside[0].record
    assert read.rows("rosters", "position") == read.rows("players", "position") == [1, 3]
    assert read.rows("teams", "name") == ["Quince Hill - 7"]
    assert read.files["APTA_CHICAGO/players.json"].read == 3


def test_numbers_of_every_type_and_later_field_names(feed: Feed) -> None:
    spot = roster_spot(PTI=-3.5, Wins=2, Losses=0.0, Captain="Yes")
    spot["Team"] = spot.pop("Series Mapping ID")
    spot["Win %"] = 100
    unrated = roster_spot(Player_ID="nndz-2", PTI="N/A", Wins="", Last_Name="", Captain="Boss")
    read = feed.put("APTA_CHICAGO", "players", spot, unrated).read()
    columns = ("team_name", "pti", "wins", "losses", "win_percent", "captain")
    assert read.rows("rosters", *columns) == [
        ("Quince Hill - 7", Decimal("-3.5"), 2, 0, Decimal(100), "captain"),
        ("Quince Hill - 7", None, None, 1, Decimal("75.0"), None),
    ]
    assert read.rows("players", "last_name") == ["Doe", ""]
    assert read.files["APTA_CHICAGO/players.json"].notes == {"captain not understood": 1}


@pytest.mark.parametrize(
    ("said", "role"),
    [
        *[("", "player"), (None, "player"), ("Player", "player")],
        *[("C", "captain"), ("Yes", "captain"), ("CC", "co-captain"), ("Boss", None)],
    ],
)
def test_captains(said: str | None, role: str | None) -> None:
    assert captain(said) == role


def test_a_roster_of_a_name_that_is_several_teams_needs_its_series(feed: Feed) -> None:
    feed.put(
        "APTA_CHICAGO",
        "series_stats",
        standing("Elm", "Series 1"),
        standing("Elm", "Series 2"),
    )
    feed.put(
        "APTA_CHICAGO",
        "players",
        roster_spot(Series_Mapping_ID="Elm", Series="Series 2"),
        roster_spot(Series_Mapping_ID="Elm", Series="", Player_ID="nndz-2"),
    )
    read = feed.read()
    assert read.rows("rosters", "team_name", "team_series_key") == [("Elm", "2")]
    assert [reason for _, _, reason, _ in read.reasons()] == [
        "the team's name stands for several teams"
    ]
