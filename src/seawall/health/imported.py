"""Rows of imported tables that are kept although the feed no longer has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall import impact
from seawall.catalog.model import Catalogue
from seawall.naming import Shape, retired_condition
from seawall.references import UserReference


class ImportedTableHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One imported table."""

    rows: int
    """All rows, retired ones too."""
    retired: int
    held: int
    """Retired rows that users refer to."""


def imported_table(
    connection: psycopg.Connection[Any],
    shape: Shape,
    references: Sequence[UserReference],
    catalogue: Catalogue,
) -> ImportedTableHealth:
    """Count a table's rows, those retired, and of them those that users refer to."""
    row = connection.execute(
        sql.SQL(
            "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {}) FROM {} AS t"
        ).format(retired_condition(shape, "t"), shape.table.identifier)
    ).fetchone()
    assert row is not None
    identifiers: Mapping[str, sql.Identifier] = {
        reference.user_table: catalogue.tables[reference.user_table].identifier
        for reference in references
    }
    held = impact.count_held(connection, shape, None, references, identifiers) if row[1] else 0
    return ImportedTableHealth(rows=row[0], retired=row[1], held=held)
