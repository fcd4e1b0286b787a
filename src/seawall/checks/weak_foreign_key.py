"""Foreign keys of users' rows that PostgreSQL does not enforce, or never verified."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.catalog.model import ForeignKey
from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("foreign-key-disabled", "foreign-key-not-valid")


def find(context: Context) -> Iterator[Finding]:
    """Look at the foreign keys by which users’ rows mean others."""
    users = set(context.manifest.user_tables())
    for key in context.catalogue.foreign_keys:
        if key.table in users and key.disabled:
            yield _disabled(key)
        elif key.table in users and not (key.validated and key.enforced):
            yield _not_valid(key)


def _disabled(key: ForeignKey) -> Finding:
    return Finding(
        check=NAMES[0],
        table=key.table,
        message=f"triggers that enforce {key.name} on {key.table} are disabled",
        why=f"A row of {key.target} could be deleted while a user refers to it, and nothing "
        "would stop it.",
        fix=f"As a superuser: ALTER TABLE {key.table} ENABLE TRIGGER ALL; and the same for "
        f"{key.target}.",
        acceptable=False,
    )


def _not_valid(key: ForeignKey) -> Finding:
    how = "NOT VALID" if key.enforced else "NOT ENFORCED"
    mend = (
        f"ALTER TABLE {key.table} VALIDATE CONSTRAINT {key.name};"
        if key.enforced
        else f"ALTER TABLE {key.table} ALTER CONSTRAINT {key.name} ENFORCED;"
    )
    return Finding(
        check=NAMES[1],
        table=key.table,
        message=f"{key.name} on {key.table} is {how}: rows may refer to nothing",
        why="seawall counts such rows as orphans; PostgreSQL never looked.",
        fix=mend,
        refuses=False,
    )
