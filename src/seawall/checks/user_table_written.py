"""A table that users own is declared as something else."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("user-table-written",)


def find(context: Context) -> Iterator[Finding]:
    """Compare the manifest with the ownership on record, and with what refers to users' tables."""
    for name, said in context.manifest.tables.items():
        if said.owner == "users":
            continue
        reason = _why_users_own(context, name, imported=said.owner == "feed")
        if reason is None:
            continue
        declared = "the feed’s" if said.owner == "feed" else "ignored"
        yield Finding(
            check=NAMES[0],
            table=name,
            message=f"{name} is declared as {declared}, but {reason}",
            why="A reload would overwrite, retire or delete what users entered."
            if said.owner == "feed"
            else "Nobody would watch what users entered, nor keep the rows that they refer to.",
            fix=f'In the manifest, write owner = "users" in [tables.{name}], '
            "and take its key and parents out.",
            acceptable=False,
        )


def _why_users_own(context: Context, name: str, *, imported: bool) -> str | None:
    manifest = context.manifest
    users = manifest.users.table if manifest.users else None
    if context.recorded_owners.get(name) == "users":
        return "this database has it on record as the users’ table"
    if name == users:
        return "it is the table that says who a user is"
    if not imported:
        return None
    owned = {table for table, owner in context.recorded_owners.items() if owner == "users"}
    owned |= {users, *manifest.user_tables()}
    for key in context.catalogue.references_from(name):
        if key.target in owned:
            columns = ", ".join(key.columns)
            return f"its column {columns} refers to {key.target}, so its rows are somebody’s"
    return None
