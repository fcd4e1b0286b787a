"""References from users' rows: by foreign key, or declared in the manifest."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from psycopg import sql

from seawall.catalog.model import Catalogue
from seawall.errors import ManifestError
from seawall.manifest import Manifest


class UserReference(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of a user table that mean a row of another table."""

    user_table: str
    columns: tuple[str, ...]
    table: str
    target_columns: tuple[str, ...]
    soft: bool
    """Declared only; the database does not enforce it."""

    @property
    def label(self) -> str:
        """As reports write it: ``player_availability.team_id → teams``."""
        return f"{self.user_table}.{', '.join(self.columns)} → {self.table}"

    @property
    def target(self) -> str:
        """What is meant, as the ledger records it: ``teams (id)``."""
        return f"{self.table} ({', '.join(self.target_columns)})"

    def join(self, user: str, target: str) -> sql.Composed:
        """The condition under which a target row is the one that is meant."""
        return sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(target, theirs), sql.Identifier(user, ours))
            for ours, theirs in zip(self.columns, self.target_columns, strict=True)
        )

    def said(self, user: str) -> sql.Composed:
        """The condition under which a user's row refers to anything."""
        return sql.SQL(" AND ").join(
            sql.SQL("{} IS NOT NULL").format(sql.Identifier(user, column))
            for column in self.columns
        )


def user_references(manifest: Manifest, catalogue: Catalogue) -> list[UserReference]:
    """Every reference that stands on a user table, in a stable order.

    Raises:
        ManifestError: the manifest names what the database does not have.
    """
    found: dict[tuple[str, tuple[str, ...], str], UserReference] = {}
    for name, said in manifest.user_tables().items():
        _require(name, (), catalogue)
        for key in catalogue.references_from(name):
            found[name, key.columns, key.target] = UserReference(
                user_table=name,
                columns=key.columns,
                table=key.target,
                target_columns=key.target_columns,
                # What is declared NOT ENFORCED says what it means, and keeps nothing.
                soft=not key.enforced,
            )
        for reference in said.references:
            table = catalogue.tables.get(reference.table)
            target_columns = reference.to or (table.primary_key if table else ())
            _require(name, reference.columns, catalogue)
            _require(reference.table, target_columns, catalogue)
            if len(target_columns) != len(reference.columns):
                raise ManifestError(
                    f"a reference of {name} goes from {', '.join(reference.columns)} "
                    f"to {', '.join(target_columns) or 'no column'} of {reference.table}",
                    why="Each column must say which column it means.",
                    fix='Name the columns it means: to = ["…"].',
                )
            found.setdefault(
                (name, reference.columns, reference.table),
                UserReference(
                    user_table=name,
                    columns=reference.columns,
                    table=reference.table,
                    target_columns=target_columns,
                    soft=True,
                ),
            )
    return [found[key] for key in sorted(found)]


def protected(
    manifest: Manifest, references: Iterable[UserReference]
) -> set[tuple[str, tuple[str, ...], str]]:
    """Columns that users rely on: (table, columns, what they refer to).

    Users' own columns of imported tables refer to nothing (""). Of references, enforced ones are
    included too: a declared one that becomes a foreign key is still kept.
    """
    found = {
        (name, (column,), "")
        for name, said in manifest.imported().items()
        for column in said.user_columns
    }
    return found | {(one.user_table, one.columns, one.target) for one in references}


def _require(name: str, columns: tuple[str, ...], catalogue: Catalogue) -> None:
    table = catalogue.tables.get(name)
    missing = [column for column in columns if table is None or column not in table.columns]
    if table is not None and not missing:
        return
    what = f"has no column {', '.join(missing)}" if table else "does not exist in the database"
    raise ManifestError(
        f"table {name} {what}",
        why="The manifest speaks of it, and nobody can protect what is not there.",
        fix="Correct the manifest, or add it to the database.",
    )
