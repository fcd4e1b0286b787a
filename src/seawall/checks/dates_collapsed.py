"""All days of a column become one and the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from seawall.checks.context import Context, FeedFacts
from seawall.difference import Difference
from seawall.naming import Shape, retired_condition
from seawall.plan import Finding
from seawall.scoping import scope_of, staged_scope_column, where

NAMES = ("dates-collapsed",)

_ROWS = 10
"""Fewer rows than this may well agree by chance."""
_DAYS_BEFORE = 3
_TYPES = ("date", "timestamp", "timestamptz")


def find(context: Context) -> Iterator[Finding]:
    """Look at what is written first: where nothing is, nothing else is asked."""
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        shape = facts.shapes[name]
        if difference.changed + difference.new < _ROWS:
            continue
        if shape.scope_column and shape.scope_column not in difference.columns:
            continue
        for column in difference.columns:
            if column in shape.plain and shape.table.columns[column].type_name in _TYPES:
                yield from _find(context, facts, shape, difference, column)


def _find(
    context: Context, facts: FeedFacts, shape: Shape, difference: Difference, column: str
) -> Iterator[Finding]:
    label, join = scope_of(context.manifest, facts.shapes, shape, "d")
    for scope, count, day, written in context.connection.execute(
        sql.SQL(
            "SELECT {label}, count({day}), min({day})::date::text, min({day}) FROM {difference}"
            " AS d {join} WHERE d.seawall_action <> 'vanished'"
            " GROUP BY 1 HAVING count({day}) >= {rows} AND min({day}) = max({day})"
        ).format(
            label=label,
            day=sql.Identifier("d", column),
            difference=difference.identifier,
            join=join,
            rows=sql.Literal(_ROWS),
        )
    ).fetchall():
        before = _days_before(context, facts, shape, column, scope)
        if before < _DAYS_BEFORE or _says_otherwise(context, facts, shape, column, scope, written):
            continue
        yield Finding(
            check=NAMES[0],
            table=shape.name,
            scope=scope,
            message=f"{column} of {shape.name}{where(scope)} is {day} in every row of this feed "
            f"({count:,} of them written); the database has {before:,} different ones",
            why="A source that gives one day for everything lost the real ones, or gives the day "
            "on which it was scraped.",
            fix=f"Look at {column} in the source, and at how the reader reads it.",
        )


def _days_before(context: Context, facts: FeedFacts, shape: Shape, column: str, scope: str) -> int:
    label, join = scope_of(context.manifest, facts.shapes, shape, "t")
    row = context.connection.execute(
        sql.SQL("SELECT count(DISTINCT {}) FROM {} AS t {} WHERE {} = {} AND NOT {}").format(
            sql.Identifier("t", column),
            shape.table.identifier,
            join,
            label,
            sql.Literal(scope),
            retired_condition(shape, "t"),
        )
    ).fetchone()
    assert row is not None
    return row[0]


def _says_otherwise(
    context: Context, facts: FeedFacts, shape: Shape, column: str, scope: str, day: Any
) -> bool:
    """Some staged row of the scope has another day: it is as the database has it already."""
    conditions = [sql.SQL("{} <> {}").format(sql.Identifier(column), sql.Literal(day))]
    staged_scope = staged_scope_column(context.manifest, shape)
    if staged_scope is not None:
        conditions.append(
            sql.SQL("{}::text = {}").format(sql.Identifier(staged_scope), sql.Literal(scope))
        )
    row = context.connection.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {})").format(
            facts.feed.tables[shape.name].identifier, sql.SQL(" AND ").join(conditions)
        )
    ).fetchone()
    assert row is not None
    return row[0]
