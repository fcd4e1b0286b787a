"""Imported tables refer to one another in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.catalog.graph import Cycle, load_order
from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("reference-cycle",)


def find(context: Context) -> Iterator[Finding]:
    """Look for a load order, along foreign keys and declared parents."""
    try:
        order(context)
    except Cycle as cycle:
        circle = " → ".join(cycle.tables)
        yield Finding(
            check=NAMES[0],
            table=cycle.tables[0],
            message=f"imported tables refer to one another in a circle: {circle}",
            why="No table of the circle can be loaded before the others.",
            fix="Drop one of these foreign keys, or leave its column to the users.",
            acceptable=False,
        )


def order(context: Context) -> list[str]:
    """The load order of the imported tables.

    Raises:
        Cycle: there is none.
    """
    imported = context.manifest.imported()
    parents: dict[str, set[str]] = {
        name: {parent.table for parent in table.parents.values()}
        for name, table in imported.items()
    }
    for name in imported:
        for key in context.catalogue.references_from(name):
            users_own = set(key.columns) <= set(imported[name].user_columns)
            if key.target in imported and not users_own:
                parents[name].add(key.target)
    return load_order(parents)
