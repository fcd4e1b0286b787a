"""Columns of an imported table that hold values, though no feed ever gave one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from psycopg import sql

from seawall.catalog.model import Column
from seawall.checks.context import Context, FeedFacts
from seawall.naming import Shape
from seawall.plan import Finding

NAMES = ("unclaimed-column",)

_CAST = re.compile(r"::[\w .\"]+(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*")
_COMPUTED = re.compile(r"\(|^(?:CURRENT_|LOCALTIME|SESSION_USER|USER)", re.IGNORECASE)


def find(context: Context) -> Iterator[Finding]:
    """Look at columns without a value in this feed and in all before, for values of unknown origin.

    A column whose default is computed (a time, a sequence) explains its values itself.
    """
    facts = context.facts
    if facts is None:
        return
    for name in facts.differences:
        shape = facts.shapes[name]
        columns = [column for column in _never_fed(shape, facts) if _may_be_somebodys(column)]
        held = _with_values(context, shape, columns)
        if not held:
            continue
        named = ", ".join(held)
        listed = ", ".join(f'"{column}"' for column in held)
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{name} has values in {named}, which no feed has ever given",
            why="Somebody entered them, or another program. As the feed’s columns they are watched "
            "by nobody, and the first feed that has such a field overwrites them.",
            fix=f"In [tables.{name}] of the manifest, write user_columns = [{listed}].",
            hash=hashlib.sha256("\n".join(held).encode()).hexdigest()[:16],
        )


def _never_fed(shape: Shape, facts: FeedFacts) -> list[Column]:
    fed = {column for table, column in facts.fed_columns if table == shape.name}
    fed.update(facts.fed[shape.name].columns)
    columns = [shape.table.columns[column] for column in shape.plain if column not in fed]
    for column, parent in shape.parents.items():
        if not fed & set(parent.by.values()):
            columns.append(shape.table.columns[column])
    return [column for column in columns if column.name not in (*shape.key, *shape.primary_key)]


def _may_be_somebodys(column: Column) -> bool:
    default = _CAST.sub("", column.default_expression or "")
    return not column.identity and not _COMPUTED.search(default)


def _with_values(context: Context, shape: Shape, columns: list[Column]) -> list[str]:
    """Columns that hold something else than NULL and their default."""
    if not columns:
        return []
    tests: list[sql.Composable] = []
    for column in columns:
        here = sql.Identifier("t", column.name)
        condition: sql.Composable = sql.SQL("{} IS NOT NULL").format(here)
        if column.default_expression:
            condition = sql.SQL("{} AND {}::text <> ({})::text").format(
                condition,
                here,
                # The catalogue's own text, from pg_get_expr().
                sql.SQL(column.default_expression),  # pyright: ignore[reportArgumentType]
            )
        tests.append(sql.SQL("coalesce(bool_or({}), false)").format(condition))
    # In one pass: nearly always, no row has a value in any of them.
    row = context.connection.execute(
        sql.SQL("SELECT {} FROM {} AS t").format(sql.SQL(", ").join(tests), shape.table.identifier)
    ).fetchone()
    assert row is not None
    return [column.name for column, has in zip(columns, row, strict=True) if has]
