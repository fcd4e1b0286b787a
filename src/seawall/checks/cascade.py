"""Deleting or re-keying an imported row would delete or change users' rows."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.catalog.graph import cascade_paths
from seawall.catalog.model import ACTION_NAMES
from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("cascade-to-users",)


def find(context: Context) -> Iterator[Finding]:
    """Follow CASCADE, SET NULL and SET DEFAULT from imported tables, at any depth."""
    manifest, catalogue = context.manifest, context.catalogue
    feeds = set(manifest.imported())
    harmless = feeds | {name for name, table in manifest.tables.items() if table.owner == "ignored"}
    for name in feeds:
        harmless.update(catalogue.partitions(name) if name in catalogue.tables else [])
    reported: set[tuple[str, str, str]] = set()
    for start in feeds & set(catalogue.tables):
        for path, event in cascade_paths(start, catalogue.foreign_keys):
            last = path[-1]
            if last.table in harmless or (last.table, last.name, event) in reported:
                continue
            reported.add((last.table, last.name, event))
            action = last.on_delete if event == "delete" else last.on_update
            clause = f"ON {event.upper()} {ACTION_NAMES[action]}"
            way = " → ".join([start, *(key.table for key in path)])
            verb = "delete" if event == "delete" and action == "c" else "change"
            yield Finding(
                check=NAMES[0],
                table=last.table,
                message=f"{last.name} on {last.table} says {clause} ({way})",
                why=f"When a row of {start} goes or gets another key, PostgreSQL would {verb} "
                f"users’ rows in {last.table}, and no statement of the reload would show it.",
                fix=f"ALTER TABLE {last.table} DROP CONSTRAINT {last.name}, ADD CONSTRAINT "
                f"{last.name} FOREIGN KEY ({', '.join(last.columns)}) REFERENCES {last.target} "
                f"({', '.join(last.target_columns)}) ON {event.upper()} NO ACTION;",
                acceptable=False,
            )
