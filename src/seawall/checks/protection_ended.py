"""Columns that users rely on are on record, and the manifest no longer names them."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding
from seawall.references import protected

NAMES = ("protection-ended",)


def find(context: Context) -> Iterator[Finding]:
    """Compare the columns on record with those that the manifest and the database protect."""
    manifest, catalogue = context.manifest, context.catalogue
    now = protected(manifest, context.references)
    for name, columns, refers_to in context.recorded_columns:
        table, said = catalogue.tables.get(name), manifest.tables.get(name)
        if table is None or not set(columns) <= set(table.columns):
            continue  # what is not there needs no protection
        if (name, columns, refers_to) in now:
            continue
        named = ", ".join(columns)
        if refers_to:
            message = f"{name}.{named} is on record as meaning a row of {refers_to}"
            why = "Rows that users mean would no longer be kept for them."
            fix = f"Put the reference back into references of [tables.{name}]."
        elif said is None or said.owner != "users":
            message = f"{name}.{named} is on record as the users’ own column"
            why = "A reload would overwrite what users entered there, or nobody would watch it."
            fix = f'Put "{named}" back into user_columns of [tables.{name}].'
        else:
            continue  # all of the table is the users' by now
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{message}, and the manifest no longer says so",
            why=why,
            fix=fix,
            acceptable=False,
        )
