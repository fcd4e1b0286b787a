"""How much of each sequence is used up, against what it may issue and what its column can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from seawall import queries
from seawall.catalog.model import Catalogue, table_label

_SQL = queries.load("seawall.health")

WARNING_SHARE = 0.80
LIMIT_SHARE = 0.95

_LARGEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}


class SequenceRoom(msgspec.Struct, frozen=True, kw_only=True):
    """One sequence, and a column that it issues ids for."""

    sequence: str
    column: str
    """``answers.id``"""
    type: str
    """The column's."""
    last_value: int | None
    """None where it has issued nothing, or this role may not look."""
    limit: int
    """The last value that fits both: what the sequence may issue and what the column can hold."""
    used_percent: float | None
    """Rounded down. None where this role may not look."""

    @property
    def used_share(self) -> float:
        """The same, from 0 to 1; what is not known counts as 0."""
        return (self.used_percent or 0.0) / 100

    @property
    def words(self) -> str:
        """How full it is, in words."""
        return (
            f"{self.column} ({self.type}): {self.used_percent:g} % of its ids are used, "
            f"up to {self.last_value} of {self.limit}"
        )


def look(connection: psycopg.Connection[Any], catalogue: Catalogue) -> list[SequenceRoom]:
    """Every sequence that issues ids for a column of the catalogue's tables."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["sequences"]).fetchall()
    return [room for row in rows if (room := _room(row, catalogue))]


def _room(row: Mapping[str, Any], catalogue: Catalogue) -> SequenceRoom | None:
    name = table_label(row["table_schema"], row["table_name"])
    if name not in catalogue.tables:
        return None  # a view's, or one of seawall's own
    column = catalogue.tables[name].columns[row["column_name"]]
    smallest, largest = _bounds(column.type_name, row["smallest"], row["largest"])
    first, last = (smallest, largest) if row["increment"] > 0 else (largest, smallest)
    return SequenceRoom(
        sequence=table_label(row["sequence_schema"], row["sequence_name"]),
        column=f"{name}.{column.name}",
        type=column.type,
        last_value=row["last_value"],
        limit=last,
        used_percent=_percent(row["last_value"], first, last) if row["readable"] else None,
    )


def _bounds(type_name: str, smallest: int, largest: int) -> tuple[int, int]:
    """What the sequence may issue and the column can hold."""
    fits = _LARGEST.get(type_name)
    return (max(smallest, -fits - 1), min(largest, fits)) if fits else (smallest, largest)


def _percent(value: int | None, first: int, last: int) -> float:
    """In whole hundredths, by integers: a bigint's share is finer than a float."""
    if value is None:
        return 0.0
    used, room = abs(value - first) + 1, abs(last - first) + 1
    return min(used * 10_000 // room, 10_000) / 100
