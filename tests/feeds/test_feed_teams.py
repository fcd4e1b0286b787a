"""Which teams there are, and which team a name means."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from courtside.feeds.leagues import League
from courtside.feeds.teams import Team, TeamRegister, series_key

PLAIN = League("P", "P")


@pytest.mark.parametrize(
    ("series", "listed", "known", "key"),
    [
        # An ordinary team: its name is enough, whatever its series is called or becomes.
        ("11", {"11"}, {}, ""),
        ("12", {"12"}, {"": "11"}, ""),
        (None, {"11"}, {}, ""),
        ("11", set(), {}, ""),
        # One name under several series in the same standings: several teams.
        ("4.0 Sun", {"4.0 Sun", "Open Fri"}, {}, "4.0 Sun"),
        (None, {"4.0 Sun", "Open Fri"}, {}, None),
        # The one that was alone keeps its key; those that come later get their own.
        ("11", {"11", "12"}, {"": "11"}, ""),
        ("12", {"11", "12"}, {"": "11"}, "12"),
        ("11", {"11", "12"}, {"": None}, "11"),
        # Once several, always several: a feed that lists one of them changes no key.
        ("12", {"12"}, {"11": "11", "12": "12"}, "12"),
        ("12", set(), {"11": "11", "12": "12"}, "12"),
        ("13", {"13"}, {"11": "11", "12": "12"}, "13"),
        ("11", {"11"}, {"": "11", "12": "12"}, ""),
        (None, {"11"}, {"": "11", "12": "12"}, None),
    ],
)
def test_the_series_part_of_a_key(
    series: str | None, listed: set[str], known: Mapping[str, str | None], key: str | None
) -> None:
    assert series_key(series, listed, known) == key


def _register(known: list[tuple[str, str, str | None]] | None = None) -> TeamRegister:
    register = TeamRegister(known or [])
    lines = [
        ("Quince Hill - 7", "7"),
        ("Peak S1 T2", "1"),
        ("Fir Club", "Open Fri"),
        ("Fir Club", "4.5 & Under Fri"),
    ]
    for name, series in lines:
        register.list_in_standings(name, series)
    for position, (name, series) in enumerate(lines, 1):
        register.add_from_standings(name, series, "P/series_stats.json", position)
    return register


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("Quince Hill - 7", "Chicago 7", ("Quince Hill - 7", "7")),
        (" Quince  Hill - 7 ", None, ("Quince Hill - 7", None)),
        ("Peak S1 T2 - Series 1", "Series 1", ("Peak S1 T2", "1")),
        ("Peak S1 T2 - 1", "Series 1", ("Peak S1 T2", "1")),
        ("Peak S1 T2 - Series 1", None, ("Peak S1 T2", "1")),
        ("Peak S1 T2 - Series 9", None, ("Peak S1 T2 - Series 9", None)),
        ("Fir Club - Open Fri", "Series Open Fri", ("Fir Club", "Open Fri")),
        ("Fir Club - 4.5 & Under Fri", None, ("Fir Club", "4.5 & Under Fri")),
        ("Who Knows - Series 1", "Series 1", ("Who Knows", "1")),
        ("Who Knows - Series 1", None, ("Who Knows - Series 1", None)),
        (" - 9 SW", "Chicago 9 SW", ("", "9 SW")),
        (" - Series 1", "Series 1", ("", "1")),
        ("", "Series 1", ("", "1")),
        (None, None, ("", None)),
        ("Legends - Legends", "Legends", ("Legends", "Legends")),
        ("Legends - Legends", "Series Legends", ("Legends", "Legends")),
    ],
)
def test_a_schedules_name_without_its_series(
    text: str | None, label: str | None, expected: tuple[str, str | None]
) -> None:
    assert _register().without_series(text, label) == expected


def test_a_name_means_a_team_only_if_there_is_one_and_no_other() -> None:
    register = _register([("Old Team", "", "3"), ("Elm", "1", "1"), ("Elm", "2", "2")])
    assert register.find("Quince Hill - 7") == Team("Quince Hill - 7", "")
    assert register.find("Old Team", "4") == Team("Old Team", "")
    assert register.find("Who Knows") is None
    assert register.find("Fir Club") is None
    assert register.find("Fir Club", "Open Fri") == Team("Fir Club", "Open Fri")
    assert register.find("Fir Club", "3.0 Sat") is None
    assert register.find("Elm") is None
    assert register.find("Elm", "2") == Team("Elm", "2")
    assert register.means_several("Fir Club")
    assert register.means_several("Elm")
    assert not register.means_several("Who Knows")
    assert not register.means_several("Quince Hill - 7")
    assert [register.why_not_found(name) for name in ("", "Elm", "Who Knows")] == [
        "team is blank",
        "team name stands for several teams",
        "team name is not known",
    ]


def test_a_team_is_one_row_with_the_standings_series_and_its_rosters_club() -> None:
    register = TeamRegister()
    register.list_in_standings("Midtown - Quince - 14", "14")
    register.add_from_standings("Midtown - Quince - 14", "14", "P/series_stats.json", 1)
    register.add_from_roster("Midtown - Quince - 14", None, "Midtown", "P/players.json", 8)
    register.add_from_roster("Elm - 3", "3", "Elm", "P/players.json", 9)
    register.add_from_roster("Elm - 3", "3", "ELM", "P/players.json", 10)
    register.add_from_standings("Elm - 4", "4", "P/series_stats.json", 2)
    register.add_from_standings("Nobody - 4", "4", "P/series_stats.json", 3)
    assert list(register.rows(PLAIN)) == [
        ("P/series_stats.json", 1, ("P", "Midtown - Quince - 14", "", "14", "midtown")),
        ("P/players.json", 9, ("P", "Elm - 3", "", "3", "elm")),
        ("P/series_stats.json", 2, ("P", "Elm - 4", "", "4", "elm")),
        ("P/series_stats.json", 3, ("P", "Nobody - 4", "", "4", None)),
    ]


def test_a_team_of_no_said_series_has_none() -> None:
    register = TeamRegister()
    register.add_from_roster("Quince", None, "Quince", "P/players.json", 2)
    assert [row[3] for _, _, row in register.rows(PLAIN)] == [None]
