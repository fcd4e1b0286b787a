"""A column looks as if it meant an imported row, and nothing says so."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.checks.context import Context
from seawall.plan import Finding

NAMES = ("undeclared-reference",)


def find(context: Context) -> Iterator[Finding]:
    """Compare names and types: ``player_id``, or ``home_player_id``, of the type of ``players.id``.

    Looked at are user tables, and tables that the manifest does not name at all.
    """
    manifest, catalogue = context.manifest, context.catalogue
    targets: dict[str, tuple[str, str]] = {}
    for name in manifest.imported():
        table = catalogue.tables.get(name)
        if table is not None and len(table.primary_key) == 1:
            id_type = table.columns[table.primary_key[0]].type
            targets.update({f"{one}_id": (name, id_type) for one in _singular(table.name)})
    said = {
        (reference.user_table, column)
        for reference in context.references
        for column in reference.columns
    }
    said |= {(key.table, column) for key in catalogue.foreign_keys for column in key.columns}
    for name, table in catalogue.tables.items():
        owner = manifest.tables[name].owner if name in manifest.tables else None
        if owner in ("feed", "ignored") or table.is_partition:
            continue
        for column in table.columns.values():
            meant = _meant(column.name, targets)
            if meant is None or meant[1] != column.type or (name, column.name) in said:
                continue
            yield _finding(name, column.name, meant[0], is_named=owner is not None)


def _singular(table: str) -> list[str]:
    """What one row of a table may be called."""
    forms = [table]
    if table.endswith("ies"):
        forms.append(table[:-3] + "y")
    if table.endswith("es"):
        forms.append(table[:-2])
    if table.endswith("s"):
        forms.append(table[:-1])
    return forms


def _meant(column: str, targets: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    parts = column.split("_")
    return next(
        (found for n in range(len(parts) - 1) if (found := targets.get("_".join(parts[n:])))), None
    )


def _finding(name: str, column: str, target: str, *, is_named: bool) -> Finding:
    section = "" if is_named else f'[tables.{name}] owner = "users", and '
    return Finding(
        check=NAMES[0],
        table=name,
        message=f"{name}.{column} looks like a reference to {target}, and neither a foreign key "
        f"nor the manifest says so{'' if is_named else '; the manifest does not name ' + name}",
        why="Rows that users mean are kept for them only where seawall knows of it.",
        fix=f"Say so in the manifest: {section}[[tables.{name}.references]] "
        f'columns = ["{column}"] table = "{target}"',
        refuses=False,
    )
