"""How the history stands, for health: its age, and rows of the last backup that are gone now."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall import queries
from seawall.catalog.model import Catalogue
from seawall.history.kept import Kept, kept_tables
from seawall.history.read_back import StoredTable, altered, stored_tables
from seawall.manifest import Manifest

_SQL = queries.load("seawall.history")


class TableStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One table in the last backup."""

    rows: int
    """Rows that the backup holds."""
    gone: int
    """Of them, rows that the table no longer has."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The last backup, compared with the database as it is."""

    backup: int
    run: int | None
    taken_at: str
    age_seconds: float
    read_back_at: str | None
    """When the last of its tables was read back; None where it holds no table."""
    tables: dict[str, TableStanding]
    altered: tuple[str, ...]
    """Tables whose backup does not say what it said when it was read back."""


def look(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> Standing | None:
    """Compare the last backup with the database. None before the first. Writes nothing."""
    latest = connection.execute(_SQL["latest"]).fetchone()
    if latest is None:
        return None
    backup_id, run, taken_at = latest
    age = connection.execute(
        "SELECT extract(epoch FROM pg_catalog.clock_timestamp() - %s)::float8", [taken_at]
    ).fetchone()
    assert age is not None
    stored = stored_tables(connection, backup_id)
    kept = {each.name: each for each in kept_tables(manifest, catalogue)}
    return Standing(
        backup=backup_id,
        run=run,
        taken_at=taken_at.isoformat(),
        age_seconds=round(age[0], 1),
        read_back_at=max(
            (table.read_back_at.isoformat() for table in stored.values()), default=None
        ),
        tables={
            name: TableStanding(rows=table.rows, gone=_gone(connection, kept[name], table))
            for name, table in stored.items()
            if name in kept and not kept[name].own_columns
        },
        altered=tuple(
            name
            for name, table in stored.items()
            if altered(connection, backup_id, table) is not None
        ),
    )


def _gone(connection: psycopg.Connection[Any], kept: Kept, table: StoredTable) -> int:
    """Rows of the backup whose key the table no longer has; without keys, how many fewer."""
    if not kept.key or list(kept.key) != table.key_columns:
        row = connection.execute(
            sql.SQL("SELECT greatest(0, {} - pg_catalog.count(*)) FROM {} AS t").format(
                sql.Literal(table.rows), kept.rows
            )
        ).fetchone()
    else:
        row = connection.execute(
            sql.SQL(
                "SELECT pg_catalog.count(*) FROM seawall.row_history AS h"
                " WHERE h.shape_id = {shape} AND h.last_backup IS NULL AND NOT EXISTS"
                " (SELECT FROM {rows} AS t WHERE {key} = h.row_key)"
            ).format(shape=sql.Literal(table.shape_id), rows=kept.rows, key=kept.key_of("t"))
        ).fetchone()
    assert row is not None
    return row[0]
