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


class SourceTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table that another tool filled."""

    name: str
    identifier: tuple[str, str]
    columns: dict[str, str]
    """Column → type, as the other tool made it."""


def source_tables(
    connection: psycopg.Connection[Any], schema: str, shapes: Mapping[str, Shape]
) -> list[SourceTable]:
    """The tables of a schema that are named after imported ones.

    Raises:
        FeedError: there is no such schema, or no such table in it.
    """
    columns: dict[str, dict[str, str]] = {}
    for table, column, type_name in connection.execute(
        "SELECT c.relname, a.attname, t.typname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
        "  AND a.attnum > 0 AND NOT a.attisdropped"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
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
    """The condition that a row ``s`` of the source holds text that is no value of its type."""
    if server_version < 160000:
        return sql.SQL("false")
    conditions = [
        sql.SQL("NOT pg_input_is_valid({}, {})").format(
            sql.Identifier("s", column), sql.Literal(shape.staged[column].type)
        )
        for column, type_name in source.columns.items()
        if type_name in ("text", "varchar", "bpchar")
        and shape.staged[column].type_name not in ("text",)
    ]
    return sql.SQL("coalesce({}, false)").format(
        sql.SQL(" OR ").join([sql.SQL("false"), *conditions])
    )
