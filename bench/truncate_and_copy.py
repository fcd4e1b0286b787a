"""The peer: what most loaders do. Read the feed, empty the tables, COPY everything in again.

It reads the feed with the same reader and throws the rows away; what it then copies lies on disk in
COPY's binary format, so that its database work is the least that can be. Its database has no users'
tables, because with them it could not TRUNCATE at all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from courtside.feeds import reader
from seawall.feeds.reading import ReadContext

BLOCK_BYTES = 1 << 20


def read(feed: Path) -> float:
    """Read a feed to its end; returns seconds."""
    started = time.perf_counter()
    for _ in reader.read(ReadContext(directory=feed, known=_nothing_known)):
        pass
    return time.perf_counter() - started


def unload(connection: psycopg.Connection[Any], tables: list[str], directory: Path) -> None:
    """Write every table's rows to a file."""
    for table in tables:
        statement = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))
        with (
            (directory / table).open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for block in copy:
                file.write(block)


def _nothing_known(table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The peer keeps nothing, so it knows nothing."""
    del table, columns
    return iter(())


def reload(connection: psycopg.Connection[Any], tables: list[str], directory: Path) -> float:
    """TRUNCATE and COPY all tables in one transaction; returns seconds."""
    started = time.perf_counter()
    with connection.transaction():
        connection.execute(
            sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables)))
        )
        for table in tables:
            statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
            with (
                (directory / table).open("rb") as file,
                connection.cursor() as cursor,
                cursor.copy(statement) as copy,
            ):
                while block := file.read(BLOCK_BYTES):
                    copy.write(block)
    return time.perf_counter() - started


def main(feed: str, url: str, directory: str, *tables: str) -> None:
    """One turn of the peer, in a process of its own; prints its seconds as JSON."""
    seconds = {"read": read(Path(feed))}
    with psycopg.connect(url, autocommit=True) as connection:
        seconds["load"] = reload(connection, list(tables), Path(directory))
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
