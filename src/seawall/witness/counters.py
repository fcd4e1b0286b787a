"""Counters: rows that this transaction wrote, per table, by PostgreSQL's own statistics.

They see cascades and triggers too, and every table, whether the manifest names it or not. Blind to
TRUNCATE; silent where ``track_counts`` is off.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import psycopg

from seawall.catalog.model import Catalogue, table_label


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows written since the transaction began, by table."""

    inserted: Counter[str]
    rewritten: Counter[str]
    """Updated or deleted."""

    def since(self, before: Counts) -> Counts:
        """What was written between two readings."""
        return Counts(
            inserted=self.inserted - before.inserted, rewritten=self.rewritten - before.rewritten
        )

    @property
    def written(self) -> Counter[str]:
        """All rows written."""
        return self.inserted + self.rewritten


def read(connection: psycopg.Connection[Any], catalogue: Catalogue) -> Counts | None:
    """Read the counters of every table but PostgreSQL's own and staging, and of large objects.

    Partitions count for their table.

    Returns:
        The counts, or None where the server does not count.
    """
    tracked = connection.execute("SELECT pg_catalog.current_setting('track_counts')").fetchone()
    if tracked is None or tracked[0] != "on":
        return None
    whole = {
        partition: name
        for name, table in catalogue.tables.items()
        if table.kind == "p" and not table.is_partition
        for partition in catalogue.partitions(name)
    }
    counts = Counts(inserted=Counter(), rewritten=Counter())
    for schema, name, inserted, rewritten in connection.execute(
        "SELECT schemaname, relname, n_tup_ins, n_tup_upd + n_tup_del"
        " FROM pg_catalog.pg_stat_xact_all_tables"
        " WHERE (schemaname <> ALL"
        " ('{pg_catalog,pg_toast,information_schema,seawall_stage}'::text[])"
        # The one table of the ledger's that a run writes before its outcome.
        " AND (schemaname, relname) <> ('seawall', 'retired'))"
        # What large objects hold is users' too, and seawall writes none.
        " OR (schemaname = 'pg_catalog' AND relname = 'pg_largeobject')"
    ):
        label = whole.get(table_label(schema, name), table_label(schema, name))
        counts.inserted[label] += inserted
        counts.rewritten[label] += rewritten
    return counts
