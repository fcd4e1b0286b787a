"""Takes a backup: merges users' rows into the history, reads them back, and records both.

One transaction of its own, in one snapshot of all tables. It reads users' tables and writes
seawall's own, so that nobody waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from seawall import ledger, queries
from seawall.catalog.model import Catalogue
from seawall.history import read_back, retention
from seawall.history.kept import Kept, kept_tables
from seawall.history.read_back import BackupFailed, Sum, sum_of
from seawall.manifest import Manifest
from seawall.naming import shapes
from seawall.references import user_references
from seawall.witness import meanings

_SQL = queries.load("seawall.history")
# From here on the history is vacuumed at once: the next reader would do it, at its own cost.
_VACUUM_VERSIONS = 10_000

Progress = Callable[[str, int], None]


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was read back."""

    id: int
    run: int | None
    """The run before which it was made; None where it was made by hand."""
    tables: dict[str, int]
    """Rows by table."""
    rows: int
    written: int
    """Versions that it wrote: rows that were new or had changed."""
    read_back: bool
    altered: list[str]
    """Tables whose backup before this one was found altered."""
    seconds: float


def take(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    catalogue: Catalogue,
    progress: Progress,
    *,
    run_id: int | None = None,
) -> Backup:
    """Keep users' rows as they are now. The caller holds the run lock.

    Raises:
        BackupFailed: they could not be kept, or do not read back; nothing of it stands.
        ManifestError: the manifest leaves out what cannot be left out.
        psycopg.Error: the connection broke.
    """
    started = time.monotonic()
    try:
        # READ WRITE: somebody may have made reading the role's default.
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        made = _Merge(connection, catalogue).take(manifest, run_id, progress)
        retention.prune(connection, manifest.backup.keep_runs)
        connection.execute("COMMIT")
    except psycopg.Error as error:
        if connection.closed:
            raise
        connection.execute("ROLLBACK")
        raise BackupFailed(
            f"users’ rows could not be kept: {str(error).strip().splitlines()[0]}",
            why="A run begins only after a backup that was read back.",
            fix="Mend what PostgreSQL names, or leave the table or column out of backups: "
            "docs/manifest.md, backup and backup_leave_out.",
        ) from error
    except BaseException:
        if not connection.closed:
            connection.execute("ROLLBACK")
        raise
    if made.written > _VACUUM_VERSIONS:
        progress("vacuum", made.written)
        connection.execute("VACUUM (ANALYZE) seawall.row_history")
    return msgspec.structs.replace(made, seconds=round(time.monotonic() - started, 3))


class _Previous(NamedTuple):
    """What the backup before has of a table."""

    backup_id: int
    shape_id: int
    sum: Sum


class _Merge:
    """One backup's transaction."""

    def __init__(self, connection: psycopg.Connection[Any], catalogue: Catalogue) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._written = 0
        self._altered: list[str] = []

    def take(self, manifest: Manifest, run_id: int | None, progress: Progress) -> Backup:
        row = self._connection.execute(
            _SQL["begin_backup"], {"run_id": run_id, "who": Jsonb(ledger.who())}
        ).fetchone()
        assert row is not None
        backup_id: int = row[0]
        every = kept_tables(manifest, self._catalogue)
        shape_ids, previous = self._shapes(every), self._previous(every)
        stored = read_back.stored_now(self._connection, shape_ids.values())
        live: dict[str, Sum] = {}
        for kept in every:
            progress("backup", sum(each.rows for each in live.values()))
            shape_id = shape_ids[kept.name]
            live[kept.name] = self._keep(
                kept, backup_id, shape_id, stored[shape_id], previous.get(kept.name)
            )
        with self._connection.cursor() as cursor:
            cursor.executemany(
                _SQL["record_table"],
                [
                    {
                        "backup_id": backup_id,
                        "table_name": name,
                        "shape_id": shape_ids[name],
                        "rows": each.rows,
                        "digest": each.digest,
                    }
                    for name, each in live.items()
                ],
            )
        tables = {name: each.rows for name, each in live.items()}
        self._remember_meanings(manifest, tables, run_id)
        return Backup(
            id=backup_id,
            run=run_id,
            tables=tables,
            rows=sum(tables.values()),
            written=self._written,
            read_back=True,
            altered=self._altered,
            seconds=0.0,
        )

    def _keep(
        self, kept: Kept, backup_id: int, shape_id: int, stored: Sum, previous: _Previous | None
    ) -> Sum:
        """Bring a table's history to what the table is now, read it back, and say what that is.

        Args:
            stored: what the history has of it under the columns of today.
        """
        live = sum_of(self._connection, kept.fingerprint())
        if previous and previous.shape_id == shape_id and previous.sum != stored:
            self._altered.append(kept.name)
        changed = stored != live
        if previous and previous.shape_id != shape_id:
            self._close_other_shapes(kept, shape_id, previous.backup_id)
        if changed:
            if stored.rows:
                self._merge(kept, shape_id, backup_id, previous and previous.backup_id)
            else:
                self._begin(kept, shape_id, backup_id)
            stored = read_back.stored_now(self._connection, [shape_id])[shape_id]
        read_back.refuse_unread(kept, stored, live)
        if changed:
            read_back.refuse_uncast(self._connection, kept, shape_id, backup_id)
        return live

    def _previous(self, every: Sequence[Kept]) -> dict[str, _Previous]:
        """The backup before this one, by table; what the history has of others is dropped."""
        names = [kept.name for kept in every]
        rows = self._connection.execute(_SQL["previous"], {"tables": names}).fetchall()
        found = {
            name: _Previous(backup_id, shape_id, Sum(count, digest))
            for name, backup_id, shape_id, count, digest in rows
        }
        # Versions that no backup holds any more: it was pruned, or taken away by hand.
        ownerless = [name for name in names if name not in found]
        self._connection.execute(_SQL["drop_ownerless"], {"tables": ownerless})
        return found

    def _shapes(self, every: Sequence[Kept]) -> dict[str, int]:
        """Number of each table's columns as they are today."""
        numbers = column_numbers(self._connection, [kept.table.oid for kept in every])
        with self._connection.cursor(row_factory=dict_row) as cursor:
            known = cursor.execute(
                _SQL["shapes_of"], {"tables": [kept.name for kept in every]}
            ).fetchall()
        found: dict[str, int] = {}
        for kept in every:
            said = {
                "table_name": kept.name,
                "table_oid": kept.table.oid,
                "columns": list(kept.columns),
                "numbers": [numbers[kept.table.oid][column] for column in kept.columns],
                "types": kept.types,
                "key_columns": list(kept.key),
            }
            same = [each["shape_id"] for each in known if said.items() <= each.items()]
            if not same:
                same = self._connection.execute(_SQL["add_shape"], said).fetchone()
            assert same
            found[kept.name] = same[0]
        return found

    def _merge(self, kept: Kept, shape_id: int, backup_id: int, previous: int | None) -> None:
        """End the versions that are no longer so, and begin those that are new.

        Only keys and hashes are compared, which fit into memory where whole rows would not; that
        the sums are equal afterwards is read back. A version is inserted after that of the same
        key was ended, because it waits for "ended".
        """
        self._written += self._connection.execute(
            sql.SQL(
                "WITH differing AS MATERIALIZED ("
                "SELECT l.row_key, h.row_key AS old_key"
                " FROM (SELECT row_key, row_hash FROM ({live}) AS x) AS l"
                " FULL JOIN (SELECT row_key, pg_catalog.hash_array_extended(row_values, 0)"
                " AS row_hash FROM seawall.row_history"
                " WHERE shape_id = {shape} AND last_backup IS NULL) AS h ON l.row_key = h.row_key"
                " WHERE l.row_hash IS DISTINCT FROM h.row_hash), "
                "ended AS (UPDATE seawall.row_history AS h SET last_backup = {previous}"
                " FROM differing AS d WHERE h.shape_id = {shape} AND h.last_backup IS NULL"
                " AND h.row_key = d.old_key RETURNING h.row_key) "
                "INSERT INTO seawall.row_history"
                " (shape_id, row_key, row_values, row_hash, first_backup)"
                " SELECT {shape}, l.row_key, l.row_values, l.row_hash, {backup}"
                " FROM ({live}) AS l JOIN differing AS d ON d.row_key = l.row_key"
                " LEFT JOIN ended AS e ON e.row_key = d.row_key"
                " WHERE d.old_key IS NULL OR e.row_key IS NOT NULL"
            ).format(
                live=kept.live(),
                shape=sql.Literal(shape_id),
                previous=sql.Literal(previous),
                backup=sql.Literal(backup_id),
            )
        ).rowcount

    def _begin(self, kept: Kept, shape_id: int, backup_id: int) -> None:
        """Keep every row: nothing is stored yet under these columns."""
        self._written += self._connection.execute(
            sql.SQL(
                "INSERT INTO seawall.row_history"
                " (shape_id, row_key, row_values, row_hash, first_backup)"
                " SELECT {shape}, l.row_key, l.row_values, l.row_hash, {backup} FROM ({live}) AS l"
            ).format(live=kept.live(), shape=sql.Literal(shape_id), backup=sql.Literal(backup_id))
        ).rowcount

    def _close_other_shapes(self, kept: Kept, shape_id: int, previous: int) -> None:
        self._connection.execute(
            _SQL["close_other_shapes"],
            {"table_name": kept.name, "shape_id": shape_id, "previous": previous},
        )

    def _remember_meanings(
        self, manifest: Manifest, tables: Mapping[str, int], run_id: int | None
    ) -> None:
        """What is restored one day must mean what it means now; ``tables`` has the rows of each."""
        known = shapes(manifest, self._catalogue)
        for reference in user_references(manifest, self._catalogue):
            holders = self._catalogue.row_holders(reference.user_table)
            if all(tables.get(name) == 0 for name in holders):
                continue
            meanings.remember(self._connection, reference, known, self._catalogue, run_id)


def column_numbers(
    connection: psycopg.Connection[Any], table_oids: Sequence[int]
) -> Mapping[int, Mapping[str, int]]:
    """Table → column → its number, which a rename does not change."""
    numbers: dict[int, dict[str, int]] = {oid: {} for oid in table_oids}
    for oid, name, number in connection.execute(
        _SQL["column_numbers"], {"tables": list(table_oids)}
    ):
        numbers[oid][name] = number
    return numbers
