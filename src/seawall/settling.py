"""Leaves one row a key in staging: what has no key is set aside, exact repeats are dropped, and of
rows that contradict one another the first stays while a check decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

import msgspec
import psycopg
from psycopg import sql

from seawall.database import arm, connected, wait_for_no_disk
from seawall.naming import STAGE, Shape

_EXAMPLES = 5
# Of fewer, the second connection would cost as much as it saves.
_SHARED_FROM_BYTES = 4_000_000
# Of a smaller table, the statistics would cost as much as they save.
_ANALYZED_FROM_BYTES = 8_000_000
_BETWEEN_CANCELS_SECONDS = 0.2
_OWN_COLUMNS = ("seawall_row", "seawall_file", "seawall_position", "seawall_key_hash")
# A hash of these tells apart what ``=`` tells apart.
_HASHED_TYPES = frozenset(
    (
        *("bool", "int2", "int4", "float4", "float8", "text", "varchar", "bpchar"),
        *("date", "uuid", "bytea"),
    )
)
# PostgreSQL folds eight bytes to four before it hashes them: 1 and 4294967296 have the same hash.
# Of their binary form it hashes all.
_FOLDED_TYPES = {
    "int8": sql.SQL("pg_catalog.int8send({})"),
    "time": sql.SQL("pg_catalog.time_send({})"),
    "timestamp": sql.SQL("pg_catalog.timestamp_send({})"),
    "timestamptz": sql.SQL("pg_catalog.timestamptz_send({})"),
}


def without_parent(parent: str, table: str) -> str:
    """Why a record is set aside that cannot stand without a parent which is nowhere."""
    return f"no {parent} of that key for {table}"


def file_name(files: Mapping[str, str]) -> sql.Composed:
    """The name of the file that a staged row comes from.

    Args:
        files: names by the number that staged rows carry, as text.
    """
    return sql.SQL("({}::jsonb ->> seawall_file::text)").format(
        sql.Literal(msgspec.json.encode(files).decode())
    )


def as_record(rows: str) -> sql.Composed:
    """A staged row as the JSON text of a record, without seawall's own columns."""
    return sql.SQL("(to_jsonb({}) - {}::text[])::text").format(
        sql.Identifier(rows), sql.Literal(list(_OWN_COLUMNS))
    )


def columns_given(rows: str, columns: Iterable[str]) -> sql.Composed:
    """An aggregate: the names of those columns in which any row has a value."""
    names = [
        sql.SQL("CASE WHEN count({}) > 0 THEN {} END").format(
            sql.Identifier(rows, column), sql.Literal(column)
        )
        for column in columns
    ]
    return sql.SQL("array_remove(ARRAY[{}]::text[], NULL)").format(sql.SQL(", ").join(names))


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
    content: str
    """Tells whether the rows are the same as another time, in whatever order they came."""
    given: tuple[str, ...]
    """Columns of which at least one row has a value."""
    conflicts: int
    """Rows set aside because an earlier one has the same key and says something else."""
    conflict_examples: tuple[str, ...]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """All staging tables of a load."""

    tables: dict[str, StagedTable]
    repeated: dict[str, dict[str, int]]
    """Table → file → exact repeats that were dropped."""


_Repeated: TypeAlias = dict[str, int]


def settle(
    connection: psycopg.Connection[Any],
    database: str,
    shapes: Mapping[str, Shape],
    load_id: str,
    files: Mapping[str, str],
    loads: Mapping[str, LoadedTable],
) -> Settled:
    """Settle every table of a load; those of a large one over two connections.

    Args:
        database: where a second connection leads.
        files: names by the number that staged rows carry.
    """
    settled: dict[str, tuple[StagedTable, _Repeated]] = {}
    waiting: SimpleQueue[str] = SimpleQueue()
    sizes = _sizes(connection, loads)
    for name in sorted(loads, key=lambda name: -sizes[name]):
        waiting.put(name)

    def settle_some(on: psycopg.Connection[Any]) -> None:
        try:
            while (name := _next(waiting)) is not None:
                settled[name] = _Settling(
                    on, shapes[name], loads[name], sizes[name], load_id, files
                ).settle()
        except BaseException:
            while _next(waiting) is not None:  # so the other one takes no more
                pass
            raise

    if sum(sizes.values()) < _SHARED_FROM_BYTES or len(loads) < 2:
        settle_some(connection)
    else:
        with connected(database) as second, ThreadPoolExecutor(1) as thread:
            arm(second)
            wait_for_no_disk(second)
            rest = thread.submit(settle_some, second)
            try:
                settle_some(connection)
                rest.result()
            except BaseException:
                while not rest.done():  # a request to cancel is lost between two statements
                    with suppress(psycopg.Error):
                        second.cancel_safe()
                    wait([rest], timeout=_BETWEEN_CANCELS_SECONDS)
                raise
    return Settled(
        tables={name: settled[name][0] for name in loads},
        repeated={name: settled[name][1] for name in loads if settled[name][1]},
    )


def _sizes(connection: psycopg.Connection[Any], loads: Mapping[str, LoadedTable]) -> dict[str, int]:
    """Bytes by table."""
    rows = connection.execute(
        "SELECT c.relname, pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class c"
        " WHERE c.relnamespace = %s::regnamespace AND c.relname = ANY (%s)",
        [STAGE, [load.stage for load in loads.values()]],
    ).fetchall()
    bytes_of = dict(rows)
    return {name: bytes_of[load.stage] for name, load in loads.items()}


def _next(waiting: SimpleQueue[str]) -> str | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


class _Settling:
    """One table."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        shape: Shape,
        load: LoadedTable,
        size_bytes: int,
        load_id: str,
        files: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._shape = shape
        self._load = load
        self._size_bytes = size_bytes
        self._load_id = load_id
        self._files = files

    def settle(self) -> tuple[StagedTable, _Repeated]:
        """Leave one row a key; returns what is left, and the exact repeats dropped, by file."""
        repeated: _Repeated = {}
        conflicts, examples = 0, []
        # One transaction: each statement alone would wait for the disk.
        with self._connection.transaction():
            if self._size_bytes >= _ANALYZED_FROM_BYTES:
                # So that the planner knows how many keys there are: about one a row.
                self._connection.execute(
                    sql.SQL("ANALYZE {} (seawall_key_hash)").format(self._load.identifier)
                )
            for file, same, count, some in self._leave_one_a_key():
                if same:
                    repeated[self._files[file]] = count + repeated.get(self._files[file], 0)
                else:
                    conflicts += count
                    examples += [f"{self._files[file]} {example}" for example in some or []]
            rows, content, given = self._content()
        table = StagedTable(
            **msgspec.structs.asdict(self._load),
            rows=rows,
            content=content,
            given=given,
            conflicts=conflicts,
            conflict_examples=tuple(examples[:_EXAMPLES]),
        )
        return table, repeated

    def _set_aside(self, rows: str, reason: str, *, expected: bool) -> sql.Composed:
        """INSERT of the rows of a WITH query into the records set aside."""
        return sql.SQL(
            "INSERT INTO seawall_stage.set_aside"
            " SELECT {load_id}, {file}, seawall_position, {reason},"
            " '', {expected}, {record} FROM {rows}"
        ).format(
            load_id=sql.Literal(self._load_id),
            file=file_name(self._files),
            reason=sql.Literal(reason),
            expected=sql.Literal(expected),
            record=as_record(rows),
            rows=sql.Identifier(rows),
        )

    def _set_aside_null_keys(self) -> None:
        """Set aside rows that lack a part of their key."""
        self._connection.execute(
            sql.SQL(
                "WITH gone AS (DELETE FROM {stage} AS s WHERE s.seawall_key_hash IS NULL"
                "   RETURNING s.*) {set_aside}"
            ).format(
                stage=self._load.identifier,
                set_aside=self._set_aside("gone", f"no key for {self._load.name}", expected=False),
            )
        )

    def _content(self) -> tuple[int, str, tuple[str, ...]]:
        """How many rows there are, a digest of what they say, whatever their order, and the columns
        that say anything; in one pass."""
        # A row's hash is a weighted sum of its cells' hashes: without another hash around it, two
        # rows could exchange a value and no sum over rows would show it. As a seed, all 64 bits
        # of it count.
        row = self._connection.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum("
                "hashint8extended(0, hash_record_extended(ROW({cells}), 0))), 0)::text,"
                " {given} FROM {stage} AS s"
            ).format(
                # In one order, whichever the reader's is.
                cells=sql.SQL(", ").join(self._hashed("s", c) for c in sorted(self._load.columns)),
                given=columns_given("s", self._load.columns),
                stage=self._load.identifier,
            )
        ).fetchone()
        assert row is not None
        rows, digest, given = row
        return rows, digest, tuple(given)

    def _suspects(self) -> list[int | None]:
        """Hashes of keys that may stand on several rows, which errs on the safe side only; None
        where a part of the key is missing."""
        rows = self._connection.execute(
            sql.SQL(
                "SELECT s.seawall_key_hash FROM {} AS s GROUP BY 1"
                " HAVING count(*) > 1 OR s.seawall_key_hash IS NULL"
            ).format(self._load.identifier)
        ).fetchall()
        return [row[0] for row in rows]

    def _hashed(self, alias: str, column: str) -> sql.Composable:
        """A cell as it is hashed: types of which it is not sure that they can be go in as text."""
        of, cell = self._shape.staged[column], sql.Identifier(alias, column)
        if of.type_name in _FOLDED_TYPES:
            return _FOLDED_TYPES[of.type_name].format(cell)
        cast = "::text" if of.compared_as_text or of.type_name not in _HASHED_TYPES else ""
        return sql.SQL("{}{}").format(cell, sql.SQL(cast))

    def _cell(self, alias: str, column: str) -> sql.Composable:
        cast = "::text" if self._shape.staged[column].compared_as_text else ""
        return sql.SQL("{}{}").format(sql.Identifier(alias, column), sql.SQL(cast))

    def _leave_one_a_key(self) -> list[tuple[str, bool, int, list[str] | None]]:
        """Keep the first row of each key; returns (file number, said the same, rows, examples).

        Rows that say the same are gone. Rows that contradict the first are set aside; they do not
        count against the budget, because the check ``duplicate-key`` refuses for each of them.
        """
        found = self._suspects()
        if None in found:
            self._set_aside_null_keys()
        suspects = [key_hash for key_hash in found if key_hash is not None]
        if not suspects:
            return []
        key, columns = self._shape.staged_key, self._load.columns
        return self._connection.execute(
            sql.SQL(
                # Suspects are few: by their places, the others need not be gone through again.
                "WITH suspect AS MATERIALIZED (SELECT s.ctid AS seawall_place, s.*"
                "   FROM {stage} AS s WHERE s.seawall_key_hash = ANY ({suspects}::bigint[])),"
                " twice AS (SELECT {key_list}, min(seawall_row) AS seawall_first"
                "   FROM suspect GROUP BY {key_list} HAVING count(*) > 1),"
                " gone AS (DELETE FROM {stage} AS s USING suspect AS a, twice AS w, suspect AS f"
                "   WHERE s.ctid = a.seawall_place AND {same_key}"
                "   AND f.seawall_row = w.seawall_first"
                "   AND a.seawall_row <> w.seawall_first RETURNING s.*,"
                "   ROW({cells_s}) IS NOT DISTINCT FROM ROW({cells_f}) AS seawall_same,"
                "   concat_ws(', ', {key_s}) AS seawall_key),"
                " contradicting AS (SELECT seawall_file, seawall_position, {columns}"
                "   FROM gone WHERE NOT seawall_same),"
                " kept AS ({set_aside})"
                " SELECT seawall_file::text, seawall_same, count(*),"
                "   (array_agg('record ' || seawall_position || ': ' || seawall_key"
                "     ORDER BY seawall_position) FILTER (WHERE NOT seawall_same))[1:5]"
                " FROM gone GROUP BY seawall_file, seawall_same ORDER BY gone.seawall_file, 2"
            ).format(
                stage=self._load.identifier,
                suspects=sql.Literal(suspects),
                key_list=sql.SQL(", ").join(map(sql.Identifier, key)),
                same_key=sql.SQL(" AND ").join(
                    sql.SQL("{} = {}").format(sql.Identifier("a", c), sql.Identifier("w", c))
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
