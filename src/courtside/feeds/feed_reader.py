"""The feed reader: league by league, what teams there are, then everything that names them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from courtside.feeds import match_history, player_history, players, schedules, series_stats
from courtside.feeds.clubs import ClubRegister
from courtside.feeds.columns import COLUMNS
from courtside.feeds.home_and_away import HomeAndAway, Outcome
from courtside.feeds.leagues import KINDS, League, league_of_directory
from courtside.feeds.scrape_file import ScrapeFile
from courtside.feeds.series import SeriesRegister
from courtside.feeds.teams import TeamRegister
from seawall.errors import FeedError
from seawall.feeds.reading import (
    Evidence,
    Item,
    Notice,
    Part,
    PartedReader,
    ReadContext,
    Rows,
    Value,
)

_TABLE_OF_KIND = {
    "series_stats": "series_stats",
    "players": "rosters",
    "match_history": "match_scores",
    "schedules": "schedule",
    "player_history": None,
}
_TEAM_COLUMNS = ("league", "name", "series_key", "series_name")
_KnownTeam: TypeAlias = tuple[str, str, str | None]
"""(name, series key, series' name)"""

# Nothing else depends on it, and it is long: it can be read while the rest of its league is.
_READ_APART = "player_history"


class _Registers(msgspec.Struct):
    """What leagues share. Grows with clubs and series only."""

    clubs: ClubRegister = msgspec.field(default_factory=ClubRegister)
    series: SeriesRegister = msgspec.field(default_factory=SeriesRegister)


class CourtsideReader(PartedReader):
    """Reads ``DIRECTORY/LEAGUE/KIND.json``. A league or file that is not there says nothing."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Staged column names by table."""
        return COLUMNS

    def parts(self, directory: Path) -> Sequence[Part]:
        """A part for each league, and one for its players' history.

        Raises:
            FeedError: the directory has no league's directory in it.
        """
        return [
            Part(name, sum(file.path.stat().st_size for file in files.values()))
            for name, (_, files) in _files_by_part(directory).items()
        ]

    def read_part(self, context: ReadContext, part: Part) -> Generator[Item, None, _Registers]:
        """Stream a league, or its players' history.

        Returns:
            The clubs and series that it names.

        Raises:
            FeedError: a file is broken.
        """
        registers = _Registers()
        league, files = _files_by_part(context.directory)[part.name]
        if part.name == league.code:
            yield from _read_league(league, files, context, registers)
        else:
            yield from player_history.read(files[_READ_APART])
        return registers

    def read_rest(self, directory: Path, gathered: Sequence[_Registers]) -> Iterator[Item]:
        """Stream clubs and series, which leagues share: how a club is spelled is known at the end.
        Say what else lies in the directory."""
        every = _Registers()
        for registers in gathered:
            every.clubs.merge(registers.clubs)
            every.series.merge(registers.series)
        yield from _rows("clubs", every.clubs.rows())
        yield from _rows("club_leagues", every.clubs.league_rows())
        yield from _rows("series", every.series.rows())
        yield from _rows("series_leagues", every.series.league_rows())
        yield from _league_directories(directory).notices


def _files_by_part(directory: Path) -> dict[str, tuple[League, dict[str, ScrapeFile]]]:
    """The league and, by kind, the files of each part; a league's own goes first."""
    parts: dict[str, tuple[League, dict[str, ScrapeFile]]] = {}
    for league, path in _league_directories(directory).leagues:
        files = {
            kind: ScrapeFile(path / f"{kind}.json", league, kind, _TABLE_OF_KIND[kind])
            for kind in KINDS
            if (path / f"{kind}.json").exists()
        }
        parts[league.code] = (league, files)
        if _READ_APART in files and len(files) > 1:
            apart = {_READ_APART: files.pop(_READ_APART)}
            parts[f"{league.code}/{_READ_APART}"] = (league, apart)
    return parts


def _read_league(
    league: League, files: Mapping[str, ScrapeFile], context: ReadContext, registers: _Registers
) -> Iterator[Item]:
    first = next(iter(files.values()))
    yield Rows("leagues", first.name, [(1, league.code, league.name)])
    teams = TeamRegister(_known_teams(context, league))
    home_and_away = HomeAndAway()
    if file := files.get("series_stats"):
        series_stats.list_teams(file, teams)
        yield from series_stats.read(file, teams, registers.series)
    if file := files.get("players"):
        yield from players.read(file, teams, registers.clubs, registers.series)
    yield from _rows("teams", teams.rows(league))
    if file := files.get("match_history"):
        yield from match_history.read(file, teams, home_and_away)
    if file := files.get("schedules"):
        linker = schedules.Linker(teams)
        schedules.weigh(file, linker, home_and_away)
        name = f"home_and_away:{league.code}"
        outcome = home_and_away.decide(context.previous_evidence.get(name))
        yield Evidence(name, outcome.as_evidence())
        if outcome.basis == "none":
            yield _unproven(league, outcome)
        yield from schedules.read(file, teams, linker, swapped=outcome.swapped)
    if file := files.get(_READ_APART):
        yield from player_history.read(file)


class _Found(msgspec.Struct, frozen=True):
    leagues: list[tuple[League, Path]]
    notices: list[Notice]


def _league_directories(directory: Path) -> _Found:
    """Directories that hold files of known kinds, and a notice for whatever else is there."""
    found = _Found([], [])
    seen: dict[str, Path] = {}
    for entry in _entries(directory):
        files = _entries(entry) if entry.is_dir() else []
        known = [path for path in files if path.suffix == ".json" and path.stem in KINDS]
        if not known:
            found.notices.append(_unknown(entry, ""))
            continue
        league = league_of_directory(entry.name)
        if league.code in seen:
            raise FeedError(
                f"{seen[league.code].name} and {entry.name} are the same league",
                why="Two statements of what a league says now cannot both be right.",
                fix="Remove one of the two directories from the feed.",
            )
        seen[league.code] = entry
        found.leagues.append((league, entry))
        found.notices.extend(_unknown(path, league.code) for path in files if path not in known)
    if not found.leagues:
        raise FeedError(
            f"{directory} holds no league's files",
            why=f"Expected LEAGUE/KIND.json, with KIND one of {', '.join(sorted(KINDS))}.",
            fix="Name the directory of one scrape, such as scrapes/2025-06-30.",
        )
    return found


def _entries(directory: Path) -> list[Path]:
    """What a directory holds, by name; hidden entries are not the feed's."""
    try:
        return sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise FeedError(
            f"{directory} cannot be read: {error.strerror or error}",
            why="A feed is a directory with a directory for each league.",
            fix="Name the directory of one scrape, such as scrapes/2025-06-30.",
        ) from error


def _unknown(path: Path, scope: str) -> Notice:
    kind = "directory" if path.is_dir() else "file"
    return Notice(
        check="unknown-file",
        scope=scope,
        table="",
        message=f"{path.name} is a {kind} that the reader does not know; it was not read",
        fix=f"Known are LEAGUE/KIND.json, with KIND one of {', '.join(sorted(KINDS))}.",
    )


def _unproven(league: League, outcome: Outcome) -> Notice:
    return Notice(
        check="home-away-unproven",
        scope=league.code,
        table="schedule",
        message=f"nothing shows who plays at home in {league.code}; taken {outcome.decision}",
        fix="Import it together with its match history, which tells; or check a match by hand.",
    )


def _known_teams(context: ReadContext, league: League) -> Iterator[_KnownTeam]:
    """A league's teams as the database has them."""
    for code, name, series_key, series in context.known("teams", _TEAM_COLUMNS):
        if code == league.code:
            yield name, series_key, series


def _rows(table: str, rows: Iterable[tuple[str, int, tuple[Value, ...]]]) -> Iterator[Rows]:
    """Rows that were gathered, under the file and record that named each first."""
    by_file: dict[str, list[tuple[Value, ...]]] = defaultdict(list)
    for file, position, row in rows:
        by_file[file].append((position, *row))
    for file, of_file in by_file.items():
        yield Rows(table, file, of_file)


reader = CourtsideReader()
