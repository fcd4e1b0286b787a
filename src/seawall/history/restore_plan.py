"""Plans a restore: row by row what a backup holds and what stands there now. Writes nothing."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall import queries
from seawall.catalog.graph import Cycle, load_order
from seawall.catalog.model import Catalogue
from seawall.errors import DatabaseError, UsageError
from seawall.history.candidates import Candidates
from seawall.history.kept import kept_tables
from seawall.history.past import Past, past_of
from seawall.history.read_back import UNFIT, refuse_altered, stored_tables
from seawall.manifest import Manifest
from seawall.naming import shapes
from seawall.references import user_references

_SQL = queries.load("seawall.history")

# Of each table and status; the counts are always complete.
LISTED_ROWS = 100
STATUSES = (
    "missing",
    "changed",
    "same",
    "reentered",
    "parent_gone",
    "parent_differs",
    "incomplete",
    "unfit",
)


class RowRestore(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not as it was."""

    status: str
    """missing, changed, reentered, parent_gone, parent_differs, incomplete or unfit."""
    key: str
    detail: str
    """The reference, constraint or column because of which it is not put back."""
    columns: dict[str, tuple[str | None, str | None]]
    """Column → (in the backup, now), as text, where they differ."""


class TableRestore(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one table."""

    missing: int
    changed: int
    same: int
    reentered: int
    parent_gone: int
    parent_differs: int
    incomplete: int
    unfit: int
    insert: int
    overwrite: int
    rows: tuple[RowRestore, ...]
    """Those that are not the same, up to 100 of each status."""


class RestorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person needs to decide, and everything a restore needs to do exactly that."""

    backup: int
    run: int | None
    taken_at: datetime.datetime
    made_at: datetime.datetime
    where: str | None
    overwrite_newer: bool
    catalogue_digest: str
    order: tuple[str, ...]
    """Tables, parents first."""
    circular: bool
    """They refer to one another in a circle, so all are written by one statement."""
    tables: dict[str, TableRestore]
    keys: dict[str, dict[str, int | None]]
    """Table → key of each row to write → hash of what stands there now, or null."""
    digest: str = ""

    @property
    def writes(self) -> int:
        """Rows that would be put back."""
        return sum(len(keys) for keys in self.keys.values())

    def compute_digest(self) -> str:
        """SHA-256 of everything else."""
        bare = msgspec.structs.replace(self, digest="")
        return hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()

    def shown(self) -> dict[str, Any]:
        """The plan as JSON prints it: without the keys, which the rows name."""
        said = msgspec.to_builtins(self)
        del said["keys"]
        return {**said, "writes": self.writes}


def make(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    catalogue: Catalogue,
    *,
    run: int | None,
    backup: int | None,
    tables: Sequence[str],
    where: str | None,
    overwrite_newer: bool,
) -> RestorePlan:
    """Compare a backup with the database.

    Raises:
        UsageError: there is no such backup or table, or the condition is none.
        BackupAltered: the backup does not say what it said when it was read back.
    """
    found = find_backup(connection, run, backup)
    connection.execute(_SQL["make_candidates"])
    # The operator's condition is evaluated in here: it can read, and nothing else.
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        past, order, circular = past_tables(connection, manifest, catalogue, found[0], tables)
        candidates = Candidates(
            connection,
            catalogue,
            shapes(manifest, catalogue),
            user_references(manifest, catalogue),
            {name: past[name] for name in order},
            found[0],
            overwrite_newer=overwrite_newer,
        )
        _choose(candidates, where)
        candidates.judge()
        plan = RestorePlan(
            backup=found[0],
            run=found[1],
            taken_at=found[2],
            made_at=datetime.datetime.now(datetime.UTC),
            where=where,
            overwrite_newer=overwrite_newer,
            catalogue_digest=catalogue.digest,
            order=tuple(order),
            circular=circular,
            tables={
                name: _table(connection, past[name], overwrite_newer=overwrite_newer)
                for name in order
            },
            keys={
                name: _keys(connection, past[name], overwrite_newer=overwrite_newer)
                for name in order
            },
        )
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")
    return msgspec.structs.replace(plan, digest=plan.compute_digest())


def find_backup(
    connection: psycopg.Connection[Any], run: int | None, backup: int | None
) -> tuple[int, int | None, datetime.datetime]:
    """Number, run and time of a backup: that of a run, or the one with a number.

    Raises:
        UsageError: there is none.
    """
    if (run is None) == (backup is None):
        raise UsageError(
            "name either a run or a backup",
            fix="seawall restore RUN, or seawall restore --backup N",
        )
    if run is not None:
        row = connection.execute(_SQL["of_run"], {"run_id": run}).fetchone()
    else:
        row = connection.execute(_SQL["of_backup"], {"backup_id": backup}).fetchone()
    if row is None:
        asked = f"run {run} has no backup" if run is not None else f"there is no backup {backup}"
        latest = connection.execute(_SQL["latest"]).fetchone()
        last = f"backup {latest[0]}" if latest else "none"
        if latest and latest[1] is not None:
            last = f"that of run {latest[1]}"
        raise UsageError(
            asked,
            why="A refused run makes none, and old ones are dropped (backup.keep_runs).",
            fix=f"“seawall runs” lists runs; the latest backup is {last}.",
        )
    return row


def past_tables(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    catalogue: Catalogue,
    backup_id: int,
    tables: Sequence[str],
) -> tuple[dict[str, Past], list[str], bool]:
    """The tables of a backup, verified; their order, parents first; whether there is none.

    Raises:
        UsageError: a table is not in the backup, or is no more.
        BackupAltered: the backup was altered.
    """
    stored = stored_tables(connection, backup_id)
    kept = {each.name: each for each in kept_tables(manifest, catalogue)}
    for name in tables:
        if name not in stored or name not in kept:
            raise UsageError(
                f"backup {backup_id} cannot give {name} back",
                why="It does not hold the table, or the table is not kept or not there now.",
                fix=f"It holds: {', '.join(name for name in stored if name in kept)}.",
            )
    chosen = list(tables) or [name for name in stored if name in kept]
    for name in chosen:
        refuse_altered(connection, backup_id, stored[name])
    past = {name: past_of(connection, kept[name], stored[name]) for name in chosen}
    for each in past.values():
        each.refuse_other_key()
    parents = {
        name: {
            key.target
            for key in catalogue.references_from(name)
            if key.target in past and key.target != name
        }
        for name in chosen
    }
    try:
        return past, load_order(parents), False
    except Cycle:
        return past, chosen, True


def _choose(candidates: Candidates, where: str | None) -> None:
    try:
        candidates.choose(where or "true")
    except UNFIT as error:
        if where is None:
            raise DatabaseError(
                f"the backup’s values do not fit today’s tables: {_first_line(error)}",
                why="A column has another type than then, and a text cannot be read as one.",
                fix="Restore the other tables with --table, or choose rows with --where.",
            ) from error
        raise UsageError(
            f"--where cannot be evaluated: {_first_line(error)}",
            why="It is one condition in SQL, on columns of every table of the restore. It chooses "
            "rows, and can write nothing.",
            fix='Name the table that it is about: --table TABLE --where "user_id = 43".',
        ) from error


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0]


def _table(
    connection: psycopg.Connection[Any], past: Past, *, overwrite_newer: bool
) -> TableRestore:
    counts = dict(
        connection.execute(
            "SELECT status, pg_catalog.count(*) FROM pg_temp.seawall_candidates"
            " WHERE table_name = %s GROUP BY status",
            [past.kept.name],
        ).fetchall()
    )
    each = {status: counts.get(status, 0) for status in STATUSES}
    update = bool(past.kept.own_columns)
    return TableRestore(
        **each,
        insert=0 if update else each["missing"],
        overwrite=(each["missing"] if update else 0) + (each["changed"] if overwrite_newer else 0),
        rows=tuple(_rows(connection, past)),
    )


def _rows(connection: psycopg.Connection[Any], past: Past) -> list[RowRestore]:
    names = past.names
    found = connection.execute(
        "SELECT status, row_key, detail, row_values, live_values FROM ("
        "SELECT *, pg_catalog.row_number() OVER (PARTITION BY status ORDER BY row_key) AS n"
        " FROM pg_temp.seawall_candidates WHERE table_name = %s AND status <> 'same') AS x"
        " WHERE n <= %s ORDER BY status, n",
        [past.kept.name, LISTED_ROWS],
    ).fetchall()
    return [
        RowRestore(
            status=status,
            key=key,
            detail=detail,
            columns={
                name: (was, now[n] if now else None)
                for n, (name, was) in enumerate(zip(names, then, strict=True))
                if not now or was != now[n]
            },
        )
        for status, key, detail, then, now in found
    ]


def _keys(
    connection: psycopg.Connection[Any], past: Past, *, overwrite_newer: bool
) -> dict[str, int | None]:
    return dict(
        connection.execute(
            sql.SQL(
                "SELECT row_key, live_hash FROM pg_temp.seawall_candidates AS c"
                " WHERE table_name = {} AND (c.status = 'missing'"
                " OR (c.status = 'changed' AND {})) ORDER BY row_key"
            ).format(sql.Literal(past.kept.name), sql.Literal(overwrite_newer))
        ).fetchall()
    )
