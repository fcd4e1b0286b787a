"""A small feed, written by hand and read as the engine reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from courtside.feeds import reader
from seawall.feeds.reading import (
    Evidence,
    FileRead,
    Notice,
    ReadContext,
    Rows,
    SetAside,
    Value,
)

KnownTeam = tuple[str, str, str, str | None]


@dataclass
class FeedRead:
    """Everything that a reader yielded, sorted by what it is."""

    tables: dict[str, list[dict[str, Value]]] = field(default_factory=dict)
    aside: list[SetAside] = field(default_factory=list)
    files: dict[str, FileRead] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def rows(self, table: str, *columns: str) -> list[Any]:
        """The rows of a table; of one column its values, of several tuples, of none whole rows."""
        rows = self.tables.get(table, [])
        if not columns:
            return rows
        if len(columns) == 1:
            return [row[columns[0]] for row in rows]
        return [tuple(row[column] for column in columns) for row in rows]

    def reasons(self) -> list[tuple[str, int, str, bool]]:
        """(file, position, reason, expected) of each record set aside."""
        return [(item.file, item.position, item.reason, item.expected) for item in self.aside]


def read_feed(
    directory: Path,
    known_teams: Iterable[KnownTeam] = (),
    previous_evidence: Mapping[str, Any] | None = None,
) -> FeedRead:
    """Read a feed; ``known_teams``: (league, name, series key, series) as the database has them."""

    def known(table: str, columns: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        assert (table, tuple(columns)) == ("teams", ("league", "name", "series_key", "series_name"))
        yield from known_teams

    found = FeedRead()
    context = ReadContext(directory, known, previous_evidence or {})
    for item in reader.read(context):
        if isinstance(item, Rows):
            columns = reader.columns[item.table]
            of_table = found.tables.setdefault(item.table, [])
            for position, *values in item.rows:
                row = dict(zip(columns, values, strict=True))
                of_table.append({**row, "position": position, "file": item.file})
        elif isinstance(item, SetAside):
            found.aside.append(item)
        elif isinstance(item, FileRead):
            found.files[item.file] = item
        elif isinstance(item, Evidence):
            found.evidence[item.name] = item.value
        else:
            found.notices.append(item)
    return found


class Feed:
    """A feed's directory in the making."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, league: str, kind: str, *records: Any) -> Feed:
        """Write a league's file of one kind."""
        path = self.directory / league / f"{kind}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
        return self

    def read(self, known_teams: Iterable[KnownTeam] = (), **evidence: Any) -> FeedRead:
        """Read it; keywords are the last run's decisions on home and away, by league."""
        previous = {f"home_and_away:{league}": said for league, said in evidence.items()}
        return read_feed(self.directory, known_teams, previous)


def roster_spot(**said: Any) -> dict[str, Any]:
    """A record of players.json; keywords replace what it says (``Player_ID`` for "Player ID")."""
    record = {
        "League": "APTA_CHICAGO",
        "Series": "Chicago 7",
        "Series Mapping ID": "Quince Hill - 7",
        "Club": "Quince Hill",
        "Location ID": "QUINCE_HILL",
        "Player ID": "nndz-1",
        "First Name": "Ann",
        "Last Name": "Doe",
        "PTI": "31.5",
        "Wins": "3",
        "Losses": "1",
        "Win %": "75.0%",
        "Captain": "",
    }
    return record | {name.replace("_", " "): value for name, value in said.items()}


def standing(team: str, series: str, league: str = "APTA_CHICAGO", **said: Any) -> dict[str, Any]:
    """A record of series_stats.json."""
    record = {
        "series": series,
        "team": team,
        "league_id": league,
        "points": 24,
        "matches": {"won": 2, "lost": 1, "tied": 1, "percentage": "50.0%"},
        "lines": {"won": 8, "lost": 2, "for": 1, "ret": 3, "percentage": "80.0%"},
        "sets": {"won": 14, "lost": 10, "percentage": "58.3%"},
        "games": {"won": 117, "lost": 90, "percentage": "56.5%"},
    }
    return record | said


def court(home: str, away: str, day: str = "02-Oct-30", **said: Any) -> dict[str, Any]:
    """A record of match_history.json; ``Home_Player_1`` for "Home Player 1"."""
    record = {
        "league_id": "APTA_CHICAGO",
        "Date": day,
        "Home Team": home,
        "Away Team": away,
        "Home Player 1": "Ann Doe",
        "Home Player 1 ID": "nndz-1",
        "Home Player 2": "Bea Roe",
        "Home Player 2 ID": None,
        "Away Player 1": "Cyd Poe",
        "Away Player 1 ID": "nndz-3",
        "Away Player 2": "Dot Loe",
        "Away Player 2 ID": "nndz-4",
        "Scores": "6-4, 5-7, 6-3",
        "Winner": "home",
    }
    return record | {name.replace("_", " "): value for name, value in said.items()}


def fixture(home: str, away: str, day: str = "10/02/2030", **said: Any) -> dict[str, Any]:
    """A record of schedules.json."""
    record = {
        "date": day,
        "time": "06:30 pm",
        "home_team": home,
        "away_team": away,
        "location": "Quince Hill",
        "series": "Chicago 7",
        "League": "APTA_CHICAGO",
    }
    return record | said
