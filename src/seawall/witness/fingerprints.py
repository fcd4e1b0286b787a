"""Fingerprints: a count and a sum of row hashes over an explicit list of columns.

Taken before and after inside one REPEATABLE READ transaction, they differ only by what the
transaction itself wrote. They see content as displayed, scale included; the settings that change
how values read are pinned on the connection. Blind to what does not show in text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.catalog.model import Table


class Fingerprint(msgspec.Struct, frozen=True):
    """What a table's rows add up to."""

    rows: int
    hash: str


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be fingerprinted: a user table, or the users' columns of an imported one."""

    name: str
    table: Table
    columns: tuple[str, ...]
    left_out: sql.Composable | None = None
    """A condition on row ``t`` for rows that the run itself made."""
    alone: bool = False
    """Without the rows of its inheritance children."""

    def _rows(self) -> sql.Composed:
        """ROW(…) of the columns, from the table."""
        condition: sql.Composable = sql.SQL("true")
        if self.left_out is not None:
            condition = sql.SQL("NOT ({})").format(self.left_out)
        return sql.SQL("FROM {} {} AS t WHERE {}").format(
            sql.SQL("ONLY" if self.alone else ""), self.table.identifier, condition
        )

    def _text(self) -> sql.Composed:
        return sql.SQL("ROW({})::text").format(
            sql.SQL(", ").join(sql.Identifier("t", column) for column in self.columns)
        )

    def sums(self) -> sql.Composed:
        """SELECT of how many rows there are, and what their hashes add up to, as text."""
        return sql.SQL(
            "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum("
            "pg_catalog.hashtextextended({}, 0)::numeric), 0)::text {}"
        ).format(self._text(), self._rows())

    def keyed_rows(self) -> sql.Composed:
        """SELECT of ``k`` (the primary key) and ``r`` (the row), both as text."""
        key = self.table.primary_key or self.columns
        return sql.SQL("SELECT {}::text AS k, {} AS r {}").format(
            sql.SQL("pg_catalog.concat_ws('/', {})").format(
                sql.SQL(", ").join(sql.Identifier("t", column) for column in key)
            ),
            self._text(),
            self._rows(),
        )

    def rows(self, connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
        """Stream (primary key, row as text), ordered by both."""
        with connection.cursor(name=f"seawall_{self.table.oid}") as cursor:
            cursor.itersize = 10_000
            yield from cursor.execute(
                sql.SQL('SELECT k, r FROM ({}) AS x ORDER BY k COLLATE "C", r COLLATE "C"').format(
                    self.keyed_rows()
                )
            )


def take(
    connection: psycopg.Connection[Any], subjects: Iterable[Subject]
) -> dict[str, Fingerprint]:
    """Subject's name → the fingerprint of the rows that the connection sees; one statement."""
    sums = [
        sql.SQL("SELECT {}::text, x.* FROM ({}) AS x").format(
            sql.Literal(subject.name), subject.sums()
        )
        for subject in subjects
    ]
    if not sums:
        return {}
    rows = connection.execute(sql.SQL(" UNION ALL ").join(sums)).fetchall()
    return {name: Fingerprint(count, hashes) for name, count, hashes in rows}


def count_rows(
    connection: psycopg.Connection[Any], tables: Mapping[str, sql.Identifier]
) -> dict[str, int]:
    """Table → its rows, all in one statement."""
    if not tables:
        return {}
    counts = [
        sql.SQL("SELECT {}::text, pg_catalog.count(*) FROM {}").format(sql.Literal(name), table)
        for name, table in tables.items()
    ]
    return dict(connection.execute(sql.SQL(" UNION ALL ").join(counts)).fetchall())
