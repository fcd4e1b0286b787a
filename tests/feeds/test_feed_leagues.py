"""The directory names the league; a code inside a record is a check."""

from __future__ import annotations

import pytest

from courtside.feeds.leagues import is_foreign, known_league, league_of_directory


@pytest.mark.parametrize("spelling", ["NSTF", "NTSF", "nsft", "nstf", " NSTF "])
def test_known_spellings(spelling: str) -> None:
    league = known_league(spelling)
    assert league is not None
    assert league.code == "NSTF"
    assert not is_foreign(spelling, league)


def test_another_known_leagues_code_is_foreign() -> None:
    assert is_foreign("cita", league_of_directory("NSTF"))
    assert is_foreign("NTSF", league_of_directory("CITA"))


@pytest.mark.parametrize("said", [None, "", "APTA", "who knows"])
def test_blank_and_unknown_codes_are_not_foreign(said: str | None) -> None:
    assert not is_foreign(said, league_of_directory("NSTF"))


def test_a_new_directory_is_a_league_of_its_own() -> None:
    league = league_of_directory("PEAK_LEAGUE")
    assert (league.code, league.name, league.club_is_team) == ("PEAK_LEAGUE", "PEAK_LEAGUE", False)
    assert is_foreign("CITA", league)
