"""series_stats.json: standings, and what they say about which teams there are."""

from __future__ import annotations

from decimal import Decimal

from feed_building import Feed, standing


def test_a_standing_is_a_row_and_a_team(feed: Feed) -> None:
    feed.put("APTA_CHICAGO", "series_stats", standing("Elm - 7", "Chicago 7"))
    read = feed.read()
    (row,) = read.rows("series_stats")
    assert list(row.values())[:-2] == [
        *("APTA_CHICAGO", "Elm - 7", "", 1, "Chicago 7", 24),
        *(2, 1, 1, Decimal("50.0")),
        *(8, 2, 1, 3, Decimal("80.0")),
        *(14, 10, Decimal("58.3"), 117, 90, Decimal("56.5")),
    ]
    assert read.rows("teams", "name", "series_key", "series_name", "club_key") == [
        ("Elm - 7", "", "7", None)
    ]
    assert read.rows("series_leagues", "series_name", "label") == [("7", "Chicago 7")]
    assert read.rows("clubs") == []


def test_two_spellings_of_a_series_are_one_team(feed: Feed) -> None:
    lines = [standing("Elm - 7", "Chicago 7"), standing("Elm - 7", "Series 7")]
    read = feed.put("APTA_CHICAGO", "series_stats", *lines).read()
    assert read.rows("teams", "name", "series_key") == [("Elm - 7", "")]
    assert read.rows("series_stats", "ordinal") == [1, 2]


def test_one_name_in_several_series_is_several_teams(feed: Feed) -> None:
    lines = [
        standing("Elm", "Series 4.0 Singles Sun", "CITA"),
        standing("Fir", "Series Open Fri", "CITA"),
        standing("Elm", "Series Open Fri", "CITA"),
        standing("Elm ", "Series Open Fri", "CITA"),
    ]
    read = feed.put("CITA", "series_stats", *lines).read()
    assert read.rows("teams", "name", "series_key", "series_name") == [
        ("Elm", "4.0 Singles Sun", "4.0 Singles Sun"),
        ("Fir", "", "Open Fri"),
        ("Elm", "Open Fri", "Open Fri"),
    ]
    assert read.rows("series_stats", "team_name", "team_series_key", "ordinal") == [
        ("Elm", "4.0 Singles Sun", 1),
        ("Fir", "", 1),
        ("Elm", "Open Fri", 1),
        ("Elm", "Open Fri", 2),
    ]


def test_keys_stay_what_the_database_knows(feed: Feed) -> None:
    known = [
        ("CITA", "Elm", "Open Fri", "Open Fri"),
        ("CITA", "Elm", "Boys", "Boys"),
        ("CITA", "Fir", "", "Open Fri"),
        ("NSTF", "Oak", "Boys", "Boys"),
    ]
    lines = [
        standing("Elm", "Series Open Fri", "CITA"),
        standing("Fir", "Series Open Fri", "CITA"),
        standing("Fir", "Series Boys", "CITA"),
        standing("Oak", "Series Boys", "CITA"),
    ]
    read = feed.put("CITA", "series_stats", *lines).read(known)
    assert read.rows("teams", "name", "series_key") == [
        ("Elm", "Open Fri"),
        ("Fir", ""),
        ("Fir", "Boys"),
        ("Oak", ""),
    ]


def test_of_a_shifted_line_only_the_matches_count(feed: Feed) -> None:
    shifted = standing(
        "Elm",
        "Series Boys",
        "CITA",
        points=0,
        matches={"won": 11, "lost": 0, "tied": 2, "percentage": "84.6%"},
        lines={"won": 60, "lost": 6, "for": 11, "ret": 0, "percentage": "0"},
        sets={"won": 0, "lost": 1129, "percentage": "634"},
        games={"won": 0, "lost": 0, "percentage": ""},
    )
    read = feed.put("CITA", "series_stats", shifted).read()
    (row,) = read.rows("series_stats")
    said = {name: value for name, value in row.items() if value is not None}
    assert list(said.items())[5:-2] == [
        ("matches_won", 11),
        ("matches_lost", 0),
        ("matches_tied", 2),
        ("matches_percent", Decimal("84.6")),
    ]
    assert read.files["CITA/series_stats.json"].notes == {"columns shifted": 1}


def test_lines_that_cannot_be_used(feed: Feed) -> None:
    lines = [
        standing("", "Series 1"),
        standing("Elm", "Series 1", points="many"),
        standing("Elm", "Series 1", matches=[]),
        standing("Elm", "Series 1", league="NSTF"),
        None,
        {},
    ]
    read = feed.put("APTA_CHICAGO", "series_stats", standing("Fir", "Series 1"), *lines).read()
    assert [(position, reason) for _, position, reason, _ in read.reasons()] == [
        (2, "no team"),
        (3, "number cannot be read"),
        (4, "not a record of its kind"),
        (5, "record of another league"),
        (6, "not a record of its kind"),
        (7, "no team"),
    ]
    assert read.rows("teams", "name") == ["Fir"]
    assert read.files["APTA_CHICAGO/series_stats.json"].read == 7
