"""What a feed may make vanish: only what it speaks about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from seawall.manifest import Manifest
from seawall.naming import Shape, retired_condition


class Coverage:
    """Which rows' absence from a feed says something.

    A scope is judged for a table when every kind of file that has ever fed the table there is
    present now. A row of a table without scope is judged when that holds for all scopes known.
    """

    def __init__(
        self,
        manifest: Manifest,
        present: set[tuple[str, str]],
        carried_before: set[tuple[str, str]],
        scopes_in_database: set[str],
    ) -> None:
        self._manifest = manifest
        self._present = present
        self._ever = present | carried_before
        self._scopes_in_database = scopes_in_database

    def missing(self, table: str, scope: str) -> list[str]:
        """Kinds of file that have fed a table in a scope and are not in this feed."""
        sources = set(self._manifest.sources(table))
        ever = {kind for where, kind in self._ever if where == scope} & sources
        now = {kind for where, kind in self._present if where == scope} & sources
        return sorted(ever - now)

    def judged_scopes(self, table: str) -> set[str]:
        """Scopes in which rows of a table may vanish."""
        sources = set(self._manifest.sources(table))
        carried = {where for where, kind in self._present if kind in sources}
        return {scope for scope in carried if not self.missing(table, scope)}

    def judged_whole(self, table: str) -> bool:
        """Rows of a table without scope may vanish."""
        if "" in self.judged_scopes(table):
            return True  # the feed's files know no scopes: each is all there is of its kind
        sources = set(self._manifest.sources(table))
        scopes = {where for where, kind in self._ever if kind in sources}
        return bool(scopes) and (scopes | self._scopes_in_database) <= self.judged_scopes(table)


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
