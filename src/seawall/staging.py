"""Puts a feed's rows into tables of their own, by COPY, and counts what came.

Staging is unlogged, lies in a schema of its own and commits by itself, before the one transaction.
A row that the database cannot store is set aside; its neighbours go in.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import msgspec
import psycopg
from psycopg import sql

from seawall import queries
from seawall.copying import Copied, Stored, Target, highest_position
from seawall.errors import FeedError
from seawall.feeds.reading import Evidence, FileRead, Notice, SetAside
from seawall.feeds.staged import SourceTable, source_tables, unfit_condition
from seawall.naming import STAGE, Shape
from seawall.settling import LoadedTable, Settled, StagedTable, settle

_SQL = queries.load("seawall", "staging.sql")

# Each table alone would wait for the disk; all at once may want more locks than there are.
_DROPPED_AT_ONCE = 100

Load: TypeAlias = Callable[
    [psycopg.Connection[Any], Mapping[str, Target]], Iterator[tuple[int, Stored]]
]
"""Puts a feed's rows into tables, from a connection and other processes; what it yields, each with
the number of its part, is what became of them."""

_Item = TypeVar("_Item")

Progress = Callable[[str, int], None]
"""Called with a stage's name and the number of records or tables it has dealt with."""


class StagedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A whole feed in staging."""

    load_id: str
    feed: str
    as_of: datetime.date | None
    digest: str
    file_names: dict[str, str]
    """By the number that staged rows carry, as text."""
    tables: dict[str, StagedTable]
    reads: tuple[FileRead, ...]
    repeated: dict[str, dict[str, int]]
    """Table → file → exact repeats that were dropped."""
    evidence: dict[str, Any]
    notices: tuple[Notice, ...]
    incomplete: tuple[tuple[str, str], ...] = ()
    """(scope, kind) of files from which records were set aside that no one expected: the rows they
    stand for are not absent, so that no absence there says anything."""

    @property
    def present(self) -> set[tuple[str, str]]:
        """(scope, kind) of the files that the feed carries."""
        return {(read.scope, read.kind) for read in self.reads}

    @property
    def complete(self) -> set[tuple[str, str]]:
        """(scope, kind) of the files whose every record could be used, or is expected junk."""
        return self.present - set(self.incomplete)


class Staging:
    """Fills the staging tables of one load.

    Args:
        connection: to the target; in autocommit.
        database: the same target, for what is done over more connections.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], database: str, shapes: Mapping[str, Shape]
    ) -> None:
        self._connection = connection
        self._database = database
        self._shapes = shapes
        self.load_id = uuid.uuid4().hex[:12]
        self._files: dict[str, str] = {}  # name, by the number that staged rows carry
        self._highest: dict[str, int] = {}  # position of a record, by file
        self._targets: dict[str, Target] = {}

    def stage(
        self,
        load: Load,
        columns: Mapping[str, Sequence[str]],
        *,
        feed: str,
        as_of: datetime.date | None,
        digest: Callable[[], str],
        progress: Progress,
    ) -> StagedFeed:
        """Have a feed's rows put into staging tables, and account for them.

        Args:
            load: puts them there.
            columns: staged columns by table, as the reader declares them.
            feed: the feed's name in reports.
            as_of: the day the feed speaks of.
            digest: gives SHA-256 over the feed's content.
            progress: told how many records are in.

        Raises:
            FeedError: the reader's columns do not fit the manifest, or the feed cannot be read.
        """
        drop_stale_loads(self._connection)
        self._connection.execute(_SQL["register"], {"load_id": self.load_id, "feed": feed})
        self._create_tables(columns)
        stored = load(self._connection, self._targets)
        content = digest()  # while others read
        # By part: the order of parts is that of the feed, whichever is read first.
        reads: dict[int, list[FileRead]] = defaultdict(list)
        notices: dict[int, list[Notice]] = defaultdict(list)
        decided: dict[int, list[Evidence]] = defaultdict(list)
        aside: list[SetAside] = []
        records = 0
        for part, item in stored:
            match item:
                case Copied():
                    records += item.rows
                    self._files[str(item.file_number)] = item.file
                    self._see(item.file, item.highest_position)
                    progress("staging", records)
                case SetAside():
                    self._see(item.file, highest_position(item.file, [item.position]))
                    aside.append(item)
                case FileRead():
                    reads[part].append(item)
                case Evidence():
                    decided[part].append(item)
                case Notice():
                    notices[part].append(item)
            if len(aside) >= 1000:
                self._keep_aside(aside)
                aside = []
        self._keep_aside(aside)
        self._refuse_unaccounted(feed, _in_order(reads))
        settled = self._settled()
        return StagedFeed(
            load_id=self.load_id,
            feed=feed,
            as_of=as_of,
            digest=content,
            file_names=self._files,
            tables=settled.tables,
            reads=_in_order(reads),
            repeated=settled.repeated,
            evidence={item.name: item.value for item in _in_order(decided)},
            notices=_in_order(notices),
        )

    def adopt(
        self,
        schema: str,
        *,
        feed: str,
        as_of: datetime.date | None,
        progress: Progress,
    ) -> StagedFeed:
        """Copy the tables of a schema that another tool filled.

        Raises:
            FeedError: the schema has no fitting table, or a value that does not fit its type.
        """
        drop_stale_loads(self._connection)
        self._connection.execute(_SQL["register"], {"load_id": self.load_id, "feed": feed})
        sources = source_tables(self._connection, schema, self._shapes)
        self._create_tables({source.name: tuple(source.columns) for source in sources})
        reads = []
        for number, source in enumerate(sources):
            name = f"{schema}.{source.identifier[1]}"
            self._files[str(number)] = name
            try:
                read = self._copy_table(source, name, number)
            except (psycopg.DataError, psycopg.errors.CannotCoerce) as error:
                raise FeedError(
                    f"{name} has a value that does not fit its column: {str(error).strip()}",
                    why="PostgreSQL refuses the cast, and does not say of which rows.",
                    fix="Correct it in the source, or give the staged column the right type.",
                ) from None
            reads.append(
                FileRead(file=name, scope="", kind=source.name, table=source.name, read=read)
            )
            progress("staging", number + 1)
        settled = self._settled()
        digest = hashlib.sha256()
        for name, table in sorted(settled.tables.items()):
            row = self._connection.execute(
                sql.SQL(
                    "SELECT coalesce(sum(hashtextextended(ROW({})::text, 0)::numeric), 0)::text"
                    " FROM {}"
                ).format(
                    sql.SQL(", ").join(map(sql.Identifier, table.columns)),
                    table.identifier,
                )
            ).fetchone()
            digest.update(f"{name} {row}\n".encode())
        return StagedFeed(
            load_id=self.load_id,
            feed=feed,
            as_of=as_of,
            digest=digest.hexdigest(),
            file_names=self._files,
            tables=settled.tables,
            reads=tuple(reads),
            repeated=settled.repeated,
            evidence={},
            notices=(),
        )

    def _copy_table(self, source: SourceTable, file: str, number: int) -> int:
        """Copy one table of another tool; returns how many rows it has."""
        shape = self._shapes[source.name]
        unfit = unfit_condition(source, shape, self._connection.info.server_version)
        row = self._connection.execute(
            sql.SQL(
                "WITH source AS (SELECT row_number() OVER () AS seawall_row, s.*,"
                "   {unfit} AS seawall_unfit FROM {source} AS s),"
                " fits AS (INSERT INTO {stage} SELECT seawall_row, {file_number}, seawall_row,"
                "   {columns} FROM source WHERE NOT seawall_unfit),"
                " unfits AS (INSERT INTO seawall_stage.set_aside SELECT {load_id}, {file},"
                "   seawall_row, {reason}, '', false, to_jsonb(source)::text"
                "   FROM source WHERE seawall_unfit)"
                " SELECT count(*) FROM source"
            ).format(
                unfit=unfit,
                source=sql.Identifier(*source.identifier),
                stage=sql.Identifier(STAGE, self._stage_name(source.name)),
                file_number=sql.Literal(number),
                columns=sql.SQL(", ").join(
                    # The type is the catalogue's own text, from format_type().
                    sql.SQL("{}::{}").format(
                        sql.Identifier(column),
                        sql.SQL(shape.staged[column].type),  # pyright: ignore[reportArgumentType]
                    )
                    for column in source.columns
                ),
                load_id=sql.Literal(self.load_id),
                file=sql.Literal(file),
                reason=sql.Literal(f"{source.name} cannot store it"),
            )
        ).fetchone()
        assert row is not None
        return row[0]

    def _see(self, file: str, position: int) -> None:
        """Keep the highest position, to compare it with what the reader says that it read."""
        self._highest[file] = max(self._highest.get(file, 0), position)

    def _refuse_unaccounted(self, feed: str, reads: Sequence[FileRead]) -> None:
        """Refuse a reader whose rows do not come from the records that it says it read."""
        said: dict[str, int] = {}
        wrong = "" if reads else f"no file of {feed} was read"
        for read in reads:
            if read.file in said:
                wrong = wrong or f"the reader says twice that it read {read.file}"
            said[read.file] = read.read
        for file, highest in self._highest.items():
            if file not in said:
                wrong = wrong or f"the reader used {file}, but does not say that it read it"
            elif highest > max(1, said[file]):
                # That a file is there may itself give a row (its league), though it is empty.
                wrong = wrong or (
                    f"the reader used record {highest} of {file}, "
                    f"and says that it read {said[file]}"
                )
        if wrong:
            raise FeedError(
                wrong,
                why="Every record is accounted for: read = used + repeated + set aside.",
                fix="Check the names of the feed’s files; or mend the reader: one FileRead a file, "
                "with the number of all its records.",
            )

    def _stage_name(self, table: str) -> str:
        # PostgreSQL cuts names at 63 bytes: the number keeps long ones apart, and a difference's
        # name is longer by two.
        name = f"{self.load_id}_{list(self._shapes).index(table)}_{table}"
        return name.encode()[:61].decode(errors="ignore")

    def _create_tables(self, columns: Mapping[str, Sequence[str]]) -> None:
        statements: list[sql.Composed] = []
        for name, carried in columns.items():
            shape = self._shapes.get(name)
            if shape is None:
                raise FeedError(
                    f"the feed has rows for {name}, which is no imported table of the manifest",
                    why="Only imported tables may be loaded.",
                    fix=f"Add [tables.{name}] with owner = “feed”, or leave it out of the feed.",
                )
            strange = [column for column in carried if column not in shape.staged]
            absent = [column for column in shape.staged_key if column not in carried]
            if strange or absent:
                what = f"does not know {', '.join(strange)}" if strange else "lacks"
                raise FeedError(
                    f"the feed’s columns for {name} do not fit: the manifest {what} "
                    f"{', '.join(absent)}".strip(),
                    why=f"{name} is recognised by {', '.join(shape.staged_key)}.",
                    fix=f"Columns that the manifest gives to the feed: {', '.join(shape.staged)}.",
                )
            self._targets[name] = Target(
                stage=self._stage_name(name),
                columns={column: shape.staged[column].type_name for column in carried},
            )
            # Hashed while rows come in, when the server has time, and not when all wait for it.
            statements.append(
                sql.SQL(
                    "CREATE UNLOGGED TABLE {} (seawall_row bigint, seawall_file bigint,"
                    " seawall_position bigint, {},"
                    " seawall_key_hash bigint GENERATED ALWAYS AS (CASE WHEN num_nulls({key}) = 0"
                    " THEN hash_record_extended(ROW({key}), 0) END) STORED)"
                    " WITH (autovacuum_enabled = false)"
                ).format(
                    sql.Identifier(STAGE, self._stage_name(name)),
                    sql.SQL(", ").join(
                        sql.SQL("{} {}").format(
                            # The type is the catalogue's own text, from format_type().
                            sql.Identifier(column),
                            sql.SQL(shape.staged[column].type),  # pyright: ignore[reportArgumentType]
                        )
                        for column in carried
                    ),
                    key=sql.SQL(", ").join(map(sql.Identifier, shape.staged_key)),
                )
            )
        if statements:
            # At once: each alone would wait for the disk.
            self._connection.execute(sql.SQL("; ").join(statements))

    def _keep_aside(self, aside: list[SetAside]) -> None:
        if not aside:
            return
        with (
            self._connection.cursor() as cursor,
            cursor.copy(_SQL["copy_set_aside"]) as copy,
        ):
            for item in aside:
                copy.write_row(
                    (
                        self.load_id,
                        item.file,
                        item.position,
                        item.reason,
                        item.detail.replace("\x00", "\ufffd"),
                        item.expected,
                        bytes(item.record).decode("utf-8", "replace").replace("\x00", "\ufffd"),
                    )
                )

    def _settled(self) -> Settled:
        loads = {
            name: LoadedTable(name=name, stage=target.stage, columns=tuple(target.columns))
            for name, target in self._targets.items()
        }
        return settle(
            self._connection, self._database, self._shapes, self.load_id, self._files, loads
        )


def _in_order(of_parts: Mapping[int, Sequence[_Item]]) -> tuple[_Item, ...]:
    return tuple(item for _, items in sorted(of_parts.items()) for item in items)


def drop_load(connection: psycopg.Connection[Any], load_id: str) -> None:
    """Remove one load's staging tables."""
    names = connection.execute(_SQL["tables_of_load"], {"load_id": load_id}).fetchall()
    tables = [sql.Identifier(STAGE, name) for (name,) in names]
    for first in range(0, len(tables), _DROPPED_AT_ONCE):
        some = sql.SQL(", ").join(tables[first : first + _DROPPED_AT_ONCE])
        connection.execute(sql.SQL("DROP TABLE {}").format(some))
    connection.execute(_SQL["forget_set_aside"], {"load_id": load_id})
    connection.execute(_SQL["forget"], {"load_id": load_id})


def drop_stale_loads(connection: psycopg.Connection[Any]) -> None:
    """Remove loads older than a day: nobody applied them.

    A load that another role staged is left to that role: only its owner can drop a table.
    """
    for (load_id,) in connection.execute(_SQL["stale_loads"]).fetchall():
        with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            drop_load(connection, load_id)
