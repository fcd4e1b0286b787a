"""match_history.json: courts played, by names that do not wobble."""

from __future__ import annotations

import datetime

from feed_building import Feed, court, standing

FILE = "APTA_CHICAGO/match_history.json"


def _played(feed: Feed, *courts: dict[str, object]) -> Feed:
    feed.put(
        "APTA_CHICAGO",
        "series_stats",
        *(standing(f"{name} - 7", "Chicago 7") for name in ("Elm", "Fir")),
        standing("Oak", "Series 1"),
        standing("Oak", "Series 2"),
    )
    return feed.put("APTA_CHICAGO", "match_history", *courts)


def test_a_court_is_a_row(feed: Feed) -> None:
    read = _played(feed, court("Elm  - 7", "Fir - 7")).read()
    (row,) = read.rows("match_scores")
    assert row["match_date"] == datetime.date(2030, 10, 2)
    assert (row["home_name"], row["home_team"]) == ("Elm - 7", "Elm  - 7")
    assert (row["home_team_name"], row["home_team_series_key"]) == ("Elm - 7", "")
    assert (row["away_team_name"], row["away_team_series_key"]) == ("Fir - 7", "")
    people = [row[f"{side}_player_{number}_name"] for side in ("home", "away") for number in (1, 2)]
    assert people == ["Ann Doe", "Bea Roe", "Cyd Poe", "Dot Loe"]
    ids = [row[f"{side}_player_{n}_source_id"] for side in ("home", "away") for n in (1, 2)]
    assert ids == ["nndz-1", None, "nndz-3", "nndz-4"]
    assert (row["scores"], row["winner"], row["riders"]) == ("6-4, 5-7, 6-3", "home", "")
    assert (row["line"], row["source_match_id"]) == (None, None)
    assert read.files[FILE].notes == {}


def test_riders_leave_the_names_and_stay_in_their_own_column(feed: Feed) -> None:
    said = {"Home Player 1": "Ann  DoeBy Default", "Away Player 2": "Dot Loe (S↑)"}
    read = _played(feed, court("Elm - 7", "Fir - 7") | said).read()
    (row,) = read.rows("match_scores")
    assert (row["home_player_1_name"], row["away_player_2_name"]) == ("Ann Doe", "Dot Loe")
    assert row["riders"] == "home 1: By Default; away 2: (S↑)"
    assert read.files[FILE].notes == {"riders behind names": 1}


def test_the_winner_is_kept_and_contradictions_are_counted(feed: Feed) -> None:
    courts = [
        court("Elm - 7", "Fir - 7", Winner="away"),
        court("Elm - 7", "Fir - 7", Winner="unknown", Home_Player_1="B"),
        court("Elm - 7", "Fir - 7", Winner=None, Home_Player_1="C"),
        court("Elm - 7", "Fir - 7", Winner="tie", Home_Player_1="D", Scores="6-4, 4-6"),
        court("Elm - 7", "Fir - 7", Winner="home", Home_Player_1="E", Scores="6-4, 4-6"),
        court("Elm - 7", "Fir - 7", Winner="home", Home_Player_1="F", Scores="October 2, 2030"),
    ]
    read = _played(feed, *courts).read()
    winners = read.rows("match_scores", "winner")
    assert winners == ["away", "unknown", None, "tie", "home", "home"]
    assert read.rows("match_scores", "scores")[-1] == "October 2, 2030"
    assert read.files[FILE].notes == {"winner contradicts score": 1, "score cannot be read": 1}


def test_names_that_mean_no_team_or_several_stay_text(feed: Feed) -> None:
    courts = [court("", "Elm - 7"), court("Oak", "Who Knows"), court("Oak", "Fir - 7")]
    read = _played(feed, *courts).read()
    columns = ("home_team", "home_name", "home_team_name", "away_team_name")
    assert read.rows("match_scores", *columns) == [
        ("", "", None, "Elm - 7"),
        ("Oak", "Oak", None, None),
        ("Oak", "Oak", None, "Fir - 7"),
    ]
    assert read.files[FILE].notes == {
        "team is blank": 1,
        "team name stands for several teams": 2,
        "team name is not known": 1,
    }
    assert "Who Knows" not in read.rows("teams", "name")


def test_teams_that_only_the_database_knows_are_found(feed: Feed) -> None:
    feed.put("APTA_CHICAGO", "match_history", court("Yew - 3", "Fir - 7"))
    read = feed.read([("APTA_CHICAGO", "Yew - 3", "", "3")])
    assert read.rows("match_scores", "home_team_name", "away_team_name") == [("Yew - 3", None)]


def test_later_fields_blank_players_and_bad_days(feed: Feed) -> None:
    courts = [
        court("Elm - 7", "Fir - 7", Line=2, match_id_=None) | {"match_id": 77},
        court("Elm - 7", "Fir - 7", Line="Line 3", Home_Player_2="", Home_Player_2_ID=""),
        court("Elm - 7", "Fir - 7", day="some day"),
        court("Elm - 7", "Fir - 7", day=""),
    ]
    read = _played(feed, *courts).read()
    assert read.rows("match_scores", "line", "source_match_id") == [("2", "77"), ("Line 3", None)]
    assert read.rows("match_scores", "home_player_2_name", "home_player_2_source_id")[1] == (
        "",
        None,
    )
    assert [reason for _, _, reason, _ in read.reasons()] == ["date cannot be read", "no date"]
