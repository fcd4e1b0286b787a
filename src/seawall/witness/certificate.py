"""The certificate: the transaction has written nothing, anywhere.

PostgreSQL gives a transaction its number when it first writes. Blind to sequences.
"""

from __future__ import annotations

from typing import Any

import psycopg


def nothing_written(connection: psycopg.Connection[Any]) -> bool:
    """True while the current transaction has no number. Take it just before the outcome row."""
    row = connection.execute(
        "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NULL"
    ).fetchone()
    return row is not None and row[0]
