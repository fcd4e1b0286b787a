"""Leaves one row a key in staging: what has no key is set aside, exact repeats are dropped, and of
rows that contradict one another the first stays while a check decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.naming import STAGE, Shape

_EXAMPLES = 5


def without_parent(parent: str, table: str) -> str:
    """Why a record is set aside that cannot stand without a parent which is nowhere."""
    return f"no {parent} of that key for {table}"


class LoadedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A staging table as COPY left it."""

    name: str
    stage: str
    """Name of the staging table, in schema ``seawall_stage``."""
    columns: tuple[str, ...]

    @property
    def identifier(self) -> sql.Identifier:
        """The staging table's quoted name."""
        return sql.Identifier(STAGE, self.stage)


class StagedTable(LoadedTable, frozen=True, kw_only=True):
    """One table's rows as the feed has them, one a key."""

    rows: int
    conflicts: int
    """Rows set aside because an earlier one has the same key and says something else."""
    conflict_examples: tuple[str, ...]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """All staging tables of a load."""

    tables: dict[str, StagedTable]
    repeated: dict[str, dict[str, int]]
    """Table → file → exact repeats that were dropped."""


def settle(
    connection: psycopg.Connection[Any],
    shapes: Mapping[str, Shape],
    load_id: str,
    files: Sequence[str],
    loads: Mapping[str, LoadedTable],
) -> Settled:
    """Settle every table of a load.

    Args:
        files: names by the number that staged rows carry.
    """
    tables: dict[str, StagedTable] = {}
    repeated: dict[str, dict[str, int]] = defaultdict(dict)
    for name, load in loads.items():
        # A transaction a table: each statement alone would wait for the disk.
        with connection.transaction():
            settling = _Settling(connection, shapes[name], load, load_id, files)
            settling.set_aside_null_keys()
            conflicts, examples = 0, []
            for file, same, count, some in settling.drop_repeats():
                if same:
                    repeated[name][files[file]] = count
                else:
                    conflicts += count
                    examples += [f"{files[file]} {example}" for example in some or []]
            rows = settling.analyze()
        tables[name] = StagedTable(
            **msgspec.structs.asdict(load),
            rows=rows,
            conflicts=conflicts,
            conflict_examples=tuple(examples[:_EXAMPLES]),
        )
    return Settled(tables=tables, repeated=repeated)


class _Settling:
    """One table."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        shape: Shape,
        load: LoadedTable,
        load_id: str,
        files: Sequence[str],
    ) -> None:
        self._connection = connection
        self._shape = shape
        self._load = load
        self._load_id = load_id
        self._files = files

    def _set_aside(self, rows: str, reason: str, *, expected: bool) -> sql.Composed:
        """INSERT of the rows of a WITH query into the records set aside."""
        return sql.SQL(
            "INSERT INTO seawall_stage.set_aside"
            " SELECT {load_id}, ({files}::text[])[seawall_file + 1], seawall_position, {reason},"
            " '', {expected}, to_jsonb({rows})::text FROM {rows}"
        ).format(
            load_id=sql.Literal(self._load_id),
            files=sql.Literal(list(self._files)),
            reason=sql.Literal(reason),
            expected=sql.Literal(expected),
            rows=sql.Identifier(rows),
        )

    def set_aside_null_keys(self) -> None:
        """Set aside rows that lack a part of their key."""
        any_null = sql.SQL(" OR ").join(
            sql.SQL("{} IS NULL").format(sql.Identifier("s", column))
            for column in self._shape.staged_key
        )
        self._connection.execute(
            sql.SQL(
                "WITH gone AS (DELETE FROM {stage} AS s WHERE {any_null} RETURNING s.*) {set_aside}"
            ).format(
                stage=self._load.identifier,
                any_null=any_null,
                set_aside=self._set_aside("gone", f"no key for {self._load.name}", expected=False),
            )
        )

    def analyze(self) -> int:
        """Tell the planner of the columns that matching joins by; returns how many rows stay."""
        joined = dict.fromkeys(self._shape.staged_key)
        for parent in self._shape.parents.values():
            joined |= dict.fromkeys(parent.by.values())
        self._connection.execute(
            sql.SQL("ANALYZE {} (seawall_row, {})").format(
                self._load.identifier,
                sql.SQL(", ").join(
                    sql.Identifier(column) for column in joined if column in self._load.columns
                ),
            )
        )
        row = self._connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(self._load.identifier)
        ).fetchone()
        assert row is not None
        return row[0]

    def _suspects(self) -> list[int]:
        """Hashes of keys that may stand on several rows: cheap, and wrong only on the safe side."""
        rows = self._connection.execute(
            sql.SQL("SELECT {hash} FROM {stage} AS s GROUP BY 1 HAVING count(*) > 1").format(
                hash=self._key_hash(), stage=self._load.identifier
            )
        ).fetchall()
        return [row[0] for row in rows]

    def _key_hash(self) -> sql.Composed:
        return sql.SQL("hash_record_extended(ROW({}), 0)").format(
            sql.SQL(", ").join(sql.Identifier("s", c) for c in self._shape.staged_key)
        )

    def _cell(self, alias: str, column: str) -> sql.Composable:
        cast = "::text" if self._shape.staged[column].compared_as_text else ""
        return sql.SQL("{}{}").format(sql.Identifier(alias, column), sql.SQL(cast))

    def drop_repeats(self) -> list[tuple[int, bool, int, list[str] | None]]:
        """Keep the first row of each key; returns (file number, said the same, rows, examples).

        Rows that say the same are gone. Rows that contradict the first are set aside; they do not
        count against the budget, because the check ``duplicate-key`` refuses for each of them.
        """
        suspects = self._suspects()
        if not suspects:
            return []
        key, columns = self._shape.staged_key, self._load.columns
        return self._connection.execute(
            sql.SQL(
                "WITH suspect AS MATERIALIZED (SELECT s.* FROM {stage} AS s"
                "   WHERE {hash} = ANY ({suspects}::bigint[])),"
                " twice AS (SELECT {key_list}, min(seawall_row) AS seawall_first"
                "   FROM suspect GROUP BY {key_list} HAVING count(*) > 1),"
                " gone AS (DELETE FROM {stage} AS s USING twice AS w, suspect AS f"
                "   WHERE {same_key} AND f.seawall_row = w.seawall_first"
                "   AND s.seawall_row <> w.seawall_first RETURNING s.*,"
                "   ROW({cells_s}) IS NOT DISTINCT FROM ROW({cells_f}) AS seawall_same,"
                "   concat_ws(', ', {key_s}) AS seawall_key),"
                " contradicting AS (SELECT seawall_file, seawall_position, {columns}"
                "   FROM gone WHERE NOT seawall_same),"
                " kept AS ({set_aside})"
                " SELECT seawall_file, seawall_same, count(*),"
                "   (array_agg('record ' || seawall_position || ': ' || seawall_key"
                "     ORDER BY seawall_position) FILTER (WHERE NOT seawall_same))[1:5]"
                " FROM gone GROUP BY seawall_file, seawall_same ORDER BY 1, 2"
            ).format(
                stage=self._load.identifier,
                hash=self._key_hash(),
                suspects=sql.Literal(suspects),
                key_list=sql.SQL(", ").join(map(sql.Identifier, key)),
                same_key=sql.SQL(" AND ").join(
                    sql.SQL("{} = {}").format(sql.Identifier("s", c), sql.Identifier("w", c))
                    for c in key
                ),
                cells_s=sql.SQL(", ").join(self._cell("s", column) for column in columns),
                cells_f=sql.SQL(", ").join(self._cell("f", column) for column in columns),
                key_s=sql.SQL(", ").join(sql.Identifier("s", column) for column in key),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                set_aside=self._set_aside(
                    "contradicting", "contradicts an earlier record of its key", expected=True
                ),
            )
        ).fetchall()
