"""Event triggers fire when seawall makes its staging tables."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("event-trigger",)


def find(context: Context) -> Iterator[Finding]:
    """Name those that are on. The run's own transaction makes, changes and drops no table."""
    rows = context.connection.execute(
        "SELECT evtname, evtevent, evtfoid::regproc::text FROM pg_catalog.pg_event_trigger"
        " WHERE evtenabled IN ('O', 'A') AND evtevent <> 'login' ORDER BY evtname"
    ).fetchall()
    for name, event, function in rows:
        yield Finding(
            check=NAMES[0],
            table="",
            message=f"the event trigger {name} ({function}) fires at {event}",
            why="It fires when a feed is staged, before any plan. In the run itself it does not.",
            fix=f"Read {function}(): it should write no user’s row.",
            refuses=False,
        )
