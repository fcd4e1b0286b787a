"""Connections to the target, with the settings that every stage relies on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from seawall.errors import DatabaseError

MINIMUM_VERSION = 150000
APPLICATION_NAME = "seawall"

_PASSWORD = re.compile(r":[^:@/\s]*@")

# Text output of these types depends on settings; fingerprints and examples must not.
_PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "row_security": "off",
    "work_mem": "128MB",
    "hash_mem_multiplier": "2",
    "jit": "off",
    # A difference is asked of whole tables and answers with few rows. The planner cannot know that,
    # and would let one process do it alone.
    "parallel_tuple_cost": "0.001",
    # Staging tables are analysed for each run; a coarse picture is enough to join them.
    "default_statistics_target": "3",
    "client_connection_check_interval": "500ms",
    # One connection waits while others read a feed, or write.
    "idle_session_timeout": "0",
}


def connect(url: str) -> psycopg.Connection[Any]:
    """Open an autocommit connection with pinned settings.

    The search path stays the role's own, because users' triggers may rely on it; seawall's own
    statements name the schema of everything that is not PostgreSQL's.

    Raises:
        DatabaseError: no connection, or the server is older than PostgreSQL 15.
    """
    try:
        connection = psycopg.connect(
            url, autocommit=True, application_name=APPLICATION_NAME, client_encoding="UTF8"
        )
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"cannot connect: {_PASSWORD.sub(':…@', str(error).strip())}",
            fix="Check --database or DATABASE_URL; “seawall db start” starts the bundled server.",
        ) from None
    except psycopg.ProgrammingError:
        # libpq's own message repeats the address, and with it the password.
        raise DatabaseError(
            "the database’s address cannot be read",
            why="It is neither a URL nor a connection string of PostgreSQL’s.",
            fix="Write it as postgresql://user@host:port/database.",
        ) from None
    if connection.info.server_version < MINIMUM_VERSION:
        version = connection.info.server_version // 10000
        connection.close()
        raise DatabaseError(
            f"the server is PostgreSQL {version}",
            why="seawall relies on what PostgreSQL 15 and newer do.",
            fix="Upgrade the server.",
        )
    try:
        pin_settings(connection)
    except psycopg.Error as error:
        connection.close()
        raise DatabaseError(
            f"the connection did not last: {str(error).strip()}",
            why="The server ended it, or refuses a setting on which seawall relies.",
            fix="Look at the server’s log; then run it again.",
        ) from error
    return connection


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """``connect``, and closed again.

    Raises:
        DatabaseError: also where a statement failed that nobody expected to fail.
    """
    connection = connect(url)
    try:
        yield connection
    except psycopg.Error as error:
        raise DatabaseError(
            str(error).strip().splitlines()[0],
            why="The database refused a statement, or the connection broke. A run is one "
            "transaction: what did not commit left nothing.",
            fix="docs/errors.md says what the common ones mean; “seawall runs” what happened.",
        ) from error
    finally:
        connection.close()


def arm(connection: psycopg.Connection[Any]) -> None:
    """From now on guards refuse whatever is written here in users' rows."""
    connection.execute("SET SESSION seawall.armed = on")


def wait_for_no_disk(connection: psycopg.Connection[Any]) -> None:
    """From now on only staging is written here: if a crash of the server takes the last of it, the
    plan is stale, or there is something left to tidy up."""
    connection.execute("SET synchronous_commit = off")


def pin_settings(connection: psycopg.Connection[Any]) -> None:
    """Fix the settings that change how values read, for the life of the connection."""
    settings = dict(_PINNED)
    assignments = [
        sql.SQL("SET SESSION {} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in settings.items()
    ]
    connection.execute(sql.SQL("; ").join(assignments))


def setting_milliseconds(connection: psycopg.Connection[Any], name: str) -> int:
    """A time setting of the server, in milliseconds."""
    row = connection.execute(
        "SELECT extract(epoch FROM pg_catalog.current_setting(%s)::interval) * 1000", [name]
    ).fetchone()
    assert row is not None
    return int(row[0])
