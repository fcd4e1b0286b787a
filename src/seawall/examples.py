"""Shows of a difference, row by row and column by column, a few of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from seawall.difference import Difference
from seawall.impact import same_row
from seawall.naming import Shape, as_staged
from seawall.plan import Change

_EXAMPLES_PER_ACTION = 3


def examples(
    connection: psycopg.Connection[Any],
    shapes: Mapping[str, Shape],
    difference: Difference,
    staged: sql.Identifier,
) -> list[Change]:
    """A few rows of each action, named in the feed's words, with the columns that differ.

    Args:
        staged: the staging table that the difference was made from.
    """
    shape = shapes[difference.table]
    columns = difference.columns
    found: list[Change] = []
    counts = {
        "changed": difference.changed - difference.reinstated,
        "reinstated": difference.reinstated,
        "new": difference.new,
        "vanished": difference.vanished,
    }
    for action in (action for action, count in counts.items() if count):
        rows = connection.execute(
            sql.SQL(
                # Rows are chosen by what orders them: many wide ones would be slow to sort.
                "SELECT {named}, ARRAY[{before}]::text[], ARRAY[{after}]::text[]"
                " FROM {difference} AS d LEFT JOIN {table} AS t ON {same_row} {names}"
                " WHERE d.ctid = ANY (ARRAY(SELECT ctid FROM {difference}"
                "  WHERE seawall_action = {action}"
                "  ORDER BY seawall_row NULLS LAST, {key} LIMIT {limit}))"
                " ORDER BY d.seawall_row NULLS LAST, {key_d}"
            ).format(
                named=sql.SQL("concat_ws(' · ', {})").format(
                    sql.SQL(", ").join(
                        sql.SQL("nullif({}::text, '')").format(sql.Identifier("n", column))
                        for column in _naming_columns(shape, action)
                    )
                ),
                before=sql.SQL(", ").join(
                    sql.SQL("{}::text").format(sql.Identifier("t", column)) for column in columns
                ),
                after=sql.SQL(", ").join(_after(shape, column) for column in columns),
                difference=difference.identifier,
                action=sql.Literal(action),
                key=sql.SQL(", ").join(
                    sql.Identifier(f"seawall_pk_{column}") for column in shape.primary_key
                ),
                key_d=sql.SQL(", ").join(
                    sql.Identifier("d", f"seawall_pk_{column}") for column in shape.primary_key
                ),
                limit=sql.Literal(_EXAMPLES_PER_ACTION),
                table=shape.table.identifier,
                same_row=same_row(shape, "d", "t"),
                names=_names(shapes, shape, action, staged),
            )
        ).fetchall()
        for key, old, new in rows:
            pairs = {
                column: (was, becomes)
                for column, was, becomes in zip(columns, old, new, strict=True)
                if was != becomes
                and column not in shape.key
                and (becomes is not None or column in shape.nulls_overwrite)
            }
            shown = pairs if action in ("changed", "reinstated") else {}
            found.append(Change(action=action, key=key, columns=shown))
    return found


def _naming_columns(shape: Shape, action: str) -> tuple[str, ...]:
    """The key in the feed's words; a vanished row with a compound id goes by its own key."""
    if action == "vanished" and len(shape.primary_key) > 1:
        return shape.key
    return shape.staged_key


def _names(
    shapes: Mapping[str, Shape], shape: Shape, action: str, staged: sql.Identifier
) -> sql.Composed:
    """The join that gives an example its name: the staged row, or the vanished one."""
    if action != "vanished":
        return sql.SQL("JOIN {} AS n ON n.seawall_row = d.seawall_row").format(staged)
    first, *others = shape.primary_key
    if others:
        return sql.SQL("JOIN {} AS n ON {}").format(
            shape.table.identifier, same_row(shape, "d", "n")
        )
    return sql.SQL("JOIN ({}) AS n ON n.seawall_id = {}").format(
        as_staged(shape.name, shape.staged_key, dict(shapes), with_id=True),
        sql.Identifier("d", f"seawall_pk_{first}"),
    )


def _after(shape: Shape, column: str) -> sql.Composed:
    """What a column becomes, as text; a row that is itself new has no id yet."""
    if column not in shape.parents:
        return sql.SQL("{}::text").format(sql.Identifier("d", column))
    return sql.SQL("CASE WHEN {} IS NULL THEN {}::text ELSE '(new)' END").format(
        sql.Identifier("d", f"seawall_new_{column}"), sql.Identifier("d", column)
    )
