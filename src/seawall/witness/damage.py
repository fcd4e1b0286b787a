"""Names the rows that a transaction has damaged, while it is still open.

The damaged transaction exports its snapshot. A second connection that takes it sees every row as
it was, because the damage is not committed; the two views are merged in key order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from seawall.database import connect
from seawall.witness.fingerprints import Subject

NAMED_ROWS = 20


def before_image(connection: psycopg.Connection[Any], url: str) -> psycopg.Connection[Any]:
    """Open a second connection that sees what the damaged transaction saw at its start."""
    row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    assert row is not None
    second = connect(url)
    second.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # What the damaged transaction has truncated or altered it keeps locked, for us too.
    second.execute("SET LOCAL lock_timeout = '1s'")
    second.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(row[0])))
    return second


def differing_rows(
    subject: Subject, damaged: psycopg.Connection[Any], before: psycopg.Connection[Any]
) -> Iterator[tuple[str, str]]:
    """Yield each row that differs as (lost, changed, added or hidden; the row in words)."""
    try:
        # A savepoint: after a lock that is not granted, the next subject must still be readable.
        with before.transaction():
            before.execute(
                sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(subject.table.identifier)
            )
    except psycopg.errors.LockNotAvailable:
        yield "hidden", f"{subject.name} was truncated or altered: its rows cannot be named"
        return
    old, new = subject.rows(before), subject.rows(damaged)
    was, now = next(old, None), next(new, None)
    while was is not None or now is not None:
        if was == now:
            was, now = next(old, None), next(new, None)
        elif now is None or (was is not None and was[0].encode() < now[0].encode()):
            assert was is not None
            yield "lost", f"{subject.name} {was[0]} lost: {was[1]}"
            was = next(old, None)
        elif was is None or now[0].encode() < was[0].encode():
            yield "added", f"{subject.name} {now[0]} added: {now[1]}"
            now = next(new, None)
        else:
            yield "changed", f"{subject.name} {was[0]} changed: {was[1]} → {now[1]}"
            was, now = next(old, None), next(new, None)
