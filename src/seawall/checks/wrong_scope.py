"""The rows of one scope are another scope's."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context, FeedFacts
from seawall.difference import Difference
from seawall.naming import Shape, retired_condition
from seawall.plan import Finding
from seawall.scoping import scope_of, staged_scope_column

NAMES = ("wrong-scope",)

_ROWS = 10
"""Fewer rows than this may well agree by chance."""


def find(context: Context) -> Iterator[Finding]:
    """Compare the new rows of each scope with the rows of the others, by the rest of the key."""
    facts = context.facts
    if facts is None or context.manifest.scope is None:
        return
    for name, difference in facts.differences.items():
        shape = facts.shapes[name]
        rest = [column for column in shape.key if column != shape.scope_column]
        comparable = shape.scope_column in shape.key and rest and set(rest) <= set(shape.plain)
        if comparable and difference.new >= _ROWS:
            yield from _find(context, facts, shape, difference, rest)


def _find(
    context: Context, facts: FeedFacts, shape: Shape, difference: Difference, rest: list[str]
) -> Iterator[Finding]:
    staged_scope = staged_scope_column(context.manifest, shape)
    assert staged_scope is not None
    label, join = scope_of(context.manifest, facts.shapes, shape, "t")
    staged = facts.feed.tables[shape.name].identifier
    rows = context.connection.execute(
        sql.SQL(
            "SELECT s.{staged_scope}::text, {label}, count(*) FROM {difference} AS d"
            " JOIN {staged} AS s ON s.seawall_row = d.seawall_row"
            " JOIN {table} AS t ON {same} {join}"
            " WHERE d.seawall_action = 'new' AND s.{staged_scope}::text <> {label}"
            " AND NOT {retired} GROUP BY 1, 2 HAVING count(*) >= {rows} ORDER BY 3 DESC"
        ).format(
            staged_scope=sql.Identifier(staged_scope),
            label=label,
            difference=difference.identifier,
            staged=staged,
            table=shape.table.identifier,
            same=sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier("t", c), sql.Identifier("d", c))
                for c in rest
            ),
            join=join,
            retired=retired_condition(shape, "t"),
            rows=sql.Literal(_ROWS),
        )
    ).fetchall()
    told: set[str] = set()
    for scope, other, alike in rows:
        if scope in told:
            continue
        told.add(scope)
        row = context.connection.execute(
            sql.SQL(
                "SELECT count(*), count(*) FILTER (WHERE d.seawall_action = 'new') FROM {} AS s"
                " LEFT JOIN {} AS d ON d.seawall_row = s.seawall_row WHERE s.{}::text = {}"
            ).format(
                staged, difference.identifier, sql.Identifier(staged_scope), sql.Literal(scope)
            )
        ).fetchone()
        assert row is not None
        said, new = row
        if alike * 2 <= said or alike <= said - new:
            continue
        yield Finding(
            check=NAMES[0],
            table=shape.name,
            scope=scope,
            message=f"{alike:,} of {said:,} rows of {shape.name} in {scope} are rows of {other}, "
            f"by {', '.join(rest)}; {said - new:,} are {scope}’s own",
            why=f"A file in the wrong place loads {other} a second time, as {scope}.",
            fix=f"Look whether the files of {scope} are {other}’s; or whether {other} is called "
            f"{scope} now.",
        )
