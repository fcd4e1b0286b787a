"""COPY of rows into one staging table; rows that it cannot store are found by halving."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from seawall.feeds.reading import SetAside

# Types that psycopg writes in COPY's binary format; a table with any other goes in as text.
_BINARY_TYPES = frozenset(
    [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "text",
        "varchar",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "bytea",
        "json",
        "jsonb",
    ]
)
# Of the columns that stand before the table's own: row, file, position.
_OWN_TYPES = ("int8", "int4", "int8")
_ROW_ERRORS = (psycopg.DataError, psycopg.IntegrityError, TypeError, ValueError, struct.error)
_ROW_ERRORS = (*_ROW_ERRORS, OverflowError, AttributeError, psycopg.NotSupportedError)


class StagingTable:
    """One staging table, to be filled.

    Args:
        identifier: its quoted name.
        table: the imported table that it stands for.
        columns: the table's columns that are staged → their types, as PostgreSQL names them.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        identifier: sql.Identifier,
        table: str,
        columns: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._table = table
        self._columns = tuple(columns)
        self._types = tuple(columns.values())
        self._binary = _BINARY_TYPES.issuperset(self._types)
        self._statement = sql.SQL("COPY {} FROM STDIN {}").format(
            identifier, sql.SQL("(FORMAT binary)") if self._binary else sql.SQL("")
        )

    def fill(self, file: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[SetAside]:
        """Store rows of (row, file number, position, *values); yield those that cannot be."""
        try:
            self._copy(rows)
        except _ROW_ERRORS as error:
            if len(rows) == 1:
                _, _, position, *cells = rows[0]
                said = dict(zip(self._columns, cells, strict=True))
                yield SetAside(
                    file=file,
                    position=position,
                    reason=f"{self._table} cannot store it",
                    detail=str(error).strip().splitlines()[0],
                    record=msgspec.json.encode(said, enc_hook=str).replace(b"\\u0000", b"\\ufffd"),
                )
                return
            middle = len(rows) // 2
            yield from self.fill(file, rows[:middle])
            yield from self.fill(file, rows[middle:])

    def _copy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(self._statement) as copy:
            if self._binary:
                copy.set_types([*_OWN_TYPES, *self._types])
            for row in rows if self._binary else _with_json_marked(rows, self._types):
                copy.write_row(row)


def _with_json_marked(
    rows: Iterable[tuple[Any, ...]], types: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Rows for COPY's text format, in which psycopg must be told that a list or dict is JSON."""
    first = len(_OWN_TYPES)
    marked = {n for n, name in enumerate(types, first) if name in ("json", "jsonb")}
    for row in rows:
        yield tuple(
            Jsonb(cell) if n in marked and cell is not None else cell for n, cell in enumerate(row)
        )
