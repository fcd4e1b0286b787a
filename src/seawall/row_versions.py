"""Tells whether any row was written since: every write gives it another place, or another writer.

Compared with asking the differences again, this costs a tenth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql

from seawall.match import Difference
from seawall.naming import Shape


def read(
    connection: psycopg.Connection[Any],
    shapes: Mapping[str, Shape],
    differences: Mapping[str, Difference],
) -> str:
    """Versions of all imported rows, and after a space those of the materialised differences."""
    tables = [shape.table.identifier for shape in shapes.values()]
    tables.append(sql.Identifier("seawall", "retired"))
    return f"{_versions(connection, tables)} {of_differences(connection, differences)}"


def of_differences(
    connection: psycopg.Connection[Any], differences: Mapping[str, Difference]
) -> str:
    """Versions of the materialised differences alone."""
    return _versions(connection, [each.identifier for each in differences.values()])


def _versions(connection: psycopg.Connection[Any], tables: Iterable[sql.Identifier]) -> str:
    # No row stands twice in one place, so that nothing can cancel in XOR.
    versions = [
        sql.SQL(
            "SELECT count(*) AS rows, coalesce(bit_xor(hash_record_extended("
            "ROW(t.tableoid, t.ctid, t.xmin), {})), 0) AS versions FROM {} AS t"
        ).format(sql.Literal(number), table)
        for number, table in enumerate(tables)
    ]
    if not versions:
        return "0:0"
    row = connection.execute(
        sql.SQL("SELECT sum(rows) || ':' || bit_xor(versions) FROM ({}) AS v").format(
            sql.SQL(" UNION ALL ").join(versions)
        )
    ).fetchone()
    assert row is not None
    return row[0]
