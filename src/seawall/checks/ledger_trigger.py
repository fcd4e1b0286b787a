"""Triggers and rules on seawall's own tables."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("ledger-trigger",)


def find(context: Context) -> Iterator[Finding]:
    """Name them. seawall puts none there."""
    rows = context.connection.execute(
        "SELECT n.nspname || '.' || c.relname, 'trigger', t.tgname"
        " FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('seawall', 'seawall_stage') AND NOT t.tgisinternal"
        " AND t.tgenabled <> 'D'"
        " UNION ALL SELECT n.nspname || '.' || c.relname, 'rule', r.rulename"
        " FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('seawall', 'seawall_stage') AND c.relkind <> 'v'"
        " ORDER BY 1, 2, 3"
    ).fetchall()
    for table, kind, name in rows:
        yield Finding(
            check=NAMES[0],
            table=table,
            message=f"{table} has a {kind} that seawall did not put there: {name}",
            why="A run’s outcome is its last write: what fires then, no witness sees.",
            fix=f"DROP {kind.upper()} {name} ON {table};",
            acceptable=False,
        )
