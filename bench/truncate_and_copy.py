"""The peer: what most loaders do. Empty the tables and COPY everything in again.

It is given its rows for nothing, already parsed, in COPY's binary format on disk. Its database has
no users' tables, because with them it could not TRUNCATE at all.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

BLOCK_BYTES = 1 << 20


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
