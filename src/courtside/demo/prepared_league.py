"""A league database with users who have answered, made anew: what the tellings begin with."""

from __future__ import annotations

import datetime
import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg

from courtside import league_database
from courtside.demo.own_database import make_database
from courtside.demo.sample_users import LEAGUE, SQL, Cast, add_users
from courtside.demo.shell import Shell
from seawall import SeawallError, embedded

FIRST, SECOND, THIRD = (datetime.date(2026, 1, day) for day in (8, 15, 22))
SIZE = 4000

_AS_USERS = 'owner = "users"'
_AS_THE_FEEDS = """owner = "feed"
key = ["user_id", "match_date", "team_id"]
sources = ["schedules"]
vanished = "delete"
"""


class PreparedLeague:
    """Database, scrapes of three weeks, and the manifest with the incident's mistake in it.

    Args:
        directory: everything but the database is written here; it is emptied first.
        database: its name on the bundled server.
    """

    def __init__(self, directory: Path, database: str, *, lines_shown: int = 60) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self.directory = directory
        self.url = make_database(embedded.start(embedded.default_data_directory()), database)
        self.shell = Shell(self.url, directory, lines_shown=lines_shown)
        write_mistake(directory / "mistake.toml")

    def write_scrapes(self) -> None:
        """Three scrapes of four leagues, a week apart, always the same."""
        self._must(f"courtside sample-feeds scrapes --date {FIRST} --size {SIZE} --versions 3")

    def add_users(self) -> Cast:
        """Guards, and sixty users who answer; the first scrape must be loaded."""
        league_database.guard(self.url)
        leaving = min(team_names(self.scrape(FIRST)) - team_names(self.scrape(SECOND)))
        with psycopg.connect(self.url, autocommit=True) as connection:
            return add_users(connection, today=FIRST, leaving_team=leaving)

    def scrape(self, day: datetime.date) -> Path:
        """Where a day's scrape is."""
        return self.directory / "scrapes" / day.isoformat()

    def rows_of_users(self) -> list[Any]:
        """Every row and column that users own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(SQL["every_row_of_users"], {"except": 0}).fetchall()

    def _must(self, line: str) -> None:
        ended = self.shell.run(line)
        if ended.exit_code:
            raise SeawallError(f"“{line}” ended with {ended.exit_code}")


def write_mistake(path: Path) -> None:
    """A copy of courtside's manifest that gives the feed what is the users'."""
    said = resources.files("courtside").joinpath("manifest.toml").read_text(encoding="utf-8")
    heading = "[tables.player_availability]\n"
    if heading + _AS_USERS not in said:
        raise SeawallError("courtside’s manifest no longer says that the answers are the users’")
    wrong = said.replace(heading + _AS_USERS, heading + _AS_THE_FEEDS)
    path.write_text(wrong, encoding="utf-8")


def team_names(scrape: Path) -> set[str]:
    """Teams that a scrape's standings name."""
    standings = scrape / LEAGUE / "series_stats.json"
    return {record["team"] for record in json.loads(standings.read_bytes())}
