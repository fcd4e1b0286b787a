"""The target is another database than the manifest was written for."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("wrong-database",)


def find(context: Context) -> Iterator[Finding]:
    """Compare the identity that the database carries with the manifest's."""
    said = context.manifest.database
    recorded = context.recorded_identity
    if recorded is None or recorded == (said.name, said.environment):
        return
    carries = " ".join(part for part in recorded if part)
    wanted = " ".join(part for part in (said.name, said.environment) if part)
    yield Finding(
        check=NAMES[0],
        table="",
        message=f"this database is “{carries}”; the manifest is for “{wanted}”",
        why="A reload of the wrong database replaces its imported rows by another’s.",
        fix="Check --database and --manifest: one of them is not the one you meant.",
        acceptable=False,
    )
