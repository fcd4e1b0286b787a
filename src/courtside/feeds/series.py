"""Series' names without their leagues' spelling."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache

from courtside.feeds.clubs import most_frequent
from courtside.feeds.leagues import League
from courtside.feeds.names import collapse

_FIRST_WORDS = ("series", "chicago", "division")
_LETTERED_DIVISION = re.compile(r"(\d+)[a-z]")
_TEAM_NUMBER = re.compile(r" - (\d+(?: SW)?)$")


@lru_cache(maxsize=1 << 12)
def series_name(label: str | None) -> str | None:
    """What a label says without its first word; None where it says nothing.

    ``"Chicago 11 SW"`` and ``"Series 11 SW"`` → ``"11 SW"``. ``"Division 1a"`` → ``"1"``: there the
    letter tells teams apart, not series. ``"Chicago Chicago"`` comes from a team's name that was
    split at the wrong place and says nothing.
    """
    text = collapse(label)
    first, _, rest = text.partition(" ")
    if first.casefold() not in _FIRST_WORDS or not rest:
        return text or None
    if rest.casefold() in _FIRST_WORDS:
        return None
    if first.casefold() == "division" and (lettered := _LETTERED_DIVISION.fullmatch(rest)):
        return lettered[1]
    return rest


def series_of_team_name(team: str) -> str | None:
    """The series' number behind a team's name: ``"Midtown - Chicago - 14"`` → ``"14"``."""
    found = _TEAM_NUMBER.search(team)
    return found[1] if found else None


def is_plain_label(label: str, name: str) -> bool:
    """Whether a label is its series' name and one word before it, no more."""
    return label == name or label.partition(" ")[2] == name


class SeriesRegister:
    """The series of all leagues of a feed. Grows with series only."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, int]] = {}
        self._first_of_league: dict[tuple[str, str], tuple[str, int]] = {}
        self._labels: dict[tuple[str, str, bool], Counter[str]] = defaultdict(Counter)

    def add(
        self, name: str, label: str, league: League, file: str, position: int, *, roster: bool
    ) -> None:
        """Note that a file names a series. ``label``: as spelled there, single spaces."""
        self._first.setdefault(name, (file, position))
        self._first_of_league.setdefault((league.code, name), (file, position))
        if is_plain_label(label, name):
            self._labels[league.code, name, roster][label] += 1

    def merge(self, other: SeriesRegister) -> None:
        """Add what another register holds, of files that come after those of this one."""
        for name, first in other._first.items():
            self._first.setdefault(name, first)
        for of_league, first in other._first_of_league.items():
            self._first_of_league.setdefault(of_league, first)
        for labelled, labels in other._labels.items():
            self._labels[labelled].update(labels)

    def rows(self) -> Iterator[tuple[str, int, tuple[str | None, ...]]]:
        """Yield (file, position, row of ``series``)."""
        for name, first in self._first.items():
            yield *first, (name,)

    def league_rows(self) -> Iterator[tuple[str, int, tuple[str | None, ...]]]:
        """Yield (file, position, row of ``series_leagues``); rosters' spelling goes first."""
        for (code, name), first in self._first_of_league.items():
            of_rosters = most_frequent(self._labels[code, name, True])
            label = of_rosters or most_frequent(self._labels[code, name, False]) or name
            yield *first, (name, code, label)
