"""How users' rows stand: not whether there are some, but whether each still means what it meant."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.catalog.model import Catalogue
from seawall.history import standing
from seawall.history.standing import Standing
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.naming import Shape
from seawall.references import UserReference, user_references
from seawall.witness.meanings import identity_rows, on_record


class UserTableHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One user table."""

    total: int
    stable: int
    """Rows whose every reference is alive and means what it meant when it was first seen."""
    stable_percent: float
    """Rounded down: 100 means every row."""
    orphans: dict[str, int]
    """Reference → rows whose reference points at nothing; only where there are some."""
    retargeted: dict[str, int]
    """Reference → rows behind whose reference another key stands than is on record."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture."""

    healthy: bool
    limit_percent: float
    users: dict[str, UserTableHealth]
    last_run: dict[str, Any] | None
    stale_staging: int
    """Loads that were staged more than an hour ago and never applied."""
    unfinished_runs: list[int]
    backup: Standing | None
    """The last backup, compared with the tables as they are; None before the first."""
    warnings: list[str]


def examine(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    catalogue: Catalogue,
    shapes: Mapping[str, Shape],
) -> Health:
    """Look at every user table, the ledger and staging. Writes nothing."""
    references = user_references(manifest, catalogue)
    users = {
        name: _table(connection, name, references, catalogue, shapes)
        for name in manifest.user_tables()
    }
    share = Fraction(str(manifest.health.stable_share))
    low = {name for name, table in users.items() if table.stable < share * table.total}
    limit = round(manifest.health.stable_share * 100, 2)
    book = Ledger(connection)
    latest = next(iter(book.runs(limit=1)), None)
    unfinished = [row["id"] for row in book.unfinished()]
    row = connection.execute(
        "SELECT count(*) FROM seawall_stage.loads WHERE made_at < now() - interval '1 hour'"
    ).fetchone()
    stale = row[0] if row else 0
    warnings = [
        f"{name}: {table.stable} of {table.total} rows are stable ({table.stable_percent:g} %);"
        f" the limit is {limit:g} %"
        for name, table in users.items()
        if name in low
    ]
    warnings += [
        f"run {run} has not finished: under way, or its process died" for run in unfinished
    ]
    history = standing.look(connection, manifest, catalogue)
    lost = _lost(history, Fraction(str(manifest.health.gone_share)))
    warnings += lost
    return Health(
        healthy=not low and not lost,
        limit_percent=limit,
        users=users,
        last_run=_summary(latest) if latest else None,
        stale_staging=stale,
        unfinished_runs=unfinished,
        backup=history,
        warnings=warnings,
    )


def _lost(history: Standing | None, share: Fraction) -> list[str]:
    """Warnings of rows that the last backup has and the table no longer; and of altered backups."""
    if history is None:
        return []
    back = f"--backup {history.backup}" if history.run is None else str(history.run)
    return [
        f"{name}: {table.gone} of the {table.rows} rows in backup {history.backup} are gone; "
        f"“seawall restore {back} --table {name}” shows them"
        for name, table in history.tables.items()
        if table.gone > max(1, int(table.rows * share))
    ] + [
        f"{name}: backup {history.backup} was altered after it was read back"
        for name in history.altered
    ]


def _summary(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": run["id"],
        "outcome": run["outcome"],
        "feed": run["feed"],
        "certified": run["certified"],
        "started_at": run["started_at"].isoformat(),
    }


def _table(
    connection: psycopg.Connection[Any],
    name: str,
    references: list[UserReference],
    catalogue: Catalogue,
    shapes: Mapping[str, Shape],
) -> UserTableHealth:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {}").format(catalogue.tables[name].identifier)
    ).fetchone()
    total = row[0] if row else 0
    mine = [reference for reference in references if reference.user_table == name]
    if not mine:
        return UserTableHealth(
            total=total, stable=total, stable_percent=100.0, orphans={}, retargeted={}
        )
    broken = sql.SQL(" UNION ALL ").join(
        sql.SQL(
            "SELECT {number} AS number, m.seawall_place, m.seawall_identity IS NULL AS orphan"
            " FROM ({rows}) AS m LEFT JOIN seawall.referenced_identity AS known"
            " ON {on_record}"
            " WHERE m.seawall_identity IS NULL OR m.seawall_identity <> known.identity"
        ).format(
            number=sql.Literal(number),
            rows=identity_rows(reference, shapes, catalogue),
            on_record=on_record(reference, shapes),
        )
        for number, reference in enumerate(mine)
    )
    orphans: dict[str, int] = {}
    retargeted: dict[str, int] = {}
    rows = connection.execute(
        sql.SQL(
            "WITH broken AS ({}) SELECT number, orphan, count(*),"
            " (SELECT count(DISTINCT seawall_place) FROM broken)"
            " FROM broken GROUP BY number, orphan ORDER BY number"
        ).format(broken)
    ).fetchall()
    for number, orphan, count, _ in rows:
        (orphans if orphan else retargeted)[mine[number].label] = count
    stable = total - (rows[0][3] if rows else 0)
    return UserTableHealth(
        total=total,
        stable=stable,
        stable_percent=stable * 10_000 // total / 100 if total else 100.0,
        orphans=orphans,
        retargeted=retargeted,
    )
