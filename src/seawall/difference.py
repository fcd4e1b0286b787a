"""How a table differs from the feed: as data, and as the SELECT that finds it out.

A reference to a row that is itself new has no id yet; ``seawall_new_<column>`` holds the parent's
staging row instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.coverage import Coverage
from seawall.manifest import Manifest
from seawall.naming import STAGE, Shape, as_staged, retired_condition
from seawall.staging import StagedFeed


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one table differs from the feed."""

    table: str
    stage: str
    """Name of the difference's table, in schema ``seawall_stage``."""
    primary_key: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns that the feed carries and the merge writes."""
    staged: int
    changed: int
    new: int
    vanished: int
    reinstated: int
    lost: int = 0
    """Rows set aside because a parent that they need is nowhere."""
    recalled: bool = False
    """It was not looked for: the table equalled this very feed before, and nothing was written."""
    unresolved: dict[str, int]
    """Reference column → staged rows that name a parent which does not exist."""

    @property
    def same(self) -> int:
        """Staged rows that the database has already."""
        return self.staged - self.changed - self.new

    @property
    def new_id_column(self) -> str:
        """Where a new row's id stands: issued by the database, or given by the feed."""
        column = self.primary_key[0]
        return column if column in self.columns else f"seawall_pk_{column}"

    @property
    def identifier(self) -> sql.Identifier:
        """The quoted name of the difference's table."""
        return sql.Identifier(STAGE, self.stage)


class DifferenceQuery(msgspec.Struct, frozen=True):
    """Composes, for each table of a feed, the SELECT of its difference."""

    connection: psycopg.Connection[Any]
    manifest: Manifest
    shapes: Mapping[str, Shape]
    feed: StagedFeed
    coverage: Coverage
    differences: dict[str, Difference] = msgspec.field(default_factory=dict)
    """Of tables whose new rows others may name; it grows while tables are matched."""
    lookups: dict[str, sql.Identifier] = msgspec.field(default_factory=dict)
    """Table → where everything is written down that a reference to it may mean."""

    def afresh(self) -> DifferenceQuery:
        """The same where no difference is known: parents that were new stand in their tables."""
        return msgspec.structs.replace(self, differences={}, lookups={})

    def question(self, name: str) -> str:
        """What the match of a table asks where every absence counts, in SQL that is the same for
        every load of the same columns."""
        asked = self.select(name, whole=True).as_string(self.connection)
        return asked.replace(self.feed.load_id, "")

    def carried(self, name: str) -> tuple[str, ...]:
        """Columns that this feed gives values for."""
        columns = set(self.feed.tables[name].columns)
        shape = self.shapes[name]
        return tuple(
            column
            for column in shape.written
            if column in columns
            or (column in shape.parents and columns >= set(shape.parents[column].by.values()))
        )

    def select(
        self, name: str, within: Difference | None = None, *, whole: bool = False
    ) -> sql.Composed:
        """The difference between a table and its staged rows, as a SELECT.

        ``within`` leaves out staged rows of which it says nothing, and all vanished ones. ``whole``
        takes every absence for one that counts.

        Its rows: ``seawall_action`` (new, changed, reinstated or vanished; lost where a row cannot
        stand without a parent that is nowhere; same where it merely names one in vain),
        ``seawall_row``, ``seawall_pk_<column>`` (the existing row's key), the carried columns, and
        for references ``seawall_new_<column>`` and ``seawall_lost_<column>``.
        """
        shape = self.shapes[name]
        carried = self.carried(name)
        references = [column for column in carried if column in shape.parents]
        first_key = sql.Identifier("t", f"seawall_pk_{shape.primary_key[0]}")
        outputs = [sql.Identifier("t", f"seawall_pk_{column}") for column in shape.primary_key]
        outputs += [sql.Identifier("s", column) for column in carried]
        outputs += [sql.Identifier("s", f"seawall_new_{column}") for column in references]
        outputs += [sql.Identifier("s", f"seawall_lost_{column}") for column in references]
        never = sql.SQL("false")
        lost = {column: sql.Identifier("s", f"seawall_lost_{column}") for column in references}
        stranded = [said for column, said in lost.items() if is_required(shape, column)]
        return sql.SQL(
            "SELECT CASE WHEN {stranded} THEN 'lost' WHEN {first_key} IS NULL THEN 'new'"
            " WHEN s.seawall_row IS NULL THEN 'vanished' WHEN t.seawall_retired THEN 'reinstated'"
            " WHEN {differs} THEN 'changed' ELSE 'same' END AS seawall_action,"
            " s.seawall_row, {outputs}"
            " FROM ({staged}) AS s {join} JOIN ({existing}) AS t ON {same_key}"
            " WHERE {first_key} IS NULL"
            " OR (s.seawall_row IS NULL AND t.seawall_judged AND NOT t.seawall_retired)"
            " OR (s.seawall_row IS NOT NULL AND (t.seawall_retired OR {differs} OR {lost}))"
        ).format(
            stranded=sql.SQL(" OR ").join([never, *stranded]),
            lost=sql.SQL(" OR ").join([never, *lost.values()]),
            first_key=first_key,
            outputs=sql.SQL(", ").join(outputs),
            staged=self._staged(name, carried, within),
            join=sql.SQL("LEFT" if within else "FULL"),
            existing=self._existing(name, carried, whole=whole),
            same_key=sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier("s", c), sql.Identifier("t", c))
                for c in shape.key
            ),
            differs=self._differs(shape, carried),
        )

    def digest(self, name: str) -> sql.Composed:
        """An aggregate over a difference's rows ``d`` that tells whether it is the same one."""
        shape, carried = self.shapes[name], self.carried(name)
        columns = ["seawall_action", "seawall_row"]
        columns += [f"seawall_pk_{column}" for column in shape.primary_key]
        columns += carried
        columns += [f"seawall_new_{column}" for column in carried if column in shape.parents]
        # The sum is numeric: a bigint would overflow, and XOR cancels pairs of equal rows.
        return sql.SQL(
            "count(*) || ':' || coalesce(sum(hashtextextended(ROW({})::text, 0)::numeric), 0)"
        ).format(sql.SQL(", ").join(sql.Identifier("d", column) for column in columns))

    def _staged(
        self, name: str, carried: tuple[str, ...], within: Difference | None = None
    ) -> sql.Composed:
        """Staged rows with references resolved to ids, or to the new parent's staging row.

        ``seawall_lost_<column>`` says that a parent is named, or required, and is nowhere.
        """
        shape = self.shapes[name]
        outputs: list[sql.Composable] = [sql.SQL("s.seawall_row")]
        joins: list[sql.Composable] = []
        for number, column in enumerate(carried):
            if column not in shape.parents:
                outputs.append(sql.Identifier("s", column))
                continue
            alias = f"p{number}"
            parent = shape.parents[column]
            rows: sql.Composable | None = self.lookups.get(parent.table)
            joins.append(
                sql.SQL("LEFT JOIN {} AS {} ON {}").format(
                    rows or sql.SQL("({})").format(self.parent_rows(parent.table)),
                    sql.Identifier(alias),
                    _same(parent.by, alias, "s"),
                )
            )
            outputs += [
                sql.SQL("{} AS {}").format(
                    sql.Identifier(alias, "seawall_id"), sql.Identifier(column)
                ),
                sql.SQL("{} AS {}").format(
                    sql.Identifier(alias, "seawall_row"),
                    sql.Identifier(f"seawall_new_{column}"),
                ),
                sql.SQL("{} AS {}").format(
                    _is_lost(shape, column, alias), sql.Identifier(f"seawall_lost_{column}")
                ),
            ]
        condition = sql.SQL("")
        # Of a first load the difference covers every staged row: nothing to leave out.
        if within is not None and within.changed + within.new < within.staged:
            condition = sql.SQL(
                "WHERE s.seawall_row IN (SELECT w.seawall_row FROM {} AS w)"
            ).format(within.identifier)
        return sql.SQL("SELECT {} FROM {} AS s {} {}").format(
            sql.SQL(", ").join(outputs),
            self.feed.tables[name].identifier,
            sql.SQL(" ").join(joins),
            condition,
        )

    def parent_rows(self, table: str) -> sql.Composed:
        """Rows a reference may mean: those in the database, and those new in this feed."""
        shape = self.shapes[table]
        key = sql.SQL(", ").join(map(sql.Identifier, shape.staged_key))
        existing = as_staged(table, shape.staged_key, dict(self.shapes), with_id=True)
        difference = self.differences.get(table)
        if difference is None or not difference.new:
            return sql.SQL("SELECT e.*, NULL::bigint AS seawall_row FROM ({}) AS e").format(
                existing
            )
        return sql.SQL(
            "SELECT {key}, seawall_id, NULL::bigint AS seawall_row FROM ({existing}) AS e"
            " UNION ALL SELECT {staged_key}, NULL, n.seawall_row FROM {difference} AS n"
            " JOIN {staged} AS s ON s.seawall_row = n.seawall_row"
            " WHERE n.seawall_action = 'new'"
        ).format(
            key=key,
            existing=existing,
            staged_key=sql.SQL(", ").join(sql.Identifier("s", c) for c in shape.staged_key),
            difference=difference.identifier,
            staged=self.feed.tables[table].identifier,
        )

    def _existing(self, name: str, carried: tuple[str, ...], *, whole: bool) -> sql.Composed:
        """The table's rows, with whether each is retired, and whether the feed judges it."""
        shape = self.shapes[name]
        outputs: list[sql.Composable] = [
            sql.SQL("{} AS {}").format(
                sql.Identifier("t", column), sql.Identifier(f"seawall_pk_{column}")
            )
            for column in shape.primary_key
        ]
        outputs += [sql.Identifier("t", column) for column in carried]
        return sql.SQL(
            "SELECT {outputs}, {retired} AS seawall_retired, {judged} AS seawall_judged"
            " FROM {table} AS t"
        ).format(
            outputs=sql.SQL(", ").join(outputs),
            retired=retired_condition(shape, "t"),
            judged=sql.SQL("true") if whole else self._judged(shape),
            table=shape.table.identifier,
        )

    def _judged(self, shape: Shape) -> sql.Composable:
        """Whether a row's absence from the feed says anything."""
        if shape.scope_column is None:
            return sql.SQL("true" if self.coverage.judged_whole(shape.name) else "false")
        judged = self.coverage.judged_scopes(shape.name)
        column = sql.Identifier("t", shape.scope_column)
        scope = self.manifest.scope
        if "" in judged:
            # The files say nothing about scopes, so the rows do: what stands in them is carried.
            judged |= self.coverage.fed_before(shape.name, self._staged_scopes(shape))
        scopes = sql.Literal(sorted(judged))
        if scope and shape.scope_column in shape.parents:
            table = self.shapes[scope.table]
            return sql.SQL("{} IN (SELECT {} FROM {} WHERE {}::text = ANY ({}::text[]))").format(
                column,
                sql.Identifier(table.primary_key[0]),
                table.table.identifier,
                sql.Identifier(scope.column),
                scopes,
            )
        return sql.SQL("{}::text = ANY ({}::text[])").format(column, scopes)

    def _staged_scopes(self, shape: Shape) -> set[str]:
        assert shape.scope_column is not None
        staged = shape.scope_column
        if staged in shape.parents and self.manifest.scope:
            staged = shape.parents[staged].by[self.manifest.scope.column]
        rows = self.connection.execute(
            sql.SQL("SELECT DISTINCT {}::text FROM {}").format(
                sql.Identifier(staged), self.feed.tables[shape.name].identifier
            )
        ).fetchall()
        return {scope for (scope,) in rows if scope is not None}

    def _differs(self, shape: Shape, carried: tuple[str, ...]) -> sql.Composable:
        conditions: list[sql.Composable] = []
        for column in carried:
            if column in shape.key:
                continue
            ours, theirs = sql.Identifier("s", column), sql.Identifier("t", column)
            if column in shape.parents:
                said = sql.Identifier("s", f"seawall_new_{column}")
                conditions.append(sql.SQL("{} IS NOT NULL").format(said))
            template = "{0} IS DISTINCT FROM {1}"
            if shape.table.columns[column].compared_as_text:
                template = "{0}::text IS DISTINCT FROM {1}::text"
            if column not in shape.nulls_overwrite:
                template = "({0} IS NOT NULL AND " + template + ")"
            conditions.append(sql.SQL(template).format(ours, theirs))
        return sql.SQL("({})").format(sql.SQL(" OR ").join([sql.SQL("false"), *conditions]))


def is_required(shape: Shape, column: str) -> bool:
    """A row cannot stand without this reference."""
    return shape.parents[column].required or column in shape.key


def _is_lost(shape: Shape, column: str, alias: str) -> sql.Composed:
    """The condition that a row names a parent, or must, and no such parent is found."""
    conditions: list[sql.Composable] = [
        sql.SQL("{} IS NULL").format(sql.Identifier(alias, "seawall_id")),
        sql.SQL("{} IS NULL").format(sql.Identifier(alias, "seawall_row")),
    ]
    if not is_required(shape, column):
        conditions += [
            sql.SQL("{} IS NOT NULL").format(sql.Identifier("s", ours))
            for ours in shape.parents[column].by.values()
        ]
    return sql.SQL("({})").format(sql.SQL(" AND ").join(conditions))


def _same(by: Mapping[str, str], theirs: str, ours: str) -> sql.Composed:
    """The condition that a parent's key is the one that a row names."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(theirs, their), sql.Identifier(ours, our))
        for their, our in by.items()
    )
