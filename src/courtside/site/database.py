"""The site's connections. A page takes one for as long as it asks the database, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool

Connection: TypeAlias = psycopg.Connection[Any]

# A page must not hang: whoever waits this long has put the phone away.
_STATEMENT_TIMEOUT_SECONDS = 10
_WAIT_TIMEOUT_SECONDS = 5
_APPLICATION_NAME = "courtside"


class Database:
    """A pool of connections in autocommit, with rows as named tuples.

    Args:
        url: the database.
        connections: how many at most.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=_WAIT_TIMEOUT_SECONDS,
            configure=_configure,
            check=ConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "row_factory": namedtuple_row,
                "application_name": _APPLICATION_NAME,
            },
            open=False,
        )

    def open(self) -> None:
        """Begin to connect; returns at once."""
        self._pool.open()

    def close(self) -> None:
        """Close all connections; those in use as soon as they are given back."""
        self._pool.close()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection, each statement for itself: for pages that only read.

        Raises:
            psycopg_pool.PoolTimeout: no connection within five seconds.
        """
        with self._pool.connection() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end, rolled back by an exception.

        Raises:
            psycopg_pool.PoolTimeout: no connection within five seconds.
        """
        with self._pool.connection() as connection, connection.transaction():
            yield connection


def _configure(connection: psycopg.Connection[Any]) -> None:
    # Instants come in UTC whatever the server's zone; pages show them in the club's.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute(
        "SELECT set_config('statement_timeout', %s, false)", [f"{_STATEMENT_TIMEOUT_SECONDS}s"]
    )
