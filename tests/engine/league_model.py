"""What a reload of the small league ought to leave behind, said a second time, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reload_case import Reload, Rows

Key = tuple[str, ...]


@dataclass
class Row:
    """An imported row without its id."""

    values: dict[str, Any]
    retired: bool = False


@dataclass
class Model:
    """The imported tables by key; which games users refer to."""

    clubs: dict[Key, Row] = field(default_factory=dict)
    teams: dict[Key, Row] = field(default_factory=dict)
    games: dict[Key, Row] = field(default_factory=dict)

    def reload(self, feed: dict[str, Rows], games_of_users: set[Key]) -> None:
        """Do what the manifest says with a feed."""
        if "clubs" in feed:
            said = {(row["name"],): {"city": row["city"]} for row in feed["clubs"]}
            _merge(self.clubs, said, overwriting=())
        if "teams" in feed:
            said = {
                (row["club"], row["name"]): {"wins": row["wins"], "captain": row["captain"]}
                for row in feed["teams"]
                if (row["club"],) in self.clubs
            }
            _merge(self.teams, said, overwriting=("captain",))
        if "games" in feed:
            said = {}
            for row in feed["games"]:
                if (row["club"], row["home"]) in self.teams:
                    away = (row["away_club"], row["away"])
                    known = away if away in self.teams else None
                    said[row["day"], row["club"], row["home"]] = {
                        "away": known,
                        "score": row["score"],
                    }
            _merge(self.games, said, overwriting=())
            for key in [k for k, row in self.games.items() if row.retired]:
                if key not in games_of_users and key not in self.held:
                    del self.games[key]
            self.held = {key for key, row in self.games.items() if row.retired}

    held: set[Key] = field(default_factory=set)
    """Games that were retired because users referred to them; nothing deletes them later."""


def _merge(rows: dict[Key, Row], said: dict[Key, dict[str, Any]], *, overwriting: Key) -> None:
    for key, values in said.items():
        row = rows.setdefault(key, Row({}))
        row.retired = False
        for column, value in values.items():
            if value is not None or column in overwriting:
                row.values[column] = value
            row.values.setdefault(column, None)
    for key, row in rows.items():
        if key not in said:
            row.retired = True


RETIRED = (
    "EXISTS (SELECT FROM seawall.retired r WHERE r.table_name = '{0}' AND r.row_id = {0}.id::text)"
)


def stored(reload: Reload) -> Model:
    """The same from the database."""
    clubs = reload.rows(f"SELECT name, city, {RETIRED.format('clubs')} FROM clubs")
    teams = reload.rows(
        "SELECT c.name, t.name, wins, captain, retired_at IS NOT NULL"
        " FROM teams t JOIN clubs c ON c.id = t.club_id"
    )
    games = reload.rows(
        "SELECT games.day::text, c.name, t.name, games.score, ac.name, a.name,"
        f" {RETIRED.format('games')} FROM games"
        " JOIN teams t ON t.id = games.home_id JOIN clubs c ON c.id = t.club_id"
        " LEFT JOIN teams a ON a.id = games.away_id LEFT JOIN clubs ac ON ac.id = a.club_id"
    )
    model = Model(
        clubs={(name,): Row({"city": city}, gone) for name, city, gone in clubs},
        teams={
            (club, name): Row({"wins": wins, "captain": captain}, gone)
            for club, name, wins, captain, gone in teams
        },
        games={
            (day, club, home): Row({"away": (ac, an) if an else None, "score": score}, gone)
            for day, club, home, score, ac, an, gone in games
        },
    )
    model.held = {key for key, row in model.games.items() if row.retired}
    return model


def ids(reload: Reload) -> dict[Key, Any]:
    """Every imported row's id by table and key."""
    found: dict[Key, Any] = {}
    for table, query in {
        "clubs": "SELECT id, name FROM clubs",
        "teams": "SELECT t.id, c.name, t.name FROM teams t JOIN clubs c ON c.id = t.club_id",
        "games": "SELECT g.id, g.day::text, c.name, t.name FROM games g"
        " JOIN teams t ON t.id = g.home_id JOIN clubs c ON c.id = t.club_id",
    }.items():
        for id_, *key in reload.rows(query):
            found[table, *key] = id_
    return found
