"""The small league that most tests reload: two imported levels, users' rows on both, one soft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reload_case import Reload, Rows

SCHEMA = """
CREATE TABLE clubs (
    id serial PRIMARY KEY, name text NOT NULL UNIQUE, city text, address text
);
CREATE TABLE teams (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    club_id integer NOT NULL REFERENCES clubs, name text NOT NULL, wins integer, captain text,
    retired_at timestamptz, UNIQUE (club_id, name)
);
CREATE TABLE games (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    day date NOT NULL, home_id integer NOT NULL REFERENCES teams,
    away_id integer REFERENCES teams, score text, UNIQUE (day, home_id)
);
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE answers (
    id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users,
    team_id integer NOT NULL REFERENCES teams, game_id uuid REFERENCES games,
    answer text NOT NULL, points numeric DEFAULT 1.0
);
CREATE INDEX ON answers (game_id);
CREATE TABLE favourites (user_id integer REFERENCES users, club_id integer);
"""

IMPORTED = """
[tables.clubs]
owner = "feed"
key = ["name"]
user_columns = ["address"]
[tables.teams]
owner = "feed"
key = ["club_id", "name"]
retired_column = "retired_at"
nulls_overwrite = ["captain"]
[tables.teams.parents.club_id]
table = "clubs"
by = { name = "club" }
[tables.games]
owner = "feed"
key = ["day", "home_id"]
vanished = "delete"
[tables.games.parents.home_id]
table = "teams"
by = { club = "club", name = "home" }
[tables.games.parents.away_id]
table = "teams"
by = { club = "away_club", name = "away" }
"""

USERS = """
[users]
table = "users"
[tables.users]
owner = "users"
[tables.answers]
owner = "users"
[tables.favourites]
owner = "users"
references = [{ columns = ["club_id"], table = "clubs" }]
"""

# Most tests make much vanish from little; the limits have tests of their own.
LIMITS = """
[limits]
vanished_share = 1.0
exchanged_share = 1.0
shrunk_share = 1.0
user_retired_share = 1.0
"""
MANIFEST = LIMITS + IMPORTED + USERS
USER_TABLES = ("users", "answers", "favourites")

CLUBS: Rows = [{"name": "Tennaqua", "city": "Deerfield"}, {"name": "Valley Lo", "city": "Glenview"}]
TEAMS: Rows = [
    {"club": "Tennaqua", "name": "22", "wins": 3, "captain": "Ann"},
    {"club": "Valley Lo", "name": "22", "wins": 1, "captain": None},
]
GAMES: Rows = [
    {
        "day": "2024-09-24",
        "club": "Tennaqua",
        "home": "22",
        "away_club": "Valley Lo",
        "away": "22",
        "score": "6-4, 6-4",
    },
    {"day": "2024-10-01", "club": "Valley Lo", "home": "22", "score": None},
]
FEED: dict[str, Rows] = {"clubs": CLUBS, "teams": TEAMS, "games": GAMES}


def small_league(url: str, directory: Path, manifest: str = MANIFEST) -> Reload:
    """The league with its feed loaded and two users who have answered."""
    reload = Reload(url, directory, SCHEMA, manifest)
    reload.load(**FEED)
    reload.execute(
        "INSERT INTO users (name) VALUES ('Ann'), ('Bob');"
        "INSERT INTO answers (user_id, team_id, game_id, answer)"
        " SELECT u.id, t.id, g.id, 'yes' FROM users u, teams t LEFT JOIN games g"
        " ON g.home_id = t.id AND g.day = '2024-09-24' WHERE t.wins = 3;"
        "INSERT INTO favourites SELECT u.id, c.id FROM users u JOIN clubs c"
        " ON c.name = CASE u.name WHEN 'Ann' THEN 'Tennaqua' ELSE 'Valley Lo' END;"
        "UPDATE clubs SET address = name || ' Road 1'"
    )
    # Users' references are put on record by a run, so that health can compare.
    assert reload.run(**FEED)["outcome"] == "unchanged"
    return reload


def without(rows: Rows, **values: Any) -> Rows:
    """Rows that do not have these values."""
    return [row for row in rows if any(row.get(c) != v for c, v in values.items())]


def changed(rows: Rows, where: dict[str, Any], **values: Any) -> Rows:
    """Rows, with other values in those that have ``where``."""
    return [
        {**row, **values} if all(row.get(c) == v for c, v in where.items()) else row for row in rows
    ]
