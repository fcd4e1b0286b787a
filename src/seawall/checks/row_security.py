"""Row-level security would hide rows of a table in reach from the role that runs."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("row-security",)


def find(context: Context) -> Iterator[Finding]:
    """Ask PostgreSQL for which tables of the manifest a policy binds this role."""
    tables = context.catalogue.tables
    names = {
        tables[name].oid: name
        for name, said in context.manifest.tables.items()
        if name in tables and said.owner != "ignored"
    }
    role, bound = context.connection.execute(
        "SELECT current_user, array(SELECT oid FROM unnest(%s::bigint[]) AS t (oid)"
        " WHERE pg_catalog.row_security_active(oid::oid))",
        [list(names)],
    ).fetchone() or ("", [])
    for name in sorted(names[oid] for oid in bound):
        owner = tables[name].owner
        own = role == owner
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"row security of {name} binds the role {role}, so rows of it may be hidden",
            why="Rows that seawall cannot see it cannot match, and cannot prove to be unharmed.",
            fix=f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;"
            if own
            else f"Connect as {owner}, or let a superuser say: ALTER ROLE {role} BYPASSRLS;",
            acceptable=False,
        )
