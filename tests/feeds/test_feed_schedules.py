"""schedules.json: links to teams, corrected home and away, keys that do not wobble."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from feed_building import Feed, court, fixture, standing

from courtside.feeds import schedules

FILE = "APTA_CHICAGO/schedules.json"
TEAMS = ("Elm - 7", "Fir - 7", "Ash S1", "Bay  S1 T2")


def _scheduled(feed: Feed, *fixtures: dict[str, Any]) -> Feed:
    feed.put(
        "APTA_CHICAGO",
        "series_stats",
        *(standing(name, "Series 1" if " S1" in name else "Chicago 7") for name in TEAMS),
        standing("Oak", "Series Open Fri"),
        standing("Oak", "Series Boys"),
    )
    return feed.put("APTA_CHICAGO", "schedules", *fixtures)


def test_home_and_away_are_corrected_and_the_key_is_the_feeds_own(feed: Feed) -> None:
    days = [f"10/{day:02}/2030" for day in range(1, 12)]
    _scheduled(feed, *(fixture("Elm - 7", "Fir - 7", day, location="") for day in days))
    played = [court("Fir - 7", "Elm - 7", f"{day:02}-Oct-30") for day in range(1, 12)]
    read = feed.put("APTA_CHICAGO", "match_history", *played).read()
    columns = ("home_name", "away_name", "home_team", "home_team_name", "away_team_name")
    assert set(read.rows("schedule", *columns, "home_away_swapped")) == {
        ("Elm - 7", "Fir - 7", "Elm - 7", "Fir - 7", "Elm - 7", True)
    }
    evidence = read.evidence["home_and_away:APTA_CHICAGO"]
    assert (evidence["decision"], evidence["basis"]) == ("swapped", "match_history")
    assert (evidence["swapped"], evidence["as_written"]) == (11, 0)
    assert read.notices == []


def test_only_the_beginning_of_a_long_schedule_is_weighed(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedules, "MAXIMUM_WEIGHED", 11)
    days = [f"10/{day:02}/2030" for day in range(1, 31)]
    _scheduled(feed, *(fixture("Elm - 7", "Fir - 7", day, location="") for day in days))
    feed.put(
        "APTA_CHICAGO",
        "match_history",
        *(court("Fir - 7", "Elm - 7", f"{day:02}-Oct-30") for day in range(1, 12)),
        *(court("Elm - 7", "Fir - 7", f"{day:02}-Oct-30") for day in range(12, 31)),
    )
    evidence = feed.read().evidence["home_and_away:APTA_CHICAGO"]
    assert (evidence["swapped"], evidence["as_written"]) == (11, 0)


def test_without_evidence_the_last_decision_stands_else_it_is_as_written(feed: Feed) -> None:
    _scheduled(feed, fixture("Elm - 7", "Fir - 7"))
    read = feed.read(APTA_CHICAGO={"decision": "swapped"})
    assert read.rows("schedule", "home_team_name", "home_away_swapped") == [("Fir - 7", True)]
    assert read.notices == []
    read = feed.read()
    assert read.rows("schedule", "home_team_name", "home_away_swapped") == [("Elm - 7", False)]
    (notice,) = read.notices
    assert (notice.check, notice.scope, notice.refuses) == (
        *("home-away-unproven", "APTA_CHICAGO", False),
    )


def test_the_place_is_evidence_too(feed: Feed) -> None:
    days = [f"10/{day:02}/2030" for day in range(1, 12)]
    _scheduled(feed, *(fixture("Elm - 7", "Fir - 7", day, location="Fir") for day in days))
    assert feed.read().evidence["home_and_away:APTA_CHICAGO"]["basis"] == "location"


def test_teams_with_the_series_appended_and_double_spaces(feed: Feed) -> None:
    read = _scheduled(
        feed,
        fixture("Ash S1 - Series 1", "Bay  S1 T2 - 1", series="Series 1"),
        fixture("Ash S1 - Series 1", "Bay S1 T2 - Series 1", "10/03/2030", series=None),
        fixture(" Elm - 7 ", "Oak - Boys", series="Series Boys"),
    ).read()
    columns = ("home_name", "away_name", "home_team_name", "away_team_name", "away_team_series_key")
    assert read.rows("schedule", *columns) == [
        ("Ash S1", "Bay S1 T2", "Ash S1", "Bay S1 T2", ""),
        ("Ash S1", "Bay S1 T2", "Ash S1", "Bay S1 T2", ""),
        ("Elm - 7", "Oak - Boys", "Elm - 7", "Oak", "Boys"),
    ]
    assert read.rows("schedule", "home_team", "away_team")[0] == (
        "Ash S1 - Series 1",
        "Bay  S1 T2 - 1",
    )
    assert read.files[FILE].notes == {}


def test_slots_that_mean_no_team_load_as_text(feed: Feed) -> None:
    read = _scheduled(
        feed,
        fixture(" - 7", "Fir - 7"),
        fixture("Who Knows - Series 7", "Oak", series="Series 7"),
        fixture("Who Knows - Chicago 7", "Oak - Golf", "10/03/2030"),
    ).read()
    columns = ("home_name", "away_name", "home_team_name", "away_team_name")
    assert read.rows("schedule", *columns) == [
        ("", "Fir - 7", None, "Fir - 7"),
        ("Who Knows", "Oak - 7", None, None),
        ("Who Knows", "Oak - Golf", None, None),
    ]
    assert read.rows("schedule", "home_team")[0] == " - 7"
    assert read.files[FILE].notes == {
        "team is blank": 1,
        "team name is not known": 3,
        "team name stands for several teams": 1,
    }
    assert read.aside == []


def test_practices_are_counted_and_written_nowhere(feed: Feed) -> None:
    practice = {"date": "12/07/2030", "time": "10:30 AM", "Practice": "Elm", "Series": "Chicago 7"}
    read = _scheduled(feed, practice, fixture("Elm - 7", "Fir - 7"), practice).read()
    assert read.rows("schedule", "position") == [2]
    assert read.files[FILE].notes == {"practice": 2}
    assert read.files[FILE].read == 3
    assert read.aside == []


def test_days_times_and_places(feed: Feed) -> None:
    read = _scheduled(
        feed,
        fixture("Elm - 7", "Fir - 7", location=" Elm  Park "),
        fixture("Elm - 7", "Fir - 7", "10/03/2030", time="", location=None, series=None),
        fixture("Elm - 7", "Fir - 7", "13/03/2030"),
        fixture("Elm - 7", "Fir - 7", "10/04/2030", time="late"),
        {"date": "10/05/2030", "time": "", "home_team": "Elm - 7"},
    ).read()
    assert read.rows("schedule", "match_date", "match_time", "location", "series") == [
        (datetime.date(2030, 10, 2), datetime.time(18, 30), "Elm Park", "Chicago 7"),
        (datetime.date(2030, 10, 3), None, "", ""),
    ]
    assert [(position, reason) for _, position, reason, _ in read.reasons()] == [
        (3, "date cannot be read"),
        (4, "time cannot be read"),
        (5, "no teams"),
    ]
