"""A delete of imported rows would read a whole table for each of them."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("foreign-key-unindexed",)


def find(context: Context) -> Iterator[Finding]:
    """Name foreign keys without an index, on tables from which rows are deleted."""
    imported = context.manifest.imported()
    for key in context.catalogue.foreign_keys:
        said = imported.get(key.target)
        if said is None or said.vanished != "delete" or key.indexed:
            continue
        columns = ", ".join(key.columns)
        yield Finding(
            check=NAMES[0],
            table=key.table,
            message=f"{key.name} on {key.table} ({columns}) has no index",
            why=f"For each row of {key.target} that is deleted, PostgreSQL reads all of "
            f"{key.table}, while the run holds its locks.",
            fix=f"CREATE INDEX CONCURRENTLY ON {key.table} ({columns});",
            refuses=False,
        )
