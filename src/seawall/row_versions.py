"""Tells whether any row was written since: every write gives it another place, or another writer.

Compared with asking the differences again, this costs a tenth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.difference import Difference
from seawall.naming import Shape, retired_condition


class RowVersions(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan was made from, row by row."""

    tables: dict[str, str]
    """Imported table → its rows' versions."""
    retired: str
    """Those of ``seawall.retired``."""
    differences: str
    """Those of the materialised differences, all together."""


NONE = RowVersions(tables={}, retired="", differences="")


def read(
    connection: psycopg.Connection[Any],
    shapes: Mapping[str, Shape],
    differences: Mapping[str, Difference],
) -> RowVersions:
    """Versions of all imported rows, and of the materialised differences."""
    tables = {name: shape.table.identifier for name, shape in shapes.items()}
    *versions, retired = _versions(
        connection, [*tables.values(), sql.Identifier("seawall", "retired")]
    )
    return RowVersions(
        tables=dict(zip(tables, versions, strict=True)),
        retired=retired,
        differences=of_differences(connection, differences),
    )


def of_differences(
    connection: psycopg.Connection[Any], differences: Mapping[str, Difference]
) -> str:
    """Versions of the materialised differences alone."""
    return " ".join(_versions(connection, [each.identifier for each in differences.values()]))


def standing_rows(connection: psycopg.Connection[Any], shapes: Iterable[Shape]) -> dict[str, int]:
    """Imported table → its rows that are not retired; one statement."""
    counts = [
        sql.SQL("SELECT {}::text, count(*) FROM {} AS t WHERE NOT {}").format(
            sql.Literal(shape.name), shape.table.identifier, retired_condition(shape, "t")
        )
        for shape in shapes
    ]
    if not counts:
        return {}
    return dict(connection.execute(sql.SQL(" UNION ALL ").join(counts)).fetchall())


def _versions(connection: psycopg.Connection[Any], tables: Iterable[sql.Identifier]) -> list[str]:
    # No row stands twice in one place, so that nothing can cancel in XOR. A row's own hash is but a
    # weighted sum, which rows that exchange their writers could leave as it was: hence another,
    # of which it is the seed, so that all 64 bits of it count.
    versions = [
        sql.SQL(
            "SELECT {} AS n, count(*) || ':' || coalesce(bit_xor(hashint8extended(0,"
            " hash_record_extended(ROW(t.tableoid, t.ctid, t.xmin), 0))), 0) FROM {} AS t"
        ).format(sql.Literal(number), table)
        for number, table in enumerate(tables)
    ]
    if not versions:
        return []
    rows = connection.execute(
        sql.SQL("{} ORDER BY n").format(sql.SQL(" UNION ALL ").join(versions))
    ).fetchall()
    return [row[1] for row in rows]
