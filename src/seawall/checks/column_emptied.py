"""A column loses all its values at once, to NULL or to blanks."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context, FeedFacts
from seawall.difference import Difference
from seawall.impact import same_row
from seawall.naming import Shape, retired_condition
from seawall.plan import Finding
from seawall.scoping import scope_of, where

NAMES = ("column-emptied", "column-silent")

_ROWS = 10
"""Fewer rows than this may well agree by chance."""


def find(context: Context) -> Iterator[Finding]:
    """Where NULL or a blank overwrites, refuse; where it does not, tell."""
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        yield from _silent(facts, name)
        if difference.changed >= _ROWS:
            yield from _emptied(context, facts, facts.shapes[name], difference)


def _silent(facts: FeedFacts, name: str) -> Iterator[Finding]:
    staged, shape = facts.feed.tables[name], facts.shapes[name]
    if staged.rows < _ROWS:
        return
    for column in staged.columns:
        given_before = (name, column) in facts.fed_columns
        if given_before and column not in (*facts.fed[name].columns, *shape.nulls_overwrite):
            yield Finding(
                check=NAMES[1],
                table=name,
                message=f"this feed has no value for {column} in any of {staged.rows:,} rows of "
                f"{name}; earlier feeds had",
                why="NULL does not overwrite, so what stands there stays, and grows old.",
                fix=f"Look at {column} in the source: was the field renamed?",
                refuses=False,
            )


def _emptied(
    context: Context, facts: FeedFacts, shape: Shape, difference: Difference
) -> Iterator[Finding]:
    texts = {c for c in shape.plain if shape.table.columns[c].type_category == "S"}
    columns = [
        column
        for column in difference.columns
        if column in shape.plain
        and column not in (*shape.key, *shape.primary_key)
        and (column in texts or column in shape.nulls_overwrite)
    ]
    if not columns:
        return
    label, join = scope_of(context.manifest, facts.shapes, shape, "t")
    rows = context.connection.execute(
        sql.SQL(
            "SELECT {label}, {lost} FROM {difference} AS d JOIN {table} AS t ON {same_row} {join}"
            " WHERE d.seawall_action = 'changed' GROUP BY 1 ORDER BY 1"
        ).format(
            label=label,
            lost=sql.SQL(", ").join(
                sql.SQL("count(*) FILTER (WHERE {} AND {})").format(
                    _has_value("t", column, texts),
                    _is_wiped(column, texts, shape.nulls_overwrite),
                )
                for column in columns
            ),
            difference=difference.identifier,
            table=shape.table.identifier,
            same_row=same_row(shape, "d", "t"),
            join=join,
        )
    ).fetchall()
    for scope, *counts in rows:
        for column, lost in zip(columns, counts, strict=True):
            if lost < _ROWS:
                continue
            had = context.connection.execute(
                sql.SQL("SELECT count(*) FROM {} AS t {} WHERE {} = {} AND NOT {} AND {}").format(
                    shape.table.identifier,
                    join,
                    label,
                    sql.Literal(scope),
                    retired_condition(shape, "t"),
                    _has_value("t", column, texts),
                )
            ).fetchone()
            assert had is not None
            if lost * 10 >= had[0] * 9:
                yield Finding(
                    check=NAMES[0],
                    table=shape.name,
                    scope=scope,
                    message=f"{column} of {shape.name}{where(scope)} would be emptied in {lost:,} "
                    f"of the {had[0]:,} rows that have a value",
                    why="A column that goes blank as a whole was renamed or lost by the source.",
                    fix=f"Look at {column} in the source; or take it out of the feed, or out of "
                    f"nulls_overwrite of [tables.{shape.name}], and it keeps its values.",
                )


def _has_value(row: str, column: str, texts: set[str]) -> sql.Composed:
    template = "coalesce(btrim({}::text), '') <> ''" if column in texts else "{} IS NOT NULL"
    return sql.SQL(template).format(sql.Identifier(row, column))


def _is_wiped(column: str, texts: set[str], nulls_overwrite: frozenset[str]) -> sql.Composed:
    """The condition that the run writes NULL or a blank."""
    new = sql.Identifier("d", column)
    wiped = sql.SQL("btrim({}::text) = ''" if column in texts else "false").format(new)
    if column in nulls_overwrite:
        return sql.SQL("({} IS NULL OR {})").format(new, wiped)
    return sql.SQL("({})").format(wiped)
