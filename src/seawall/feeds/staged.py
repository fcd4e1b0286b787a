"""A feed that another tool has put into tables: Spark, dlt, psql, anything.

The tables stand in a schema of their own and are named after the imported ones. They are copied
into staging with the types that the manifest's tables have; a value that does not fit its type sets
its row aside (PostgreSQL 16 and newer; on 15 it refuses the feed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.errors import FeedError
from seawall.naming import Shape

_TEXTS = ("text", "character varying", "character", "bpchar")
_JSON = {"json", "jsonb"}
# Numbers that are equal may read differently: 1 and 1.00.
_NUMBERS = ("smallint", "integer", "bigint", "real", "double precision", "numeric")
_CHANGED_NUMBER = sql.SQL(
    "({value}::text <> {value}::{type}::text AND {value} <> {value}::{type}::{back})"
)
_CHANGED_VALUE = sql.SQL(
    "({value}::text <> {value}::{type}::text AND {value}::text <> {value}::{type}::{back}::text)"
)


class SourceTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table that another tool filled."""

    name: str
    identifier: tuple[str, str]
    columns: dict[str, str]
    """Column → its type without length or precision, as the other tool made it."""


def source_tables(
    connection: psycopg.Connection[Any], schema: str, shapes: Mapping[str, Shape]
) -> list[SourceTable]:
    """The tables of a schema that are named after imported ones.

    Raises:
        FeedError: there is no such schema, or no such table in it.
    """
    columns: dict[str, dict[str, str]] = {}
    for table, column, type_name in connection.execute(
        "SELECT c.relname, a.attname, pg_catalog.format_type(coalesce(b.oid, t.oid), NULL)"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
        "  AND a.attnum > 0 AND NOT a.attisdropped"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype"  # a domain counts as its type
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY a.attnum",
        [schema],
    ):
        columns.setdefault(table, {})[column] = type_name
    found = [
        SourceTable(
            name=name,
            identifier=(schema, shape.table.name),
            columns={c: t for c, t in columns[shape.table.name].items() if c in shape.staged},
        )
        for name, shape in shapes.items()
        if shape.table.name in columns
    ]
    if not found:
        raise FeedError(
            f"schema {schema} has no table that is named after an imported one",
            why="Nothing would be loaded.",
            fix=f"Fill tables named {', '.join(list(shapes)[:5])} … in it.",
        )
    return found


def unfit_condition(source: SourceTable, shape: Shape, server_version: int) -> sql.Composable:
    """The condition that a row ``s`` of the source holds a value that its type cannot hold.

    Text must be valid input of the type (asked from PostgreSQL 16 on). Anything else must survive
    the cast: it reads the same afterwards, or is the same when cast back. 1.6 for an integer, a
    time for a day or 7 for a boolean would be changed without a word.
    """
    conditions: list[sql.Composable] = [sql.SQL("false")]
    for column, type_name in source.columns.items():
        staged, value = shape.staged[column], sql.Identifier("s", column)
        if type_name in _TEXTS:
            if server_version >= 160000 and staged.type_name != "text":
                conditions.append(
                    sql.SQL("NOT pg_input_is_valid({}, {})").format(value, sql.Literal(staged.type))
                )
        elif staged.type != type_name and not {type_name, staged.type} <= _JSON:
            template = _CHANGED_NUMBER if type_name in _NUMBERS else _CHANGED_VALUE
            conditions.append(
                template.format(
                    value=value,
                    # Types are the catalogue's own text, from format_type().
                    type=sql.SQL(staged.type),  # pyright: ignore[reportArgumentType]
                    back=sql.SQL(type_name),  # pyright: ignore[reportArgumentType]
                )
            )
    return sql.SQL("coalesce({}, false)").format(sql.SQL(" OR ").join(conditions))
