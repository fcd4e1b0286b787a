"""Three hundred users and what they wrote; and every row of theirs, to be compared later."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

USERS = 300
ANSWERS = 1200
FIRST_DAY = datetime.date(2025, 7, 1)
USER_TABLES = ("users", "user_player_associations", "player_availability", "practices")

TEAMS = """
SELECT t.id FROM teams t JOIN leagues l ON l.id = t.league_id
ORDER BY t.name LIKE 'BYE%' DESC, l.code, t.name, t.series_key
"""
PLAYERS = """
SELECT p.id FROM players p JOIN leagues l ON l.id = p.league_id ORDER BY l.code, p.source_id
"""
# What each reference of a user's row means: the keys behind the id, whatever the id.
MEANINGS = """
SELECT 'player_availability', a.id::text, l.code, t.name, t.series_key
FROM player_availability a
LEFT JOIN teams t ON t.id = a.team_id LEFT JOIN leagues l ON l.id = t.league_id
WHERE a.user_id <> ALL (%(except)s)
UNION ALL
SELECT 'practices', a.id::text, l.code, t.name, t.series_key
FROM practices a
LEFT JOIN teams t ON t.id = a.team_id LEFT JOIN leagues l ON l.id = t.league_id
UNION ALL
SELECT 'user_player_associations', a.user_id || ' ' || a.player_id, l.code, p.source_id, ''
FROM user_player_associations a
LEFT JOIN players p ON p.id = a.player_id LEFT JOIN leagues l ON l.id = p.league_id
UNION ALL
SELECT 'clubs', id::text, name_key, address || ' ' || coalesce(logo, 'no logo'), time_zone
FROM clubs WHERE address IS NOT NULL
"""


def add_users(url: str, *, first: int = 1, users: int = USERS, answers: int = ANSWERS) -> None:
    """Users ``first`` and following, each with a link, some with practices; clubs with addresses.

    The same database gives the same users. Some of them refer to every team called BYE.
    """
    with psycopg.connect(url) as connection:
        teams = [row[0] for row in connection.execute(TEAMS.encode())]
        players = [row[0] for row in connection.execute(PLAYERS.encode())]
        ids = []
        for number in range(first, first + users):
            row = connection.execute(
                "INSERT INTO users (email, display_name) VALUES (%s, %s) RETURNING id",
                [f"user{number}@example.org", f"User {number}"],
            ).fetchone()
            assert row
            ids.append(row[0])
        cursor = connection.cursor()
        cursor.executemany(
            "INSERT INTO user_player_associations (user_id, player_id) VALUES (%s, %s)"
            " ON CONFLICT DO NOTHING",
            [(user, players[place * 29 % len(players)]) for place, user in enumerate(ids)],
        )
        cursor.executemany(
            "INSERT INTO player_availability (user_id, match_date, team_id, availability_status,"
            " notes) VALUES (%s, %s, %s, %s, %s)",
            [_answer(number, ids, teams) for number in range(answers)],
        )
        cursor.executemany(
            "INSERT INTO practices (team_id, practice_date, start_time, location, created_by)"
            " VALUES (%s, %s, %s, 'court 2', %s)",
            [
                (
                    # The first place alone is a bye's: hardly anybody practises with one.
                    teams[(5 + place * 3) % len(teams)],
                    FIRST_DAY + datetime.timedelta(days=place),
                    # No team practises twice at one time: those who come later practise later.
                    datetime.time(19, first // 60 % 60, first % 60),
                    user,
                )
                for place, user in enumerate(ids[: len(ids) // 8])
            ],
        )
        connection.execute(
            "UPDATE clubs SET address = id || ' Lake Road', time_zone = 'America/Chicago',"
            " logo = CASE WHEN id % 2 = 0 THEN 'logo.svg' END WHERE id % 3 = 0"
        )


def _answer(number: int, ids: list[int], teams: list[int]) -> tuple[Any, ...]:
    place, of_user = number % len(ids), number // len(ids)
    team = teams[(place + of_user * 97) % len(teams)]
    day = FIRST_DAY + datetime.timedelta(days=place % 50 + of_user)
    note = f"“answer” {number},\n\tmaybe \\ late" if number % 5 == 0 else None
    return ids[place], day, team, 1 + number % 3, note


def rows_of_users(url: str, except_users: Collection[int] = ()) -> list[tuple[str, str]]:
    """(table, row as text) of every row and column that users own, but for some users' answers."""
    except_ = list(except_users)
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            SELECT 'users', t::text FROM users t
            UNION ALL SELECT 'user_player_associations', t::text FROM user_player_associations t
            UNION ALL SELECT 'player_availability', t::text FROM player_availability t
            WHERE user_id <> ALL (%(except)s)
            UNION ALL SELECT 'practices', t::text FROM practices t
            UNION ALL SELECT 'clubs', (id, address, logo, time_zone)::text FROM clubs
            WHERE (address, logo, time_zone) IS DISTINCT FROM (NULL, NULL, NULL)
            ORDER BY 1, 2
            """,
            {"except": except_},
        ).fetchall()


def meanings(
    url: str, except_users: Collection[int] = ()
) -> dict[tuple[str, str], tuple[str | None, ...]]:
    """(table, row) → the keys of what it refers to; None where that is gone."""
    with psycopg.connect(url) as connection:
        arguments = {"except": list(except_users)}
        rows = connection.execute(MEANINGS.encode(), arguments).fetchall()
    return {(table, row): tuple(key) for table, row, *key in rows}


def every_row(url: str, except_users: Collection[int] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Table → (place, version, content) of each row, in all schemas but seawall's own.

    A row that was written and put back would show: it gets another place and version.
    """
    found: dict[str, list[tuple[Any, ...]]] = {}
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
            # Another session's go when it does, which may be while they are read here.
            " AND c.relpersistence <> 't'"
            " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND n.nspname NOT LIKE 'seawall%' AND n.nspname NOT LIKE 'pg_toast%'"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                sql.SQL("SELECT ctid::text, xmin::text, t::text FROM {} t {} ORDER BY 1").format(
                    sql.Identifier(schema, table),
                    sql.SQL("WHERE user_id <> ALL ({})").format(sql.Literal(list(except_users)))
                    if table == "player_availability"
                    else sql.SQL(""),
                )
            ).fetchall()
            found[table] = rows
    return found


@contextmanager
def writing_user(url: str, email: str) -> Iterator[int]:
    """A new user who writes fifty times a second meanwhile, and afterwards has lost nothing.

    Yields the user's id.
    """
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO users (email, display_name) VALUES (%s, 'At It') RETURNING id", [email]
        ).fetchone()
    assert row
    script = Path(__file__).with_name("background_user.py")
    with subprocess.Popen(
        [sys.executable, str(script), url, str(row[0])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            assert process.stdout.readline() == "writing\n"
            yield row[0]
            process.stdin.close()
            result = json.loads(process.stdout.read())
        finally:
            process.kill()
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT match_date::text, team_id, availability_status, notes"
            " FROM player_availability WHERE user_id = %s ORDER BY 1, 2",
            row,
        ).fetchall()
    assert result["errors"] == []
    assert [list(answer) for answer in found] == result["answers"]
    # For people who look (pytest -rP); how fast it is depends on the machine.
    sys.stdout.write(
        f"{email}: {result['writes']} writes, p99 {result['p99']:.1f} ms,"
        f" slowest {result['slowest']:.1f} ms\n"
    )
