"""What a feed may make vanish: only what it speaks about, and has spoken about before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.manifest import Manifest
from seawall.naming import Shape, retired_condition
from seawall.scoping import staged_scope_column
from seawall.settling import StagedTable, columns_given
from seawall.staging import StagedFeed


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says of one table."""

    scopes: tuple[str, ...]
    """Scopes of the files that feed it, and of its rows."""
    columns: tuple[str, ...]
    """Staged columns of which at least one row has a value."""


class Coverage:
    """Which rows' absence from a feed says something.

    A scope is judged for a table when every kind of file that has ever fed the table there is
    present now, and an applied run has fed the table there before: rows that no run has ever seen
    in a feed were put there by somebody else. A row of a table without scope is judged when that
    holds for all scopes known.

    Args:
        present: (scope, kind) of the feed's files.
        carried_before: the same of all that was applied.
        scopes_in_database: scopes that have a row.
        fed_before: (table, scope) that applied runs have fed.
    """

    def __init__(
        self,
        manifest: Manifest,
        present: set[tuple[str, str]],
        carried_before: set[tuple[str, str]],
        scopes_in_database: set[str],
        fed_before: set[tuple[str, str]],
    ) -> None:
        self._manifest = manifest
        self._present = present
        self._ever = present | carried_before
        self._scopes_in_database = scopes_in_database
        self._fed_before = fed_before

    def missing(self, table: str, scope: str) -> list[str]:
        """Kinds of file that have fed a table in a scope and are not in this feed."""
        sources = set(self._manifest.sources(table))
        ever = {kind for where, kind in self._ever if where == scope} & sources
        now = {kind for where, kind in self._present if where == scope} & sources
        return sorted(ever - now)

    def fed_before(self, table: str, scopes: Iterable[str]) -> set[str]:
        """Those of some scopes in which an applied run has fed the table."""
        return {scope for scope in scopes if (table, scope) in self._fed_before}

    def judged_scopes(self, table: str) -> set[str]:
        """Scopes in which rows of a table may vanish."""
        sources = set(self._manifest.sources(table))
        carried = {where for where, kind in self._present if kind in sources}
        whole = {scope for scope in carried if not self.missing(table, scope)}
        return self.fed_before(table, whole)

    def judged_whole(self, table: str) -> bool:
        """Rows of a table without scope may vanish."""
        if "" in self.judged_scopes(table):
            return True  # the feed's files know no scopes: each is all there is of its kind
        sources = set(self._manifest.sources(table))
        scopes = {where for where, kind in self._ever if kind in sources}
        return bool(scopes) and (scopes | self._scopes_in_database) <= self.judged_scopes(table)


def fed_by(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    shapes: Mapping[str, Shape],
    staged: StagedFeed,
    lost: Collection[str],
) -> dict[str, Fed]:
    """What a staged feed says of each table that it carries.

    Args:
        lost: tables of which matching has set rows aside.
    """
    found: dict[str, Fed] = {}
    for name, table in staged.tables.items():
        sources = set(manifest.sources(name))
        scopes = {scope for scope, kind in staged.present if kind in sources}
        column = staged_scope_column(manifest, shapes[name])
        if "" in scopes and column in table.columns:
            # The files say nothing about scopes, so the rows do.
            rows = connection.execute(
                sql.SQL("SELECT DISTINCT {0}::text FROM {1} WHERE {0} IS NOT NULL").format(
                    sql.Identifier(column), table.identifier
                )
            ).fetchall()
            scopes |= {scope for (scope,) in rows}
        found[name] = Fed(
            scopes=tuple(sorted(scopes)),
            columns=_still_given(connection, table) if name in lost else table.given,
        )
    return found


def _still_given(connection: psycopg.Connection[Any], table: StagedTable) -> tuple[str, ...]:
    """Columns that have a value in a row that matching has not set aside."""
    row = connection.execute(
        sql.SQL("SELECT {} FROM {} AS s").format(
            columns_given("s", table.columns), table.identifier
        )
    ).fetchone()
    assert row is not None
    return tuple(row[0])


def scopes_in_database(
    connection: psycopg.Connection[Any], manifest: Manifest, shapes: Mapping[str, Shape]
) -> set[str]:
    """Scopes that have a row which is not retired."""
    if manifest.scope is None:
        return set()
    shape = shapes[manifest.scope.table]
    rows = connection.execute(
        sql.SQL("SELECT {}::text FROM {} AS t WHERE NOT {}").format(
            sql.Identifier("t", manifest.scope.column),
            shape.table.identifier,
            retired_condition(shape, "t"),
        )
    ).fetchall()
    return {scope for (scope,) in rows}
