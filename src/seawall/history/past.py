"""A table's rows as a backup holds them, under the names and types that its columns have today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.errors import UsageError
from seawall.history.backup import column_numbers
from seawall.history.kept import Kept, as_texts, key_text, keyed
from seawall.history.read_back import StoredTable, typed


class PastColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column that was there then and is there now."""

    name: str
    """Its name today."""
    position: int
    """Where its text stands in ``row_values`` of the history, from 1."""
    type: str
    fits: sql.Composable
    """Whether the text of row ``h``, as today’s type has it, is still the same value."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One table of one backup."""

    kept: Kept
    stored: StoredTable
    columns: tuple[PastColumn, ...]
    dropped: dict[str, int]
    """Columns that are no more → where their text stands; their values are read as text."""
    key_then: tuple[str, ...]
    """The primary key of then, under the names that its columns have today."""
    same_key_text: bool
    """Keys read as they did then: the key's columns have the types that they had."""

    @property
    def names(self) -> list[str]:
        """Today’s names of the columns that were there then."""
        return [column.name for column in self.columns]

    def position(self, column: str) -> int | None:
        """Where a column stands among ``names``, from 1; None where it was not there then."""
        return self.names.index(column) + 1 if column in self.names else None

    def refuse_other_key(self) -> None:
        """Rows of then and now are matched by their key.

        Raises:
            UsageError: the rows then were known by another key.
        """
        if self.key_then != self.kept.key:
            raise UsageError(
                f"{self.kept.name} had the primary key ({', '.join(self.key_then)}) then, and has "
                f"({', '.join(self.kept.key)}) now",
                why="Rows of then and now could not be matched.",
                fix="Leave the table out with --table, or give it its key back.",
            )

    def rows(self, versions: sql.Composable) -> sql.Composed:
        """SELECT of rows of the history, typed and named as today, with ``seawall_unfit``.

        Args:
            versions: a condition on row ``h`` of seawall.row_history.
        """
        outputs: list[sql.Composable] = [
            sql.SQL("{} AS {}").format(typed("h", c.position, c.type), sql.Identifier(c.name))
            for c in self.columns
        ]
        outputs += [
            sql.SQL("h.row_values[{}] AS {}").format(sql.Literal(position), sql.Identifier(name))
            for name, position in self.dropped.items()
        ]
        unfit = sql.SQL(" ").join(
            sql.SQL("WHEN NOT ({}) THEN {}").format(c.fits, sql.Literal(c.name))
            for c in self.columns
        )
        return sql.SQL(
            "SELECT {outputs}, CASE {unfit} END AS seawall_unfit, h.row_key AS seawall_key"
            " FROM seawall.row_history AS h WHERE h.shape_id = {shape} AND ({versions})"
        ).format(
            outputs=sql.SQL(", ").join(outputs),
            unfit=unfit if self.columns else sql.SQL("WHEN false THEN ''"),
            shape=sql.Literal(self.stored.shape_id),
            versions=versions,
        )

    def state(
        self, backup_id: int, condition: sql.Composable, keys: Sequence[str] | None = None
    ) -> sql.Composed:
        """SELECT of ``row_key``, ``row_values`` (of ``names``), ``row_hash`` and ``unfit``.

        The key is made from the values, and not taken from the history.

        Args:
            condition: on the typed row, which goes by the table's name.
            keys: the only rows wanted, where they are known; others may come all the same.
        """
        alias = sql.Identifier(self.kept.table.name)
        wanted: sql.Composable = sql.SQL("true")
        if keys is not None and self.kept.key and self.same_key_text:
            wanted = sql.SQL("h.row_key = ANY ({}::text[])").format(sql.Literal(list(keys)))
        rows = self.rows(
            sql.SQL(
                "h.first_backup <= {backup}"
                " AND (h.last_backup IS NULL OR h.last_backup >= {backup}) AND {wanted}"
            ).format(backup=sql.Literal(backup_id), wanted=wanted)
        )
        key = key_text(self.kept, self.kept.table.name) if self.kept.key else sql.SQL("NULL::text")
        chosen = sql.SQL(
            "SELECT {key} AS row_key, {values} AS row_values,"
            " {alias}.seawall_unfit AS unfit FROM ({rows}) AS {alias} WHERE ({condition}\n)"
        ).format(
            key=key,
            values=as_texts([sql.Identifier(self.kept.table.name, name) for name in self.names]),
            alias=alias,
            rows=rows,
            condition=condition,
        )
        return keyed(self.kept, chosen, ("unfit",))

    def typed(self, alias: str, column: str) -> sql.Composed:
        """A candidate's value as the column's type has it."""
        position = self.position(column)
        assert position is not None
        return typed(alias, position, self.columns[position - 1].type)


def past_of(connection: psycopg.Connection[Any], kept: Kept, stored: StoredTable) -> Past:
    """Match the columns of then with those of now: by number in the same table, else by name."""
    numbers = column_numbers(connection, [kept.table.oid])[kept.table.oid]
    same_table = stored.table_oid == kept.table.oid
    now = {number: name for name, number in numbers.items()}
    columns: list[PastColumn] = []
    names: dict[str, str] = {}
    dropped: dict[str, int] = {}
    for position, (name, number, type_name) in enumerate(
        zip(stored.columns, stored.numbers, stored.types, strict=True), 1
    ):
        found = now.get(number) if same_table else name
        if found not in kept.columns:
            if name not in kept.table.columns:
                dropped[name] = position
            continue
        names[name] = found
        columns.append(
            PastColumn(
                name=found,
                position=position,
                type=kept.table.columns[found].type,
                fits=_fits(kept, found, position, type_name),
            )
        )
    return Past(
        kept=kept,
        stored=stored,
        columns=tuple(columns),
        dropped=dropped,
        same_key_text=all(
            names.get(name) in kept.table.columns
            and kept.table.columns[names[name]].type == stored.types[stored.columns.index(name)]
            for name in stored.key_columns
        ),
        key_then=tuple(names.get(name, name) for name in stored.key_columns),
    )


def _fits(kept: Kept, column: str, position: int, type_then: str) -> sql.Composed:
    """Whether a text, as today's type has it, is still the same value."""
    today = kept.table.columns[column]
    text = sql.SQL("h.row_values[{}]").format(sql.Literal(position))
    again = sql.SQL('({}::text COLLATE "C")').format(typed("h", position, today.type))
    if today.type != type_then and today.type_category == "N":
        # Another scale may be written, another number may not.
        return sql.SQL("{}::numeric IS NOT DISTINCT FROM {}::numeric").format(again, text)
    if today.type != type_then and today.type_category not in "S":
        return sql.SQL("true").format()
    return sql.SQL("{} IS NOT DISTINCT FROM {}").format(again, text)
