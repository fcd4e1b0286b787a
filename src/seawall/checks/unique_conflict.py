"""Rows that the database would refuse, because a unique constraint besides the key forbids them."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.catalog.model import Key
from seawall.checks.context import Context
from seawall.difference import Difference
from seawall.impact import same_row
from seawall.naming import Shape
from seawall.plan import Finding

NAMES = ("unique-conflict",)


def find(context: Context) -> Iterator[Finding]:
    """Compare what would be written with what stands, for each unique constraint."""
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        shape = facts.shapes[name]
        if not difference.changed + difference.new:
            continue
        for key in shape.table.keys:
            # Only what the feed writes can come to conflict, and the key itself never does.
            written = [c for c in key.columns if c in difference.columns]
            if written and set(key.columns) != set(shape.key):
                yield from _find(context, shape, difference, key)


def _find(context: Context, shape: Shape, difference: Difference, key: Key) -> Iterator[Finding]:
    claims = _claims(shape, difference, key)
    values = sql.SQL(", ").join(map(sql.Identifier, key.columns))
    news = [f"seawall_new_{c}" for c in key.columns if c in shape.parents]
    news = [column for column in news if column.removeprefix("seawall_new_") in difference.columns]
    grouped = sql.SQL(", ").join(map(sql.Identifier, [*key.columns, *news]))
    same_value = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("o", c), sql.Identifier("c", c))
        for c in key.columns
    )
    own = sql.SQL(" AND ").join(
        sql.SQL("{} IS NOT DISTINCT FROM {}").format(
            sql.Identifier("o", c), sql.Identifier("c", f"seawall_pk_{c}")
        )
        for c in shape.primary_key
    )
    row = context.connection.execute(
        sql.SQL(
            "WITH claims AS MATERIALIZED ({claims}), conflicts AS ("
            " SELECT concat_ws(' · ', {values}) AS example, count(*) AS rows FROM claims"
            " WHERE {said} GROUP BY {grouped} HAVING count(*) > 1"
            " UNION ALL SELECT concat_ws(' · ', {of_claim}), 1 FROM claims AS c"
            " JOIN {table} AS o ON {same_value} AND NOT ({own}) WHERE {stays})"
            " SELECT coalesce(sum(rows), 0)::bigint, min(example) FROM conflicts"
        ).format(
            claims=claims,
            values=values,
            grouped=grouped,
            said=sql.SQL(" AND ").join(
                sql.SQL("({} IS NOT NULL OR {})").format(
                    sql.Identifier(c),
                    sql.SQL("{} IS NOT NULL").format(sql.Identifier(f"seawall_new_{c}"))
                    if f"seawall_new_{c}" in news
                    else sql.SQL("false"),
                )
                for c in key.columns
            ),
            of_claim=sql.SQL(", ").join(sql.Identifier("c", c) for c in key.columns),
            table=shape.table.identifier,
            same_value=same_value,
            own=own,
            stays=_stays(shape, key),
        )
    ).fetchone()
    assert row is not None
    if row[0]:
        named = ", ".join(key.columns)
        yield Finding(
            check=NAMES[0],
            table=shape.name,
            message=f"{row[0]:,} rows of {shape.name} would have a {named} that another row has, "
            f"which {key.name} forbids; for example {row[1]}",
            why="PostgreSQL would refuse the whole run for the first of them. A row is recognised "
            f"by its key ({', '.join(shape.staged_key)}), so another key is another row.",
            fix=f"Mend the source. If {named} names a row better than the key does, make it the "
            f"key; if two rows may share it: ALTER TABLE {shape.name} DROP CONSTRAINT {key.name};",
            acceptable=False,
        )


def _claims(shape: Shape, difference: Difference, key: Key) -> sql.Composed:
    """Rows that come to have another value of the constraint's columns: that value."""
    outputs: list[sql.Composable] = [
        sql.Identifier("d", f"seawall_pk_{column}") for column in shape.primary_key
    ]
    changes: list[sql.Composable] = []
    for column in key.columns:
        name, old = sql.Identifier(column), sql.Identifier("t", column)
        if column not in difference.columns:
            # A new row gets what the database gives; nothing is known of it.
            outputs.append(sql.SQL("{} AS {}").format(old, name))
            continue
        value: sql.Composable = sql.Identifier("d", column)
        if column in shape.parents:
            new = sql.Identifier("d", f"seawall_new_{column}")
            outputs.append(new)
            value = sql.SQL("CASE WHEN {} IS NULL THEN {} END").format(
                new, _kept(shape, column, value, old)
            )
            changes.append(sql.SQL("{} IS NOT NULL").format(new))
        else:
            value = _kept(shape, column, value, old)
        changes.append(sql.SQL("{} IS DISTINCT FROM {}").format(value, old))
        outputs.append(sql.SQL("{} AS {}").format(value, name))
    return sql.SQL(
        "SELECT {} FROM {} AS d LEFT JOIN {} AS t ON {} WHERE d.seawall_action = 'new'"
        " OR (d.seawall_action IN ('changed', 'reinstated') AND ({}))"
    ).format(
        sql.SQL(", ").join(outputs),
        difference.identifier,
        shape.table.identifier,
        same_row(shape, "d", "t"),
        sql.SQL(" OR ").join(changes),
    )


def _kept(shape: Shape, column: str, new: sql.Composable, old: sql.Composable) -> sql.Composable:
    if column in shape.nulls_overwrite:
        return new
    return sql.SQL("coalesce({}, {})").format(new, old)


def _stays(shape: Shape, key: Key) -> sql.Composable:
    """The condition that row ``o`` still has its value when the constraint is checked.

    An immediate constraint is checked row by row, in an order that nobody promises: whoever has
    the value now is in the way. A deferrable one looks when all is written.
    """
    if key.is_immediate:
        return sql.SQL("true")
    return sql.SQL("NOT EXISTS (SELECT FROM claims AS other WHERE {})").format(
        sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(
                sql.Identifier("other", f"seawall_pk_{c}"), sql.Identifier("o", c)
            )
            for c in shape.primary_key
        )
    )
