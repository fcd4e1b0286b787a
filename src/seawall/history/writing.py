"""Writes chosen rows of a backup: inserts parents first, then overwrites; moves sequences on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from seawall import queries
from seawall.history.past import Past

_SQL = queries.load("seawall.history")


class Writing:
    """The writes of one restore, from the judged candidates.

    Args:
        past: the tables, parents first.
        circular: they refer to one another, so one statement inserts all: foreign keys are
            checked at its end.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], past: Mapping[str, Past], *, circular: bool
    ) -> None:
        self._connection = connection
        self._past = past
        self._circular = circular

    def decide(self) -> None:
        """Mark what is written: rows that are still as the plan saw them."""
        for name, past in self._past.items():
            self._connection.execute(
                sql.SQL(
                    "UPDATE pg_temp.seawall_candidates SET action = {}"
                    " WHERE table_name = {} AND status IN ('missing', 'changed')"
                    " AND live_hash IS NOT DISTINCT FROM planned_hash"
                ).format(
                    sql.SQL("'update'")
                    if past.kept.own_columns
                    else sql.SQL("CASE status WHEN 'missing' THEN 'insert' ELSE 'update' END"),
                    sql.Literal(name),
                )
            )

    def actions(self) -> dict[str, tuple[int, int]]:
        """Rows to insert and rows to overwrite, by table."""
        found: dict[str, tuple[int, int]] = dict.fromkeys(self._past, (0, 0))
        for name, inserted, overwritten in self._connection.execute(
            "SELECT table_name, pg_catalog.count(*) FILTER (WHERE action = 'insert'),"
            " pg_catalog.count(*) FILTER (WHERE action = 'update')"
            " FROM pg_temp.seawall_candidates GROUP BY table_name"
        ):
            found[name] = (inserted, overwritten)
        return found

    def write(self) -> None:
        """Insert what is missing, overwrite what is to be overwritten."""
        actions = self.actions()
        inserts = [self._insert(self._past[name]) for name, n in actions.items() if n[0]]
        if self._circular and len(inserts) > 1:
            *first, last = inserts
            parts = [
                sql.SQL("seawall_{} AS ({})").format(sql.SQL(str(n)), statement)  # pyright: ignore[reportArgumentType]
                for n, statement in enumerate(first)
            ]
            self._connection.execute(sql.SQL("WITH {} {}").format(sql.SQL(", ").join(parts), last))
        else:
            for statement in inserts:
                self._connection.execute(statement)
        for name, (_, overwritten) in actions.items():
            if overwritten:
                self._connection.execute(self._update(self._past[name]))

    def _insert(self, past: Past) -> sql.Composed:
        # OVERRIDING: an identity column gets its old number back.
        return sql.SQL(
            "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values}"
            " FROM pg_temp.seawall_candidates AS c"
            " WHERE c.table_name = {name} AND c.action = 'insert'"
        ).format(
            table=past.kept.table.identifier,
            columns=sql.SQL(", ").join(map(sql.Identifier, past.names)),
            values=sql.SQL(", ").join(past.typed("c", name) for name in past.names),
            name=sql.Literal(past.kept.name),
        )

    def _update(self, past: Past) -> sql.Composed:
        kept = past.kept
        written = [
            name
            for name in past.names
            if (name in kept.own_columns if kept.own_columns else name not in kept.key)
            and kept.table.columns[name].identity != "a"
        ]
        only = sql.SQL("" if kept.table.kind == "p" else "ONLY ")
        return sql.SQL(
            "UPDATE {only}{table} AS t SET {changes} FROM pg_temp.seawall_candidates AS c"
            " WHERE c.table_name = {name} AND c.action = 'update' AND {same_row}"
        ).format(
            only=only,
            table=kept.table.identifier,
            changes=sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), past.typed("c", name))
                for name in written
            ),
            name=sql.Literal(kept.name),
            same_row=same_row(past, "t", "c"),
        )

    def move_sequences(self) -> None:
        """Let no sequence issue a number that was put back."""
        for past in self._past.values():
            for column in past.kept.table.columns.values():
                position = past.position(column.name)
                if column.sequence is not None and position is not None:
                    self._move_sequence(past, column.sequence, position)

    def _move_sequence(self, past: Past, sequence: str, position: int) -> None:
        row = self._connection.execute(
            "SELECT pg_catalog.max((row_values[%s])::bigint) FROM pg_temp.seawall_candidates"
            " WHERE table_name = %s AND action = 'insert'",
            [position, past.kept.name],
        ).fetchone()
        ascends = self._connection.execute(_SQL["ascends"], {"sequence": sequence}).fetchone()
        if row is None or row[0] is None or ascends is None or not ascends[0]:
            return
        said = {"sequence": sequence, "value": row[0]}
        last = self._connection.execute(_SQL["sequence_value"], said).fetchone()
        assert last is not None
        if last[0] >= row[0]:
            return
        # Rare. Nobody may draw numbers between our look at it and our move.
        self._connection.execute(
            sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(past.kept.table.identifier)
        )
        self._connection.execute(_SQL["move_sequence"], said)


def same_row(past: Past, live: str, candidate: str) -> sql.Composed:
    """Whether a live row and a candidate have one primary key."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(live, column), past.typed(candidate, column))
        for column in past.kept.key
    )
