"""Takes rows out of the history, all their versions. The live tables are not touched."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from seawall import ledger, queries
from seawall.catalog.model import Catalogue
from seawall.errors import UsageError
from seawall.history.kept import Kept, kept_tables
from seawall.history.past import past_of
from seawall.history.read_back import UNFIT, StoredTable, raw
from seawall.manifest import Manifest

_SQL = queries.load("seawall.history")


class ForgetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows would be forgotten. It holds personal data: their keys."""

    table: str
    rows: int
    versions: int
    still_there: int
    """Rows of them that stand in the live table: the next backup takes them again."""
    keys: tuple[str, ...]
    shapes: tuple[int, ...]


class ForgetReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was forgotten; not whose it was."""

    forgetting: int
    table: str
    rows: int
    versions: int


def make_plan(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    catalogue: Catalogue,
    table: str,
    where: str,
) -> ForgetPlan:
    """Find the rows for which a condition held in any version. Writes nothing.

    Raises:
        UsageError: the history has no such table, or the condition is none.
    """
    kept = {each.name: each for each in kept_tables(manifest, catalogue)}
    with connection.cursor(row_factory=dict_row) as cursor:
        shapes = cursor.execute(_SQL["shapes_of"], {"tables": [table]}).fetchall()
    if not shapes:
        raise UsageError(
            f"the history has no rows of {table}",
            fix=f"It keeps: {', '.join(kept) or 'no table'}.",
        )
    names = dict.fromkeys(name for shape in shapes for name in shape["columns"])
    if table in kept:
        names.update(dict.fromkeys(kept[table].columns))
    numbers = [shape["shape_id"] for shape in shapes]
    # The operator's condition is evaluated in here: it can read, and nothing else.
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        keys: set[str] = set()
        for shape in shapes:
            stored = StoredTable(
                rows=0,
                digest=Decimal(0),
                read_back_at=None,
                **shape,  # pyright: ignore[reportArgumentType]
            )
            keys |= _matching(connection, kept.get(table), stored, names, where)
        where_keys = {"shapes": numbers, "keys": sorted(keys)}
        counted = connection.execute(_SQL["count_versions"], where_keys).fetchone()
        assert counted is not None
        still_there = _still_there(connection, kept.get(table), sorted(keys))
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")
    return ForgetPlan(
        table=table,
        rows=counted[1],
        versions=counted[0],
        still_there=still_there,
        keys=tuple(sorted(keys)),
        shapes=tuple(numbers),
    )


def _matching(
    connection: psycopg.Connection[Any],
    kept: Kept | None,
    stored: StoredTable,
    names: Iterable[str],
    where: str,
) -> set[str]:
    """Keys of the versions of one shape for which the condition holds.

    Args:
        names: columns that any version has; where this shape has not, they are NULL.
    """
    alias = sql.Identifier(stored.table_name.rpartition(".")[2])
    if kept is None:
        # The table is no more, or no longer kept: its values are read as texts.
        present = set(stored.columns)
        columns = sql.SQL(", ").join(
            sql.SQL("h.row_values[{}] AS {}").format(sql.Literal(n), sql.Identifier(name))
            for n, name in enumerate(stored.columns, 1)
        )
        rows = sql.SQL(
            "SELECT {}, h.row_key AS seawall_key FROM seawall.row_history AS h"
            " WHERE h.shape_id = {}"
        ).format(columns, sql.Literal(stored.shape_id))
    else:
        alias = sql.Identifier(kept.table.name)
        past = past_of(connection, kept, stored)
        present = {*past.names, *past.dropped}
        rows = past.rows(sql.SQL("true"))
    absent = sql.Composed(
        [
            sql.SQL(", NULL::text AS {}").format(sql.Identifier(name))
            for name in names
            if name not in present
        ]
    )
    rows = sql.SQL("SELECT x.*{} FROM ({}) AS x").format(absent, rows)
    statement = sql.SQL("SELECT DISTINCT seawall_key FROM ({}) AS {} WHERE ({}\n)").format(
        rows, alias, raw(where)
    )
    # With a parameter the server takes one statement only, whatever the condition says.
    text = statement.as_string(connection).replace("%", "%%") + " AND %(always)s"
    try:
        return {row[0] for row in connection.execute(text.encode(), {"always": True})}
    except UNFIT as error:
        raise UsageError(
            f"--where cannot be evaluated: {str(error).strip().splitlines()[0]}",
            why="It is one condition in SQL on the table’s columns, and only chooses rows.",
            fix='For example: --where "user_id = 43".',
        ) from error


def _still_there(connection: psycopg.Connection[Any], kept: Kept | None, keys: list[str]) -> int:
    if kept is None:
        return 0
    row = connection.execute(
        sql.SQL(
            "SELECT pg_catalog.count(*) FROM ({}) AS l JOIN pg_catalog.unnest({}::text[]) AS k"
            " ON l.row_key = k"
        ).format(kept.live(), sql.Literal(keys))
    ).fetchone()
    return row[0] if row else 0


def perform(connection: psycopg.Connection[Any], plan: ForgetPlan) -> ForgetReport:
    """Forget the planned rows. The caller holds the run lock.

    Raises:
        psycopg.Error: nothing was forgotten.
    """
    chosen = {"shapes": list(plan.shapes), "keys": list(plan.keys)}
    with connection.transaction():
        counted = connection.execute(_SQL["count_versions"], chosen).fetchone()
        assert counted is not None
        connection.execute(_SQL["forget_from_digests"], chosen)
        versions = connection.execute(_SQL["forget_versions"], chosen).rowcount
        said = {
            "who": Jsonb(ledger.who()),
            "table_name": plan.table,
            "rows": counted[1],
            "versions": versions,
        }
        row = connection.execute(_SQL["record_forgetting"], said).fetchone()
        assert row is not None
    # Deleted rows stay in the file until they are vacuumed.
    connection.execute("VACUUM seawall.row_history")
    return ForgetReport(forgetting=row[0], table=plan.table, rows=counted[1], versions=versions)
