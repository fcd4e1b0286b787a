"""Judges rows of a backup against the database as it is: set by set, in a temporary table.

The temporary table can be filled in a READ ONLY transaction too, so that a condition that an
operator wrote can be evaluated where it cannot write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from seawall import queries
from seawall.catalog.model import Catalogue
from seawall.history.backup import column_numbers
from seawall.history.past import Past
from seawall.history.read_back import raw
from seawall.naming import Shape, one_text
from seawall.references import UserReference
from seawall.witness.meanings import identity_rows, on_record

_SQL = queries.load("seawall.history")

WRITTEN = "c.status = 'missing' OR (c.status = 'changed' AND {overwrite})"


class Candidates:
    """The rows that a restore is asked for.

    Args:
        past: the tables, parents first.
        overwrite_newer: rows that their users changed since are to be put back too.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        catalogue: Catalogue,
        shapes: Mapping[str, Shape],
        references: Sequence[UserReference],
        past: Mapping[str, Past],
        backup_id: int,
        *,
        overwrite_newer: bool,
    ) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._shapes = shapes
        # Rows of an inheritance child refer like those of its parent.
        self._references = [
            (name, reference)
            for reference in references
            for name in catalogue.row_holders(reference.user_table)
            if name in past
        ]
        self._past = past
        self._backup_id = backup_id
        self._wanted = sql.SQL(WRITTEN).format(overwrite=sql.Literal(overwrite_newer))

    def choose(self, condition: str) -> None:
        """Take the rows for which a condition holds. Only within a READ ONLY transaction."""
        for past in self._past.values():
            self._take(past, raw(condition), " WHERE %(always)s", {"always": True})

    def choose_keys(self, keys: Mapping[str, Mapping[str, int | None]]) -> None:
        """Take the rows that a plan names, with the hash of what stood in their place then."""
        for name, past in self._past.items():
            planned = keys.get(name, {})
            self._take(
                past,
                sql.SQL("true"),
                " JOIN ROWS FROM (pg_catalog.unnest(%(keys)s::text[]),"
                " pg_catalog.unnest(%(hashes)s::bigint[])) AS p (row_key, planned_hash)"
                " ON p.row_key = x.row_key",
                {"keys": list(planned), "hashes": list(planned.values())},
                planned_hash="p.planned_hash",
                keys=list(planned),
            )

    def _take(
        self,
        past: Past,
        condition: sql.Composable,
        rest: str,
        values: Mapping[str, Any],
        planned_hash: LiteralString = "NULL::bigint",
        keys: Sequence[str] | None = None,
    ) -> None:
        statement = sql.SQL(
            "INSERT INTO seawall_candidates"
            " (table_name, row_key, row_values, status, detail, planned_hash)"
            " SELECT {name}, x.row_key, x.row_values,"
            " CASE WHEN x.unfit IS NULL THEN 'missing' ELSE 'unfit' END,"
            " coalesce(x.unfit, ''), {planned_hash} FROM ({state}) AS x"
        ).format(
            name=sql.Literal(past.kept.name),
            planned_hash=sql.SQL(planned_hash),
            state=past.state(self._backup_id, condition, keys),
        )
        # With a parameter the server takes one statement only, whatever the condition says.
        text = statement.as_string(self._connection).replace("%", "%%") + rest
        self._connection.execute(text.encode(), values)

    def judge(self) -> None:
        """Find out of each row whether it is missing, changed, the same, or cannot be put back."""
        self._connection.execute("ANALYZE pg_temp.seawall_candidates")
        for past in self._past.values():
            self._compare(past)
            self._find_incomplete(past)
            self._find_reentered(past)
        # A row whose parent cannot be put back cannot be put back either, and so on.
        while sum(self._find_broken(name, reference) for name, reference in self._references):
            pass

    def _compare(self, past: Past) -> None:
        """With the live row of the same key: the same, or changed since."""
        kept = past.kept
        same_row = sql.SQL("l.row_key = c.row_key").format()
        live = kept.live(past.names)
        if kept.key:
            same_row = sql.SQL(" AND ").join(
                sql.SQL("l.{} = {}").format(sql.Identifier(column), past.typed("c", column))
                for column in kept.key
            )
            live = sql.SQL("SELECT t.*, {} AS seawall_values FROM {} AS t").format(
                kept.values(columns=past.names), kept.rows
            )
        values = sql.SQL("l.seawall_values" if kept.key else "l.row_values")
        self._connection.execute(
            sql.SQL(
                "UPDATE pg_temp.seawall_candidates AS c SET live_values = {values},"
                " live_hash = pg_catalog.hash_array_extended({values}, 0),"
                " status = CASE WHEN {values} = c.row_values THEN 'same'"
                " WHEN c.status = 'unfit' THEN 'unfit' ELSE 'changed' END"
                " FROM ({live}) AS l WHERE c.table_name = {name} AND {same_row}"
            ).format(values=values, live=live, name=sql.Literal(kept.name), same_row=same_row)
        )
        if kept.own_columns:
            self._compare_own_columns(past)

    def _compare_own_columns(self, past: Past) -> None:
        """Users' columns of an imported row: the row must be there, and be the same thing."""
        own = past.kept.own_columns
        others = [n for n, name in enumerate(past.names, 1) if name not in own]
        ours = [n for n, name in enumerate(past.names, 1) if name in own]
        self._connection.execute(
            sql.SQL(
                "UPDATE pg_temp.seawall_candidates AS c SET"
                " status = CASE WHEN c.live_values IS NULL THEN 'parent_gone'"
                " WHEN {differs} THEN 'parent_differs' WHEN {said} THEN c.status"
                " ELSE 'missing' END,"
                " detail = CASE WHEN c.live_values IS NULL OR {differs} THEN {name}"
                " ELSE c.detail END WHERE c.table_name = {name} AND c.status <> 'same'"
            ).format(
                differs=sql.SQL(" OR ").join(
                    sql.SQL("c.live_values[{n}] IS DISTINCT FROM c.row_values[{n}]").format(
                        n=sql.Literal(n)
                    )
                    for n in others
                ),
                said=sql.SQL("pg_catalog.num_nonnulls({}) > 0").format(
                    sql.SQL(", ").join(
                        sql.SQL("c.live_values[{}]").format(sql.Literal(n)) for n in ours
                    )
                ),
                name=sql.Literal(past.kept.name),
            )
        )

    def _find_incomplete(self, past: Past) -> None:
        """A missing row lacks a value that its table demands now."""
        if past.kept.own_columns:
            return
        demanded = [
            column.name
            for column in past.kept.table.columns.values()
            if column.not_null
            and not column.has_default
            and not column.generated
            and column.name not in past.names
        ]
        if demanded:
            self._set(past, "c.status = 'missing'", "incomplete", ", ".join(demanded))

    def _set(self, past: Past, condition: str, status: str, detail: str) -> None:
        self._connection.execute(
            sql.SQL(
                "UPDATE pg_temp.seawall_candidates AS c SET status = {}, detail = {}"
                " WHERE c.table_name = {} AND ({})"
            ).format(
                sql.Literal(status),
                sql.Literal(detail),
                sql.Literal(past.kept.name),
                raw(condition),
            )
        )

    def _find_reentered(self, past: Past) -> None:
        """Another row holds the same unique key now: its user entered it again."""
        numbers = column_numbers(self._connection, [past.kept.table.oid])[past.kept.table.oid]
        present = {numbers[name] for name in past.names}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            indexes = cursor.execute(
                _SQL["unique_indexes"], {"table": past.kept.table.oid}
            ).fetchall()
        for index in indexes:
            if set(index["numbers"]) <= present:
                self._find_reentered_in(past, index)

    def _find_reentered_in(self, past: Past, index: Mapping[str, Any]) -> None:
        kept = past.kept
        expressions = [raw(text) for text in index["expressions"]]
        condition = raw(index["condition"] or "true")
        outputs = sql.SQL(", ").join(
            sql.SQL("{} AS seawall_u{}").format(text, sql.Literal(n))
            for n, text in enumerate(expressions)
        )
        # The names in an index's expressions are those of its table's columns.
        then = sql.SQL(
            "SELECT seawall_key, {outputs} FROM (SELECT c.row_key AS seawall_key, {columns}"
            " FROM pg_temp.seawall_candidates AS c WHERE c.table_name = {name} AND ({wanted})"
            " OFFSET 0) AS x WHERE {condition}"
        ).format(
            outputs=outputs,
            columns=sql.SQL(", ").join(
                sql.SQL("{} AS {}").format(past.typed("c", name), sql.Identifier(name))
                for name in past.names
            ),
            name=sql.Literal(kept.name),
            wanted=self._wanted,
            condition=condition,
        )
        key = sql.SQL("NULL")
        if kept.key:
            columns = [sql.Identifier(column) for column in kept.key]
            key = sql.SQL("ROW({})").format(sql.SQL(", ").join(columns))
        now = sql.SQL(
            "SELECT {key}::text AS seawall_key, {outputs} FROM {rows} WHERE {condition}"
        ).format(key=key, outputs=outputs, rows=kept.rows, condition=condition)
        equal = "{} IS NOT DISTINCT FROM {}" if index["nulls_not_distinct"] else "{} = {}"
        same = sql.SQL(" AND ").join(
            sql.SQL(equal).format(
                sql.Identifier("then", f"seawall_u{n}"), sql.Identifier("now", f"seawall_u{n}")
            )
            for n in range(len(expressions))
        )
        mine = sql.SQL("false")
        if kept.key:
            mine = sql.SQL("now.seawall_key = ROW({})::text").format(
                sql.SQL(", ").join(past.typed("c", column) for column in kept.key)
            )
        self._connection.execute(
            sql.SQL(
                "UPDATE pg_temp.seawall_candidates AS c SET status = 'reentered', detail = {index}"
                ' FROM ({then}) AS "then" JOIN ({now}) AS now ON {same}'
                ' WHERE c.table_name = {name} AND c.row_key = "then".seawall_key'
                " AND NOT ({mine})"
            ).format(
                index=sql.Literal(index["name"]),
                then=then,
                now=now,
                same=same,
                name=sql.Literal(kept.name),
                mine=mine,
            )
        )

    def _find_broken(self, name: str, reference: UserReference) -> int:
        """Rows of a table whose reference points at nothing now, or at something else than it
        meant."""
        past = self._past[name]
        if any(past.position(column) is None for column in reference.columns):
            return 0
        rows = sql.SQL(
            "SELECT c.row_key AS seawall_user, {columns} FROM pg_temp.seawall_candidates AS c"
            " WHERE c.table_name = {name} AND ({wanted})"
        ).format(
            columns=sql.SQL(", ").join(
                sql.SQL("{} AS {}").format(past.typed("c", column), sql.Identifier(column))
                for column in reference.columns
            ),
            name=sql.Literal(name),
            wanted=self._wanted,
        )
        return self._connection.execute(
            sql.SQL(
                "UPDATE pg_temp.seawall_candidates AS c SET detail = {label},"
                " status = CASE WHEN m.seawall_identity IS NULL THEN 'parent_gone'"
                " ELSE 'parent_differs' END"
                " FROM ({meant}) AS m LEFT JOIN seawall.referenced_identity AS known"
                " ON {on_record} WHERE c.table_name = {name} AND c.row_key = m.seawall_user"
                " AND (m.seawall_identity <> known.identity"
                " OR (m.seawall_identity IS NULL AND NOT {comes_back}))"
            ).format(
                label=sql.Literal(reference.label),
                meant=identity_rows(reference, self._shapes, self._catalogue, rows=rows),
                on_record=on_record(reference, self._shapes),
                name=sql.Literal(name),
                comes_back=self._comes_back(reference),
            )
        ).rowcount

    def _comes_back(self, reference: UserReference) -> sql.Composed:
        """Whether the row that a reference means is put back with it."""
        target = self._past.get(reference.table)
        if target is None or target.kept.own_columns:
            return sql.SQL("false").format()
        if any(target.position(column) is None for column in reference.target_columns):
            return sql.SQL("false").format()
        return sql.SQL(
            "EXISTS (SELECT FROM pg_temp.seawall_candidates AS p WHERE p.table_name = {table}"
            " AND p.status = 'missing' AND p.planned_hash IS NULL AND {value} = m.seawall_target)"
        ).format(
            table=sql.Literal(reference.table),
            value=one_text([target.typed("p", column) for column in reference.target_columns]),
        )
