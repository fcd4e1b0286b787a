"""Which scope a row of an imported table belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from seawall.manifest import Manifest
from seawall.naming import Shape


def scope_of(
    manifest: Manifest, shapes: Mapping[str, Shape], shape: Shape, row: str
) -> tuple[sql.Composable, sql.Composable]:
    """(label, join) that say to which scope row ``row`` belongs; '' where a table has no scope.

    ``row`` may be a row of the table, or one of its difference that carries the scope's column.
    """
    scope = manifest.scope
    if shape.scope_column is None:
        return sql.SQL("''::text"), sql.SQL("")
    column = sql.Identifier(row, shape.scope_column)
    if scope is None or shape.scope_column not in shape.parents:
        return sql.SQL("{}::text").format(column), sql.SQL("")
    scope_table = shapes[scope.table]
    join = sql.SQL("JOIN {} AS scope ON {} = {}").format(
        scope_table.table.identifier,
        sql.Identifier("scope", scope_table.primary_key[0]),
        column,
    )
    return sql.SQL("{}::text").format(sql.Identifier("scope", scope.column)), join


def staged_scope_column(manifest: Manifest, shape: Shape) -> str | None:
    """The staged column that names a row's scope, or None where a table has no scope."""
    if shape.scope_column in shape.parents and manifest.scope:
        return shape.parents[shape.scope_column].by[manifest.scope.column]
    return shape.scope_column


def where(scope: str) -> str:
    """`` in NORTH``, or nothing."""
    return f" in {scope}" if scope else ""
