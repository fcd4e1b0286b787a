"""Clubs: one however it is spelled; none made up."""

from __future__ import annotations

from collections import Counter

import pytest

from courtside.feeds.clubs import ClubRegister, club_in_team_name, most_frequent
from courtside.feeds.leagues import League

PLAIN = League("P", "P")
CLUB_IS_TEAM = League("C", "C", club_is_team=True)


def test_the_most_frequent_spelling_is_shown_and_ties_go_to_the_smallest() -> None:
    assert most_frequent(Counter({"b": 2, "a": 1})) == "b"
    assert most_frequent(Counter({"b": 2, "a": 2})) == "a"
    assert most_frequent(Counter()) is None


@pytest.mark.parametrize(
    ("team", "series", "league", "club"),
    [
        ("Quince Hill - 22", "22", PLAIN, "Quince Hill"),
        ("Midtown - Quince - 22", "22", PLAIN, "Midtown - Quince"),
        ("Quince Hill - 22", "11", PLAIN, ""),
        ("Quince Hill S1", "1", PLAIN, ""),
        ("Quince Hill", None, PLAIN, ""),
        ("Quince Hill 11", "11", CLUB_IS_TEAM, "Quince Hill"),
        ("Quince Hill 11b", "11", CLUB_IS_TEAM, "Quince Hill"),
        ("Quince Hill K(2)", "K", CLUB_IS_TEAM, "Quince Hill"),
        ("Quince Hill SN (1)", "SN", CLUB_IS_TEAM, "Quince Hill"),
        ("Quince Hill 11", "1", CLUB_IS_TEAM, ""),
        ("Quince Hill", "1", CLUB_IS_TEAM, ""),
    ],
)
def test_the_club_in_a_teams_name(team: str, series: str | None, league: League, club: str) -> None:
    assert club_in_team_name(team, series, league) == club


def test_case_pairs_are_one_club_and_numbered_ones_are_not() -> None:
    register = ClubRegister()
    spellings = ["PeakSport", "Peaksport", "PeakSport", "Glen Fir", "Glen Fir I", "", "Unknown"]
    for position, spelling in enumerate(spellings, 1):
        register.add(spelling, PLAIN, "P/players.json", position)
    register.add("GLEN FIR", CLUB_IS_TEAM, "C/players.json", 1)
    assert list(register.rows()) == [
        ("P/players.json", 1, ("peaksport", "PeakSport")),
        ("P/players.json", 4, ("glen fir", "GLEN FIR")),
        ("P/players.json", 5, ("glen fir i", "Glen Fir I")),
    ]
    assert [row for _, _, row in register.league_rows()] == [
        ("peaksport", "P"),
        ("glen fir", "P"),
        ("glen fir i", "P"),
        ("glen fir", "C"),
    ]
