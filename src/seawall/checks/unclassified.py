"""A table can be reached from an imported one, and nobody said whose it is."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("unclassified-table",)


def find(context: Context) -> Iterator[Finding]:
    """Walk foreign keys backwards from the imported tables; partitions follow their parent."""
    manifest, catalogue = context.manifest, context.catalogue
    classified = set(manifest.tables)
    for name in manifest.tables:
        if name in catalogue.tables:
            classified.update(catalogue.partitions(name))
    for name, owner in sorted(context.recorded_owners.items()):
        if owner == "users" and name in catalogue.tables and name not in classified:
            classified.add(name)
            yield Finding(
                check=NAMES[0],
                table=name,
                message=f"{name} is on record as the users’, and the manifest no longer names it",
                why="What was the users’ once stays protected; a missing line must not end that.",
                fix=f'Put it back into the manifest: [tables.{name}] owner = "users"',
                acceptable=False,
            )
    for name in manifest.imported():
        if name in catalogue.tables:
            yield from _heirs(context, name)
    seen: set[str] = set()
    waiting = [name for name in manifest.imported() if name in catalogue.tables]
    while waiting:
        target = waiting.pop(0)
        for key in catalogue.references_to(target):
            if key.table in seen:
                continue
            seen.add(key.table)
            waiting.append(key.table)
            if key.table in classified:
                continue
            owner = context.recorded_owners.get(key.table)
            recorded = f" (on record as owned by {owner})" if owner else ""
            yield Finding(
                check=NAMES[0],
                table=key.table,
                message=f"{key.table}{recorded} refers to {target} ({key.name}), "
                "and the manifest does not say whose its rows are",
                why="Rows that nobody claimed are rows that nobody protects.",
                fix=f'Add to the manifest: [tables.{key.table}] owner = "users"',
                acceptable=False,
            )


def _heirs(context: Context, name: str) -> Iterator[Finding]:
    """Tables that inherit from an imported one: whoever reads or writes it, writes their rows."""
    for heir in context.catalogue.same_family(name):
        said = context.manifest.tables.get(heir)
        if context.catalogue.tables[heir].is_partition or (said and said.owner == "feed"):
            continue
        yield Finding(
            check=NAMES[0],
            table=heir,
            message=f"{heir} inherits from {name}, so a reload of {name} would see its rows as "
            "the feed’s",
            why="An UPDATE or DELETE of a table reaches the rows of all that inherit from it.",
            fix=f"ALTER TABLE {heir} NO INHERIT {name};",
            acceptable=False,
        )
