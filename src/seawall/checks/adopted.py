"""Rows stood in an imported table before any run had fed it."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context
from seawall.naming import retired_condition
from seawall.plan import Finding
from seawall.scoping import scope_of, where

NAMES = ("adopted-rows",)


def find(context: Context) -> Iterator[Finding]:
    """Tell of rows whose absence does not count in this run, though the feed speaks of them."""
    facts = context.facts
    if facts is None:
        return
    for name in facts.differences:
        scopes = set(facts.fed[name].scopes)
        first_time = scopes - facts.coverage.fed_before(name, scopes)
        if not first_time:
            continue
        shape = facts.shapes[name]
        label, join = scope_of(context.manifest, facts.shapes, shape, "t")
        rows = context.connection.execute(
            sql.SQL(
                "SELECT {label}, count(*) FROM {table} AS t {join} WHERE NOT {retired}"
                " AND ({label} = '' OR {label} = ANY ({scopes}::text[])) GROUP BY 1 ORDER BY 1"
            ).format(
                label=label,
                table=shape.table.identifier,
                join=join,
                retired=retired_condition(shape, "t"),
                scopes=sql.Literal(sorted(first_time)),
            )
        ).fetchall()
        for scope, count in rows:
            yield Finding(
                check=NAMES[0],
                table=name,
                scope=scope,
                message=f"{count:,} rows of {name}{where(scope)} stood before any run fed it; "
                "those that this feed lacks stay as they are in this run",
                why="What no feed has ever said cannot have vanished from one.",
                fix="Compare them with the feed. From the next run on, rows that it lacks vanish.",
                refuses=False,
            )
