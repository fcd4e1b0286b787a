"""COPY of a reader's rows into staging tables; rows that cannot be stored are found by halving."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from seawall.errors import FeedError
from seawall.feeds.reading import Evidence, FileRead, Gathered, Item, Notice, Rows, SetAside
from seawall.naming import STAGE

# Types that psycopg writes in COPY's binary format; a table with any other goes in as text.
_BINARY_TYPES = frozenset(
    [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "text",
        "varchar",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "bytea",
        "json",
        "jsonb",
    ]
)
# Of the columns that stand before the table's own: row, file, position.
_OWN_TYPES = ("int8", "int8", "int8")
_ROW_ERRORS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.NotSupportedError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

# Rows and files are numbered by part: in the order of the feed, whoever reads which part when.
_ROWS_OF_PART_BITS = 40
_FILES_OF_PART_BITS = 32


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where rows of an imported table go."""

    stage: str
    """Name of the staging table, in schema ``seawall_stage``."""
    columns: dict[str, str]
    """The table's columns that are staged → their types, as PostgreSQL names them."""


class Copied(msgspec.Struct, frozen=True):
    """Rows of one table from one file went into staging, but for those set aside."""

    file: str
    file_number: int
    """By it, staged rows say where they come from."""
    rows: int
    highest_position: int


Stored: TypeAlias = Copied | SetAside | FileRead | Evidence | Notice | Gathered
"""What a reader yields, its rows stored."""


def store(
    connection: psycopg.Connection[Any],
    targets: Mapping[str, Target],
    items: Iterable[tuple[int, Item | Gathered]],
) -> Iterator[tuple[int, Stored]]:
    """COPY the rows among a reader's items; yield what came of them, and every other item.

    Args:
        items: each with the number of its part; the parts one after the other.

    Raises:
        FeedError: rows are not what the reader declared.
    """
    tables = {name: _StagingTable(connection, name, target) for name, target in targets.items()}
    rows: Counter[tuple[int, str]] = Counter()
    files: dict[tuple[int, str], int] = {}
    files_of_part: Counter[int] = Counter()
    for part, item in items:
        if not isinstance(item, Rows):
            yield part, item if isinstance(item, Gathered) else _as_json_has_it(item)
            continue
        table = tables.get(item.table)
        if table is None or not {table.width}.issuperset(map(len, item.rows)):
            raise FeedError(
                f"the reader’s rows for {item.table} are not of the columns that it declared",
                why="Which value belongs to which column cannot be told.",
                fix="Each row is (position, *values), in the order of the reader’s columns.",
            )
        if not item.rows:
            continue
        if (part, item.file) not in files:
            number = files_of_part[part]
            files[part, item.file] = part << _FILES_OF_PART_BITS | number
            files_of_part[part] += 1
        highest = highest_position(item.file, [row[0] for row in item.rows])
        number = files[part, item.file]
        first = (part << _ROWS_OF_PART_BITS) + rows[part, item.table] + 1
        rows[part, item.table] += len(item.rows)
        numbered = [(row, number, *cells) for row, cells in enumerate(item.rows, first)]
        for aside in table.fill(item.file, numbered):
            yield part, aside
        yield part, Copied(item.file, number, len(item.rows), highest)


def highest_position(file: str, positions: Sequence[Any]) -> int:
    """The highest of some records' positions.

    Raises:
        FeedError: they are no positions.
    """
    if set(map(type, positions)) != {int} or min(positions) < 1:
        raise FeedError(
            f"the reader’s positions in {file} are not numbers from 1 on",
            why="A record is found again, and counted, by its position in its file.",
            fix="Mend the reader: each row is (position, *values).",
        )
    return max(positions)


def _as_json_has_it(item: SetAside | FileRead | Evidence | Notice) -> Stored:
    """What a reader says besides rows, as it reads again in plan and ledger.

    Raises:
        FeedError: it does not fit the contract, or no JSON can hold it.
    """
    kind = type(item)
    try:
        if kind not in (SetAside, FileRead, Evidence, Notice):
            raise TypeError("it is neither rows nor anything else that staging knows")
        if isinstance(item, SetAside) and not isinstance(item.record, bytes):
            raise TypeError("its record is not bytes")
        text = msgspec.json.encode(item, order="sorted")
        if _NUL.search(text):
            raise ValueError("it holds a NUL character, which PostgreSQL has not")
        return msgspec.json.decode(text, type=kind)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise FeedError(
            f"what the reader yields cannot be kept ({kind.__name__}): {error}",
            why="What a reader says is kept with the run.",
            fix="Mend the reader: text, numbers, lists and objects, as seawall.feeds.reading says.",
        ) from error


class _StagingTable:
    """One staging table, to be filled."""

    def __init__(self, connection: psycopg.Connection[Any], table: str, target: Target) -> None:
        self._connection = connection
        self._table = table
        self._columns = tuple(target.columns)
        self._types = tuple(target.columns.values())
        self._binary = _BINARY_TYPES.issuperset(self._types)
        self._statement = sql.SQL("COPY {} FROM STDIN {}").format(
            sql.Identifier(STAGE, target.stage),
            sql.SQL("(FORMAT binary)") if self._binary else sql.SQL(""),
        )

    @property
    def width(self) -> int:
        """Cells of a row as readers give it: its position, and its values."""
        return len(self._columns) + 1

    def fill(self, file: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[SetAside]:
        """Store rows of (row, file number, position, *values); yield those that cannot be."""
        try:
            self._copy(rows)
        except _ROW_ERRORS as error:
            if len(rows) == 1:
                _, _, position, *cells = rows[0]
                said = dict(zip(self._columns, cells, strict=True))
                yield SetAside(
                    file=file,
                    position=position,
                    reason=f"{self._table} cannot store it",
                    detail=str(error).strip().splitlines()[0],
                    record=_as_record(said).replace(b"\\u0000", b"\\ufffd"),
                )
                return
            middle = len(rows) // 2
            yield from self.fill(file, rows[:middle])
            yield from self.fill(file, rows[middle:])

    def _copy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(self._statement) as copy:
            if self._binary:
                copy.set_types([*_OWN_TYPES, *self._types])
            for row in rows if self._binary else _with_json_marked(rows, self._types):
                copy.write_row(row)


def _as_record(cells: Mapping[str, Any]) -> bytes:
    """Cells as JSON; such as no JSON can hold, in Python's words."""
    try:
        return msgspec.json.encode(cells, enc_hook=str)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return msgspec.json.encode({column: _words(cell) for column, cell in cells.items()})


def _words(cell: Any) -> str:
    try:
        return ascii(cell)
    except RecursionError:
        return "(too deeply nested)"


def _with_json_marked(
    rows: Iterable[tuple[Any, ...]], types: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Rows for COPY's text format, in which psycopg must be told that a list or dict is JSON."""
    first = len(_OWN_TYPES)
    marked = {n for n, name in enumerate(types, first) if name in ("json", "jsonb")}
    for row in rows:
        yield tuple(
            Jsonb(cell) if n in marked and cell is not None else cell for n, cell in enumerate(row)
        )
