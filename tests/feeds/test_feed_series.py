"""Series' names without their leagues' spelling."""

from __future__ import annotations

import pytest

from courtside.feeds.leagues import League
from courtside.feeds.series import SeriesRegister, series_name, series_of_team_name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Series 11 SW", "11 SW"),
        ("Chicago 11 SW", "11 SW"),
        ("Division 11", "11"),
        ("Division 1a", "1"),
        ("Series 2A", "2A"),
        ("Series A", "A"),
        ("Series  4.0 Singles Sun ", "4.0 Singles Sun"),
        ("Legends", "Legends"),
        ("Series", "Series"),
        ("Chicago Chicago", None),
        ("", None),
        (None, None),
    ],
)
def test_the_first_word_is_spelling(label: str | None, name: str | None) -> None:
    assert series_name(label) == name


def test_a_teams_name_may_end_with_its_series() -> None:
    assert series_of_team_name("Midtown - Chicago - 14") == "14"
    assert series_of_team_name("Quince Hill - 9 SW") == "9 SW"
    assert series_of_team_name("Quince Hill") is None
    assert series_of_team_name("Quince Hill 14") is None


def test_a_leagues_label_is_the_rosters_most_frequent_plain_one() -> None:
    register, league = SeriesRegister(), League("X", "X")
    for label, roster in [
        *[("Series 1", False)] * 5,
        ("Division 1", True),
        *[("Division 1a", True)] * 9,
    ]:
        register.add("1", label, league, "X/players.json", 3, roster=roster)
    register.add("2", "Series 2", league, "X/series_stats.json", 4, roster=False)
    register.add("3", "3a", league, "X/series_stats.json", 5, roster=False)
    assert [row for _, _, row in register.league_rows()] == [
        ("1", "X", "Division 1"),
        ("2", "X", "Series 2"),
        ("3", "X", "3"),
    ]
    assert next(iter(register.rows())) == ("X/players.json", 3, ("1",))
