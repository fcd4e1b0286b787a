"""Drops what no kept backup holds any more. The latest backup always stays."""

from __future__ import annotations

from typing import Any

import psycopg

from seawall import queries

_SQL = queries.load("seawall.history")


def prune(connection: psycopg.Connection[Any], keep_runs: int) -> int:
    """Keep the backups of the last runs, and every later one made by hand.

    Args:
        keep_runs: at least 1.

    Returns:
        How many versions of rows were dropped.
    """
    row = connection.execute(_SQL["oldest_kept"], {"keep_runs": keep_runs}).fetchone()
    if row is None:
        return 0
    oldest = {"oldest": row[0]}
    dropped = connection.execute(_SQL["prune_versions"], oldest).rowcount
    if connection.execute(_SQL["prune_backups"], oldest).rowcount:
        # Of tables that are left out of backups since, the versions never ended.
        dropped += connection.execute(_SQL["prune_left_out"]).rowcount
        connection.execute(_SQL["prune_shapes"])
    return dropped
