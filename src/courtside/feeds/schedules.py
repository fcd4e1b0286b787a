"""schedules.json: team matches, and practices that captains entered into the old platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from courtside.feeds.home_and_away import HomeAndAway
from courtside.feeds.names import collapse
from courtside.feeds.scrape_file import Batch, RecordKind, ScrapeFile
from courtside.feeds.teams import Team, TeamRegister
from courtside.feeds.values import UnusableError, parse_day, parse_time
from seawall.feeds.reading import Item


class Fixture(
    msgspec.Struct,
    gc=False,
    rename={"league": "League", "practice": "Practice", "practice_series": "Series"},
):
    """One record as scraped: a team match, or {date, time, Practice, Series}."""

    league: str | None = None
    date: str | None = None
    time: str | None = None
    home_team: str | None = None
    away_team: str | None = None
    location: str | None = None
    series: str | None = None
    practice: str | None = None
    practice_series: str | None = None

    @property
    def is_practice(self) -> bool:
        return self.practice is not None and self.home_team is None and self.away_team is None


_kind = RecordKind(Fixture)
_NO_TEAM = (None, None)

MAXIMUM_WEIGHED = 50_000
"""More of a league's schedule than this would decide nothing else."""


class Link(NamedTuple):
    """What a schedule's text for a team means."""

    team_name: str
    """Without the series."""
    key_name: str
    """The name in the row's key: the same however the series is spelled."""
    team: Team | None


class Linker:
    """Finds teams by the names that a schedule gives them; remembers only names that mean one."""

    def __init__(self, teams: TeamRegister) -> None:
        self._teams = teams
        self._found: dict[tuple[str | None, str | None], Link] = {}

    def link(self, text: str | None, series_label: str | None) -> Link:
        """The team that ``text`` means in a record whose series is ``series_label``, if any."""
        said = (text, series_label)
        if said in self._found:
            return self._found[said]
        name, series = self._teams.without_series(text, series_label)
        team = self._teams.find(name, series) if name else None
        if team:
            return self._found.setdefault(said, Link(name, team.label, team))
        several = series and self._teams.means_several(name)
        return Link(name, f"{name} - {series}" if several else name, None)


def weigh(file: ScrapeFile, linker: Linker, home_and_away: HomeAndAway) -> None:
    """A first pass: hold the schedule against the matches played and the places."""
    link = linker.link

    def use(_: int, record: Fixture) -> None:
        if record.is_practice:
            return
        home = link(record.home_team, record.series).team_name
        away = link(record.away_team, record.series).team_name
        day = parse_day(record.date)
        home_and_away.add_scheduled(day, home, away, record.location or "")

    file.scan(_kind, use, maximum_records=MAXIMUM_WEIGHED)


def read(file: ScrapeFile, teams: TeamRegister, linker: Linker, *, swapped: bool) -> Iterator[Item]:
    """Yield the rows of ``schedule``. ``swapped``: the feed's home team really plays away.

    Practices belong to users' own table and are written nowhere; they are counted.
    """
    batch = Batch("schedule")
    code, notes = file.league.code, file.notes
    link = linker.link

    def use(position: int, record: Fixture) -> None:
        if record.is_practice:
            notes["practice"] += 1
            return
        if record.home_team is None or record.away_team is None:
            raise UnusableError("no teams")
        day, time = parse_day(record.date), parse_time(record.time)
        first = link(record.home_team, record.series)
        second = link(record.away_team, record.series)
        for slot in (first, second):
            if slot.team is None:
                notes[teams.why_not_found(slot.team_name)] += 1
        home, away = (second, first) if swapped else (first, second)
        batch.rows.append(
            (
                position,
                code,
                day,
                first.key_name,
                second.key_name,
                time,
                record.home_team,
                record.away_team,
                collapse(record.location),
                collapse(record.series),
                *(home.team or _NO_TEAM),
                *(away.team or _NO_TEAM),
                swapped,
            )
        )

    yield from file.items(_kind, use, (batch,))
