"""series_stats.json: a league's standings, a record for each team of each series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from courtside.feeds.names import collapse
from courtside.feeds.scrape_file import Batch, RecordKind, ScrapeFile
from courtside.feeds.series import SeriesRegister, series_name
from courtside.feeds.teams import Team, TeamRegister
from courtside.feeds.values import Number, UnusableError, parse_count, parse_number
from seawall.feeds.reading import Item, Value


class Figures(msgspec.Struct, frozen=True, gc=False, rename={"for_": "for"}):
    """What was won and lost, of one kind (matches, lines, sets, games)."""

    won: Number = None
    lost: Number = None
    tied: Number = None
    for_: Number = None
    ret: Number = None
    percentage: Number = None


class Standing(msgspec.Struct, rename={"league": "league_id"}):
    """One record as scraped."""

    league: str | None = None
    series: str | None = None
    team: str | None = None
    points: Number = None
    matches: Figures = Figures()
    lines: Figures = Figures()
    sets: Figures = Figures()
    games: Figures = Figures()


_kind = RecordKind(Standing)


def list_teams(file: ScrapeFile, teams: TeamRegister) -> None:
    """A first pass: which names the standings list under which series."""

    def use(_: int, record: Standing) -> None:
        if name := collapse(record.team):
            teams.list_in_standings(name, series_name(record.series))

    file.scan(_kind, use)


def read(file: ScrapeFile, teams: TeamRegister, series: SeriesRegister) -> Iterator[Item]:
    """Yield the rows of ``series_stats``; register teams and series. ``list_teams`` goes first."""
    batch = Batch("series_stats")
    seen: Counter[Team] = Counter()

    def use(position: int, record: Standing) -> None:
        name, label = collapse(record.team), collapse(record.series)
        if not name:
            raise UnusableError("no team")
        of_series = series_name(label)
        figures = _figures(record)
        team = teams.add_from_standings(name, of_series, file.name, position)
        if team is None:
            raise UnusableError("the team's name stands for several teams", name)
        if of_series:
            series.add(of_series, label, file.league, file.name, position, roster=False)
        if _is_shifted(record):
            file.notes["columns shifted"] += 1
        # CITA lists both halves of a season in one table: the same team of the same series twice.
        seen[team] += 1
        row = (file.league.code, team.name, team.series_key, seen[team], label, *figures)
        batch.rows.append((position, *row))

    yield from file.items(_kind, use, (batch,))


def _is_shifted(record: Standing) -> bool:
    """Whether the cells behind the matches stand in the wrong columns: no per cent among them."""
    percentage = record.lines.percentage
    return isinstance(percentage, str) and not percentage.rstrip().endswith("%")


def _figures(record: Standing) -> tuple[Value, ...]:
    """Points to games_percent; of a shifted record only what is said of matches can be trusted."""
    matches, lines, sets, games = record.matches, record.lines, record.sets, record.games
    of_matches = (*map(parse_count, (matches.won, matches.lost, matches.tied)),)
    if _is_shifted(record):
        return (None, *of_matches, parse_number(matches.percentage), *(None,) * 11)
    return (
        parse_count(record.points),
        *of_matches,
        parse_number(matches.percentage),
        *map(parse_count, (lines.won, lines.lost, lines.for_, lines.ret)),
        parse_number(lines.percentage),
        *map(parse_count, (sets.won, sets.lost)),
        parse_number(sets.percentage),
        *map(parse_count, (games.won, games.lost)),
        parse_number(games.percentage),
    )
