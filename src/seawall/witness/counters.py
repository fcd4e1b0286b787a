"""Counters: rows that this transaction wrote, per table, by PostgreSQL's own statistics.

They see cascades and triggers too. Blind to TRUNCATE; silent where ``track_counts`` is off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from seawall.catalog.model import Catalogue

Counts = dict[str, int]


def read(
    connection: psycopg.Connection[Any], catalogue: Catalogue, tables: Mapping[str, Any]
) -> Counts | None:
    """Rows inserted, updated and deleted so far by this transaction, per table.

    Partitions and inheritance children count for their parent.

    Returns:
        Rows by table, or None where the server does not count.
    """
    tracked = connection.execute("SELECT pg_catalog.current_setting('track_counts')").fetchone()
    if tracked is None or tracked[0] != "on":
        return None
    oids: dict[int, str] = {}
    for name in tables:
        for member in [name, *catalogue.same_family(name)]:
            oids[catalogue.tables[member].oid] = name
    counts: Counts = dict.fromkeys(tables, 0)
    for oid, written in connection.execute(
        "SELECT relid::bigint, n_tup_ins + n_tup_upd + n_tup_del"
        " FROM pg_catalog.pg_stat_xact_all_tables WHERE relid = ANY (%s::oid[])",
        [list(oids)],
    ):
        counts[oids[oid]] += written
    return counts
