"""Which league a file speaks of: the directory's name says it; codes inside records are a check."""

from __future__ import annotations

from functools import lru_cache

import msgspec

KINDS = ("series_stats", "players", "match_history", "schedules", "player_history")
"""Kinds of file, in the order in which a league's files have to be read."""


class League(msgspec.Struct, frozen=True):
    """A league and how it differs from the others."""

    code: str
    name: str
    aliases: frozenset[str] = msgspec.field(default_factory=frozenset)
    """Other spellings of the code that were seen, casefolded."""
    club_is_team: bool = False
    """The players' "Club" is really the team ("Birchwood 1a")."""


KNOWN_LEAGUES = (
    League("APTA_CHICAGO", "APTA Chicago"),
    League("CITA", "CITA"),
    League("CNSWPL", "CNSWPL", club_is_team=True),
    League("NSTF", "NSTF", aliases=frozenset({"ntsf", "nsft"})),
)

_BY_SPELLING = {
    spelling: league
    for league in KNOWN_LEAGUES
    for spelling in (league.code.casefold(), *league.aliases)
}


@lru_cache(maxsize=1 << 8)
def known_league(spelling: str) -> League | None:
    """The league that a code means, whatever its case; None for a code never seen."""
    return _BY_SPELLING.get(spelling.strip().casefold())


def league_of_directory(name: str) -> League:
    """The league of a directory; one never seen is a league of its own, without peculiarities."""
    return known_league(name) or League(name, name)


def is_foreign(spelling: str | None, league: League) -> bool:
    """Whether a code inside a record is certainly another league's.

    Blank codes and codes never seen are not: they are misspelled too often.
    """
    said = known_league(spelling) if spelling else None
    return said is not None and said.code != league.code
