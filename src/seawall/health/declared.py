"""What the manifest says that users have, and the database has no longer.

A dropped table or column of users' is what health is asked about: it must be named, beside all that
still stands, and must not end the question with an error.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seawall.catalog.model import Catalogue
from seawall.manifest import Manifest, Reference, Table


def what_stands(manifest: Manifest, catalogue: Catalogue) -> tuple[Manifest, list[str]]:
    """Leave out of a manifest what of the users' is not there.

    Returns:
        The manifest of what stands, and in words what does not.
    """
    gone: list[str] = []
    tables: dict[str, Table] = {}
    for name, said in manifest.tables.items():
        if name not in catalogue.tables:
            if said.owner == "users":
                gone.append(f"{name}: the table is gone; the manifest says that it is the users’")
            if said.owner != "feed":
                continue
            tables[name] = said  # nothing can be said of a feed's rows without their table
        else:
            tables[name] = _without_missing_columns(name, said, catalogue, gone)
    return msgspec.structs.replace(manifest, tables=tables), gone


def _without_missing_columns(
    name: str, said: Table, catalogue: Catalogue, gone: list[str]
) -> Table:
    there = catalogue.tables[name].columns
    changed: dict[str, Any] = {}
    if not set(said.user_columns) <= set(there):
        lost = [column for column in said.user_columns if column not in there]
        gone.append(f"{name}: users’ own columns are gone: {', '.join(lost)}")
        changed["user_columns"] = tuple(c for c in said.user_columns if c in there)
    standing = [each for each in said.references if _stands(each, name, catalogue)]
    if len(standing) < len(said.references):
        lost = [
            f"{', '.join(each.columns)} → {each.table}"
            for each in said.references
            if each not in standing
        ]
        gone.append(f"{name}: columns of declared references are gone: {'; '.join(lost)}")
        changed["references"] = tuple(standing)
    return msgspec.structs.replace(said, **changed) if changed else said


def _stands(reference: Reference, name: str, catalogue: Catalogue) -> bool:
    target = catalogue.tables.get(reference.table)
    if target is None:
        return False
    own, to = catalogue.tables[name].columns, reference.to or target.primary_key
    return set(reference.columns) <= set(own) and set(to) <= set(target.columns)
