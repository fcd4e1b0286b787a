"""A table that users own is declared imported."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("user-table-written",)


def find(context: Context) -> Iterator[Finding]:
    """Compare the manifest with the ownership on record, and with what refers to users."""
    manifest = context.manifest
    users = manifest.users.table if manifest.users else None
    for name in manifest.imported():
        reason = None
        if context.recorded_owners.get(name) == "users":
            reason = "this database has it on record as the users’ table"
        elif name == users:
            reason = "it is the table that says who a user is"
        elif users:
            holds = [key for key in context.catalogue.references_from(name) if key.target == users]
            if holds:
                columns = ", ".join(holds[0].columns)
                reason = f"its column {columns} refers to {users}, so its rows are somebody’s"
        if reason:
            yield Finding(
                check=NAMES[0],
                table=name,
                message=f"{name} is declared as the feed’s, but {reason}",
                why="A reload would overwrite, retire or delete what users entered.",
                fix=f'In the manifest, write owner = "users" in [tables.{name}], '
                "and take its key and parents out.",
                acceptable=False,
            )
