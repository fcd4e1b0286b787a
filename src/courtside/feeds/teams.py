"""Which teams there are, and which team a name means."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from courtside.feeds.clubs import club_in_team_name, most_frequent
from courtside.feeds.leagues import League
from courtside.feeds.names import collapse, name_key
from courtside.feeds.series import series_name


class Team(NamedTuple):
    """What identifies a team inside its league."""

    name: str
    series_key: str
    """'' unless the name stands for several teams; then the series' name."""

    @property
    def label(self) -> str:
        """The team's name, with its series where that is needed to tell it from others."""
        return f"{self.name} - {self.series_key}" if self.series_key else self.name


def series_key(
    series: str | None, listed: Collection[str], known: Mapping[str, str | None]
) -> str | None:
    """The series part of a team's key; '' where the name alone identifies it.

    A name stands for several teams once one table of standings lists it under several series,
    and from then on: keys must not change because a later feed lists one of them only.

    Args:
        series: the series' name, as far as the record says it.
        listed: series under which this feed's standings list the team's name.
        known: what the database has for the name: series key → series' name.

    Returns:
        None where the name stands for several teams and the series does not tell which.
    """
    if len(listed) <= 1 and not any(known):
        return ""
    if series is None or series in known:
        return series
    if "" in known and known[""] == series:
        return ""  # it was the only one when it came
    return series


class _Entry(msgspec.Struct):
    """What the files say about one team."""

    file: str
    position: int
    standings_series: str | None = None
    roster_series: str | None = None
    clubs: Counter[str] = msgspec.field(default_factory=Counter)


class TeamRegister:
    """One league's teams: what the database knows, what this feed lists. Grows with teams only."""

    def __init__(self, known: Iterable[tuple[str, str, str | None]] = ()) -> None:
        """``known``: (name, series key, series' name) of each team of the league."""
        self._known: dict[str, dict[str, str | None]] = defaultdict(dict)
        self._series_by_name: dict[str, set[str]] = defaultdict(set)
        for name, key, series in known:
            self._known[name][key] = series
            self._note_series(name, series)
        self._listed: dict[str, set[str]] = defaultdict(set)
        self._entries: dict[Team, _Entry] = {}

    def list_in_standings(self, name: str, series: str | None) -> None:
        """Note a line of the standings, before any team is added."""
        listed = self._listed[name]
        if series:
            listed.add(series)

    def add_from_standings(
        self, name: str, series: str | None, file: str, position: int
    ) -> Team | None:
        """A team of the standings; None where the series does not tell which."""
        team = self.identify(name, series)
        if team:
            entry = self._entries.setdefault(team, _Entry(file, position))
            entry.standings_series = series
            self._note_series(name, series)
        return team

    def add_from_roster(
        self, name: str, series: str | None, club: str, file: str, position: int
    ) -> Team | None:
        """A team that somebody plays for; None where the series does not tell which.

        ``club`` is the spelling of the club, '' where it is not said.
        """
        team = self.identify(name, series)
        if team:
            entry = self._entries.setdefault(team, _Entry(file, position))
            entry.roster_series = entry.roster_series or series
            if club:
                entry.clubs[name_key(club)] += 1
            self._note_series(name, series)
        return team

    def identify(self, name: str, series: str | None) -> Team | None:
        """The key of the team with this name and series, whether the team is known or not."""
        key = series_key(series, self._listed.get(name, ()), self._known.get(name, {}))
        return None if key is None else Team(name, key)

    def find(self, name: str, series: str | None = None) -> Team | None:
        """The team that a name means, if there is such a team and no other."""
        team = self.identify(name, series)
        if team is None:
            return None
        known = team.series_key in self._known.get(name, {})
        return team if known or team in self._entries else None

    def has_name(self, name: str) -> bool:
        """Whether some team of the league is called so."""
        return name in self._series_by_name

    def means_several(self, name: str) -> bool:
        """Whether the name alone does not tell which team is meant."""
        return self.has_name(name) and self.identify(name, None) is None

    def why_not_found(self, name: str) -> str:
        """Why a name means no team, in words to count."""
        if not name:
            return "team is blank"
        if self.means_several(name):
            return "team name stands for several teams"
        return "team name is not known"

    def without_series(self, text: str | None, series_label: str | None) -> tuple[str, str | None]:
        """A schedule's name of a team → (the team's name, its series as far as it is said).

        Schedules put " - " and the series behind the name: as labelled, or without the label's
        first word. A name that is known in full is taken as it is ("Tennaqua - 22"). Where the
        record names no series, an ending counts only if it is a series of the team before it.
        """
        full = collapse(text)
        series = series_name(series_label)
        if self.has_name(full):
            return full, series
        if series_label:
            label = collapse(series_label)
            for ending in (label, label.partition(" ")[2]):
                if not ending:
                    continue
                if full == f"- {ending}":
                    return "", series
                base = full.removesuffix(f" - {ending}")
                if base != full:
                    return base, series
            return full, series
        at = len(full)
        while (at := full.rfind(" - ", 0, at)) > 0:
            said = series_name(full[at + 3 :])
            if said in self._series_by_name.get(full[:at], ()):
                return full[:at], said
        return full, None

    def rows(self, league: League) -> Iterator[tuple[str, int, tuple[str | None, ...]]]:
        """Yield (file, position, row of ``teams``) for each team of this feed."""
        played_for = {club for entry in self._entries.values() for club in entry.clubs}
        for team, entry in self._entries.items():
            series = entry.standings_series or entry.roster_series
            club = most_frequent(entry.clubs)
            if club is None:
                # A team without a roster: its name may tell the club, but makes none up.
                told = name_key(club_in_team_name(team.name, series, league))
                club = told if told in played_for else None
            yield entry.file, entry.position, (league.code, *team, series, club)

    def _note_series(self, name: str, series: str | None) -> None:
        of_name = self._series_by_name[name]
        if series:
            of_name.add(series)
