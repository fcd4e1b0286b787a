"""Rows that the database would refuse, because a column must not be NULL."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from seawall.checks.context import Context
from seawall.difference import Difference
from seawall.naming import Shape
from seawall.plan import Finding

NAMES = ("missing-value",)


def find(context: Context) -> Iterator[Finding]:
    """Count, per column, the rows that the merge would write with NULL where NULL cannot stand."""
    facts = context.facts
    if facts is None:
        return
    for name, difference in facts.differences.items():
        shape = facts.shapes[name]
        if any(" BEFORE " in t.definition for t in shape.table.triggers if t.acts):
            continue  # a trigger may fill it
        tests = _tests(shape, difference)
        if not tests or not difference.changed + difference.new:
            continue
        written = sql.SQL("FROM {} AS d {} WHERE d.seawall_action <> 'vanished'")
        counts = context.connection.execute(
            sql.SQL("SELECT {} {}").format(
                sql.SQL(", ").join(
                    sql.SQL("count(*) FILTER (WHERE {})").format(test) for test in tests.values()
                ),
                written.format(difference.identifier, sql.SQL("")),
            )
        ).fetchone()
        assert counts is not None
        for (column, test), count in zip(tests.items(), counts, strict=True):
            if count:
                (example,) = context.connection.execute(
                    sql.SQL("SELECT min(concat_ws(' · ', {})) {} AND {}").format(
                        sql.SQL(", ").join(sql.Identifier("s", c) for c in shape.staged_key),
                        written.format(
                            difference.identifier,
                            sql.SQL("JOIN {} AS s ON s.seawall_row = d.seawall_row").format(
                                facts.feed.tables[name].identifier
                            ),
                        ),
                        test,
                    )
                ).fetchone() or ("",)
                yield Finding(
                    check=NAMES[0],
                    table=name,
                    message=f"{count:,} rows of {name} would have no {column}, which is NOT NULL; "
                    f"for example {example}",
                    why="PostgreSQL would refuse the whole run for the first of them.",
                    fix=f"Mend the source or reader; or give the column a default: ALTER TABLE "
                    f"{name} ALTER {column} SET DEFAULT …, or DROP NOT NULL.",
                    acceptable=False,
                )


def _tests(shape: Shape, difference: Difference) -> dict[str, sql.Composable]:
    """Column → the condition that the merge writes NULL into it."""
    tests: dict[str, sql.Composable] = {}
    for name, column in shape.table.columns.items():
        if not column.not_null or column.generated:
            continue
        carried, overwrites = name in difference.columns, name in shape.nulls_overwrite
        if column.has_default and not (carried and overwrites):
            continue
        is_null: sql.Composable = sql.SQL("true")
        if carried:
            is_null = sql.SQL("{} IS NULL").format(sql.Identifier("d", name))
            if name in shape.parents:
                new = sql.Identifier("d", f"seawall_new_{name}")
                is_null = sql.SQL("({} AND {} IS NULL)").format(is_null, new)
        # A row that stands already keeps its value, unless NULL overwrites.
        scope = "{}" if carried and overwrites else "({} AND d.seawall_action = 'new')"
        tests[name] = sql.SQL(scope).format(is_null)
    return tests
