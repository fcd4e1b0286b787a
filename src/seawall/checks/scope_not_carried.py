"""A scope stands in the database, and the feed carries others but not this one."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context, FeedFacts
from seawall.naming import retired_condition
from seawall.plan import Finding
from seawall.scoping import scope_of

NAMES = ("scope-not-carried",)


def find(context: Context) -> Iterator[Finding]:
    """Name each scope that is left as it is, with its rows by table."""
    facts, scope = context.facts, context.manifest.scope
    if facts is None or scope is None:
        return
    carried = {one for said in facts.fed.values() for one in said.scopes} - {""}
    absent = sorted(facts.known_scopes - carried)
    if not carried or not absent:
        return
    standing = _standing(context, facts, absent)
    for one in absent:
        rows = ", ".join(f"{count:,} {table}" for table, count in standing[one].items())
        yield Finding(
            check=NAMES[0],
            table=scope.table,
            scope=one,
            message=f"{one} is in the database and not in this feed: {rows or 'no rows'} stay as "
            "they are, neither judged nor renewed",
            why="A source that calls a scope by another name leaves the old one behind like this.",
            fix=f"If {one} was renamed, its rows are being loaded a second time: stop, and rename "
            f"it in {scope.table}.{scope.column} first.",
            refuses=False,
        )


def _standing(context: Context, facts: FeedFacts, scopes: list[str]) -> dict[str, dict[str, int]]:
    """Scope → table → rows that are not retired."""
    found: dict[str, dict[str, int]] = {scope: {} for scope in scopes}
    for name, shape in facts.shapes.items():
        if shape.scope_column is None:
            continue
        label, join = scope_of(context.manifest, facts.shapes, shape, "t")
        for scope, count in context.connection.execute(
            sql.SQL(
                "SELECT {label}, count(*) FROM {table} AS t {join}"
                " WHERE {label} = ANY ({scopes}::text[]) AND NOT {retired} GROUP BY 1"
            ).format(
                label=label,
                table=shape.table.identifier,
                join=join,
                scopes=sql.Literal(scopes),
                retired=retired_condition(shape, "t"),
            )
        ):
            found[scope][name] = count
    return found
