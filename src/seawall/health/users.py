"""Which rows of user tables still mean what they meant, and which refer to nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.catalog.model import Catalogue
from seawall.naming import Shape
from seawall.references import UserReference
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


def user_table(
    connection: psycopg.Connection[Any],
    name: str,
    references: Sequence[UserReference],
    catalogue: Catalogue,
    shapes: Mapping[str, Shape],
) -> UserTableHealth:
    """Count a table's rows, and those whose references are alive and mean what they meant."""
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
