"""The database that is sabotaged, and one run in it with a sabotage planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import league
import psycopg
from guarding import guard
from league import CLUBS, GAMES, TEAMS, USERS, changed
from reload_case import Reload

from seawall import Plan
from seawall.ledger.ledger import RUN_LOCK

# Users' rows of every kind that a witness may look at in another way.
SCHEMA = (
    league.SCHEMA
    + """
CREATE TABLE votes (id integer, day date NOT NULL, vote text) PARTITION BY RANGE (day);
CREATE TABLE votes_2024 PARTITION OF votes FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE votes_other PARTITION OF votes DEFAULT;
CREATE TABLE notes (id integer PRIMARY KEY, note text);
CREATE TABLE long_notes (pages integer) INHERITS (notes);
CREATE TABLE journal (id integer PRIMARY KEY, entry text);
CREATE EXTENSION citext;
CREATE TABLE profiles (
    user_id integer PRIMARY KEY REFERENCES users, nick citext, ratio double precision,
    seen timestamptz, settings jsonb, price numeric, photo oid
);
CREATE TABLE links (
    id serial PRIMARY KEY, user_id integer REFERENCES users, team_id integer REFERENCES teams
);
CREATE TABLE visits (id serial PRIMARY KEY, page text);
"""
)
USER_TABLES = (*league.USER_TABLES, "votes", "notes", "journal", "profiles", "links")
# Nobody's in the manifest.
UNCLAIMED = ("visits",)
IMPORTED_TABLES = ("clubs", "teams", "games")
MANIFEST = (
    league.MANIFEST
    + "".join(
        f'[tables.{name}]\nowner = "users"\n' for name in ("votes", "notes", "journal", "profiles")
    )
    + '[tables.links]\nowner = "users"\nallow = ["insert"]\n'
)
assert USERS in MANIFEST

FEED = {
    "clubs": CLUBS,
    "teams": TEAMS,
    "games": [*GAMES, {"day": "2024-10-08", "club": "Valley Lo", "home": "22", "score": None}],
}
# Inserts, an update and a delete: every statement of the merge is at work.
CHANGED = {
    "clubs": [*CLUBS, {"name": "Legends", "city": "Wilmette"}],
    "teams": [
        *changed(TEAMS, {"club": "Tennaqua"}, wins=4),
        {"club": "Legends", "name": "22", "wins": 0, "captain": None},
    ],
    "games": [FEED["games"][0], FEED["games"][2]],
}


def first_load(url: str, directory: Path) -> Reload:
    """Load the feed, and let users write."""
    directory = directory / "first"
    directory.mkdir()
    reload = Reload(url, directory, SCHEMA, MANIFEST)
    reload.load(**FEED)
    reload.execute(
        "INSERT INTO users (name) VALUES ('Ann'), ('Bob');"
        "INSERT INTO answers (user_id, team_id, game_id, answer)"
        " SELECT u.id, t.id, g.id, 'yes' FROM users u JOIN teams t ON t.wins = CASE u.name"
        " WHEN 'Ann' THEN 3 ELSE 1 END LEFT JOIN games g ON g.home_id = t.id AND t.wins = 3;"
        "INSERT INTO favourites SELECT u.id, c.id FROM users u JOIN clubs c"
        " ON c.name = CASE u.name WHEN 'Ann' THEN 'Tennaqua' ELSE 'Valley Lo' END;"
        "UPDATE clubs SET address = name || ' Road 1';"
        "INSERT INTO votes VALUES (1, '2024-09-24', 'yes'), (2, '2020-01-01', 'no');"
        "INSERT INTO notes VALUES (1, 'short'); INSERT INTO long_notes VALUES (2, 'long', 3);"
        "INSERT INTO journal VALUES (1, 'played');"
        "INSERT INTO profiles SELECT id, lower(name), 0.1 * (id - 1), '2024-01-01 12:00+00',"
        " '{\"size\": 1.0}', 1.0, lo_from_bytea(0, 'a face') FROM users;"
        "INSERT INTO links (user_id, team_id) SELECT user_id, team_id FROM answers;"
        "INSERT INTO visits (page) VALUES ('/')"
    )
    reload.load(**FEED)
    return reload


class Victim(Reload):
    """The league, with ways to plant a sabotage at each moment of a run."""

    planned: Plan
    """The plan that is to be applied."""
    holder: psycopg.Connection[Any] | None = None

    def guarded(self) -> Victim:
        """Put every guard up."""
        guard(self)
        return self

    def difference(self, table: str) -> str:
        """Where the plan has a table's changes."""
        return self.planned.differences[table].identifier.as_string()

    def edit_plan(self, old: bytes, new: bytes) -> None:
        """Save the plan, edit the file, and use what it says now."""
        path = self.directory / "plan.json"
        text = self.planned.to_json()
        assert old in text
        path.write_bytes(text.replace(old, new))
        self.planned = Plan.load(path)

    def hold_run_lock(self) -> None:
        """Be another run, for as long as the test lasts."""
        self.holder = psycopg.connect(self.url, autocommit=True)
        self.holder.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])

    def set_for_database(self, setting: str, value: str) -> None:
        """Change a setting for every session to come."""
        name = self.value("SELECT current_database()")
        self.execute(f'ALTER DATABASE "{name}" SET {setting} = {value}')

    def close(self) -> None:
        """Close what is open."""
        for connection in (self.connection, self.holder):
            if connection is not None:
                connection.close()

    def on_team(self, body: str, declare: str = "", options: str = "") -> None:
        """Do something in the run, whenever it updates a team."""
        self.execute(
            f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql {options} AS"
            f" $meddle$DECLARE ignored text; {declare} BEGIN {body}; RETURN NULL; END$meddle$;"
            "CREATE TRIGGER meddle AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION meddle()"
        )

    def when(self, stage: str, statements: str) -> None:
        """Let another session do something, once, when a run comes to a stage."""
        before, done = self.engine._progress, []

        def progress(now: str, count: int) -> None:
            before(now, count)
            if now == stage and not done:
                done.append(now)
                with psycopg.connect(self.url, autocommit=True) as other:
                    other.execute(statements.encode())

        self.engine._progress = progress

    def users_rows(self, *, placed: bool = True) -> Any:
        """Every row of a user table and of users' columns, and what each reference means.

        Args:
            placed: with where each row stands and who wrote it.
        """
        place = "t.tableoid, t.ctid, t.xmin," if placed else ""
        said: dict[str, Any] = {
            table: self.rows(f"SELECT {place} t::text FROM {table} t ORDER BY t::text")
            for table in (*USER_TABLES, *UNCLAIMED)
        }
        said["addresses"] = self.rows(
            "SELECT name, address FROM clubs WHERE name <> 'Legends' ORDER BY name"
        )
        said["photos"] = self.rows("SELECT lo_get(oid) FROM pg_largeobject_metadata ORDER BY oid")
        said["meanings"] = self.rows(
            "SELECT a.id, c.name, t.name, g.day FROM answers a"
            " LEFT JOIN teams t ON t.id = a.team_id LEFT JOIN clubs c ON c.id = t.club_id"
            " LEFT JOIN games g ON g.id = a.game_id"
            " ORDER BY a.id"
        ) + self.rows(
            "SELECT f.user_id, c.name FROM favourites f LEFT JOIN clubs c ON c.id = f.club_id"
            " ORDER BY f.user_id"
        )
        return said

    def imported_rows(self) -> dict[str, list[str]]:
        """Every imported row, with where it stands and who wrote it."""
        return self.image(*IMPORTED_TABLES)
