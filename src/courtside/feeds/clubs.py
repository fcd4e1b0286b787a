"""Clubs: one however it is spelled, and which of its spellings is shown."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from courtside.feeds.leagues import League
from courtside.feeds.names import name_key

_UNNAMED = ("", "unknown")


def most_frequent(spellings: Counter[str]) -> str | None:
    """The most frequent entry; the smallest of several, so that every run shows the same."""
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling), default=None)


def club_in_team_name(team: str, series: str | None, league: League) -> str:
    """The club that a team's name begins with, '' where the series does not end the name.

    ``"Tennaqua - 22"`` in series 22 → ``"Tennaqua"``. Where a league's club is its team, a letter
    or a number may follow the series: ``"Birchwood 1a"``, ``"Skokie K(2)"``.
    """
    if not series:
        return ""
    if not league.club_is_team:
        return team.removesuffix(f" - {series}") if team.endswith(f" - {series}") else ""
    found = re.fullmatch(rf"(.+) {re.escape(series)}[a-z]?(?: ?\(\d+\))?", team)
    return found[1] if found else ""


class ClubRegister:
    """The clubs of all leagues of a feed. Grows with clubs only."""

    def __init__(self) -> None:
        self._spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self._first: dict[str, tuple[str, int]] = {}
        self._first_of_league: dict[tuple[str, str], tuple[str, int]] = {}

    def add(self, spelling: str, league: League, file: str, position: int) -> None:
        """Note that a team's roster names a club, once a team; blanks are none."""
        key = name_key(spelling)
        if key not in _UNNAMED:
            self._spellings[key][spelling] += 1
            self._first.setdefault(key, (file, position))
            self._first_of_league.setdefault((league.code, key), (file, position))

    def merge(self, other: ClubRegister) -> None:
        """Add what another register holds, of files that come after those of this one."""
        for key, spellings in other._spellings.items():
            self._spellings[key].update(spellings)
        for key, first in other._first.items():
            self._first.setdefault(key, first)
        for of_league, first in other._first_of_league.items():
            self._first_of_league.setdefault(of_league, first)

    def rows(self) -> Iterator[tuple[str, int, tuple[str | None, ...]]]:
        """Yield (file, position, row of ``clubs``)."""
        for key, spellings in self._spellings.items():
            yield *self._first[key], (key, most_frequent(spellings))

    def league_rows(self) -> Iterator[tuple[str, int, tuple[str | None, ...]]]:
        """Yield (file, position, row of ``club_leagues``)."""
        for (code, key), first in self._first_of_league.items():
            yield *first, (key, code)
