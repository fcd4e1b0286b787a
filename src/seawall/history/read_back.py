"""Reads the history back: what is stored must say what was there."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from seawall import queries
from seawall.errors import ExitCode, SeawallError
from seawall.history.kept import Kept, as_texts

_SQL = queries.load("seawall.history")


# What PostgreSQL says of a condition, or of a value, that it cannot evaluate.
UNFIT = (
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.NotSupportedError,
    psycopg.InternalError,
)


class BackupFailed(SeawallError):
    """Users' rows could not be kept, or do not read back as they are; nothing is written."""

    code = "backup-failed"
    exit_code = ExitCode.REFUSED


class BackupAltered(SeawallError):
    """A backup no longer says what it said when it was read back."""

    code = "backup-altered"
    exit_code = ExitCode.REFUSED


class Sum(msgspec.Struct, frozen=True):
    """What rows add up to: how many, and the sum of their hashes."""

    rows: int
    digest: Decimal


_NOTHING = Sum(0, Decimal(0))


def sum_of(
    connection: psycopg.Connection[Any], statement: sql.Composed | str, **values: Any
) -> Sum:
    """Ask for ``rows`` and ``digest``; a name is that of a static block."""
    query = _SQL[statement] if isinstance(statement, str) else statement
    row = connection.execute(query, values or None).fetchone()
    assert row is not None
    return Sum(row[0], row[1])


def stored_now(connection: psycopg.Connection[Any], shape_ids: Iterable[int]) -> dict[int, Sum]:
    """What the versions add up to that are still so, by number of their columns."""
    numbers = list(shape_ids)
    rows = connection.execute(_SQL["stored_now"], {"shapes": numbers}).fetchall()
    sums = {number: Sum(count, digest) for number, count, digest in rows}
    return {number: sums.get(number, _NOTHING) for number in numbers}


def refuse_unread(kept: Kept, stored: Sum, live: Sum) -> None:
    """Compare what was read from the history with the rows as the same snapshot sees them.

    Raises:
        BackupFailed: they differ.
    """
    if stored != live:
        raise BackupFailed(
            f"the backup of {kept.name} does not read back as the table is: {stored.rows} rows "
            f"kept, {live.rows} in the table",
            why="A backup that cannot be read back is none, so nothing is written.",
            fix="Look at seawall.row_history: a trigger or rule there, or a damaged disk.",
        )


def refuse_uncast(
    connection: psycopg.Connection[Any], kept: Kept, shape_id: int, backup_id: int
) -> None:
    """Cast the versions that a backup wrote to the columns' types, and back.

    Older versions have been cast by the backup that wrote them, and read the same since.

    Raises:
        BackupFailed: a type does not read its own text as the same value.
    """
    wrong = _not_returning(connection, kept, shape_id, backup_id)
    if wrong:
        raise BackupFailed(
            f"rows of {kept.name} do not come back as they are: {', '.join(wrong)}",
            why="A type of the table reads its own text as another value.",
            fix=f"Leave the column out: backup_leave_out = […] under [tables.{kept.name}].",
        )


def _not_returning(
    connection: psycopg.Connection[Any], kept: Kept, shape_id: int, backup_id: int
) -> list[str]:
    """Keys of new versions whose texts, cast to the columns' types, read otherwise."""
    rows = connection.execute(
        sql.SQL(
            "SELECT h.row_key FROM seawall.row_history AS h"
            " WHERE h.shape_id = {shape} AND h.first_backup = {backup}"
            " AND ({again} IS DISTINCT FROM h.row_values"
            " OR pg_catalog.hash_array_extended(h.row_values, 0) <> h.row_hash) LIMIT 5"
        ).format(
            shape=sql.Literal(shape_id),
            backup=sql.Literal(backup_id),
            again=as_texts([typed("h", n, t) for n, t in enumerate(kept.types, 1)]),
        )
    ).fetchall()
    return [row[0] for row in rows]


def typed(alias: str, position: int, type_name: str) -> sql.Composed:
    """A stored value as a column's type has it."""
    return sql.SQL("({}.row_values[{}]::{})").format(
        sql.Identifier(alias), sql.Literal(position), raw(type_name)
    )


def raw(text: str) -> sql.SQL:
    """Text that PostgreSQL's catalogue or the operator gave as SQL."""
    return sql.SQL(text)  # pyright: ignore[reportArgumentType]


class StoredTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table in one backup."""

    table_name: str
    shape_id: int
    rows: int
    digest: Decimal
    read_back_at: Any
    table_oid: int
    columns: list[str]
    numbers: list[int]
    types: list[str]
    key_columns: list[str]


def stored_tables(connection: psycopg.Connection[Any], backup_id: int) -> dict[str, StoredTable]:
    """Every table that a backup holds."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["tables_of"], {"backup_id": backup_id}).fetchall()
    return {row["table_name"]: StoredTable(**row) for row in rows}


def altered(
    connection: psycopg.Connection[Any], backup_id: int, table: StoredTable
) -> list[str] | None:
    """What of a table's backup no longer reads as it was read back.

    Returns:
        None where all is well; keys of the altered rows; or an empty list where rows were added,
        taken away, or given to another backup.
    """
    said = Sum(table.rows, table.digest)
    where = {"shape_id": table.shape_id, "backup_id": backup_id}
    if sum_of(connection, "stored_then", **where) == said:
        return None
    return [row[0] for row in connection.execute(_SQL["altered_versions"], where)]


def refuse_altered(connection: psycopg.Connection[Any], backup_id: int, table: StoredTable) -> None:
    """Look at a table's backup before it is used.

    Raises:
        BackupAltered: it does not say what it said.
    """
    rows = altered(connection, backup_id, table)
    if rows is None:
        return
    named = f"row {', '.join(rows)}" if rows else "rows were added or taken away"
    raise BackupAltered(
        f"backup {backup_id} of {table.table_name} was altered: {named}",
        why="Putting it back would put back what was never there.",
        fix="Restore from another backup, or from a backup of the whole database.",
    )
