"""What a TRUNCATE … CASCADE of an imported table, by hand, would empty."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.catalog.graph import truncate_reach
from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("truncate-reach",)


def find(context: Context) -> Iterator[Finding]:
    """Name the user tables that refer to imported ones, at any depth. seawall never truncates."""
    users = set(context.manifest.user_tables())
    imported = [name for name in context.manifest.imported() if name in context.catalogue.tables]
    reached = sorted(users & set(truncate_reach(imported, context.catalogue.foreign_keys)))
    if reached:
        yield Finding(
            check=NAMES[0],
            table="",
            message="TRUNCATE … CASCADE of the imported tables would also empty "
            + ", ".join(reached),
            why="TRUNCATE … CASCADE follows every foreign key, whatever its ON DELETE says. "
            "seawall never says TRUNCATE; other scripts may.",
            fix="Let no loader truncate these tables.",
            refuses=False,
        )
