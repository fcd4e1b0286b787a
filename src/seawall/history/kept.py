"""Which rows the history keeps, and how a row reads in it: a key, and one text a column."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from psycopg import sql

from seawall.catalog.model import Catalogue, Column, Table
from seawall.errors import ManifestError
from seawall.manifest import Manifest

# The longest text that surely fits into an index entry as it is.
_LONGEST_KEY_BYTES = 1000


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table, as the history keeps them."""

    name: str
    table: Table
    key: tuple[str, ...]
    """Primary key; empty where the table has none."""
    columns: tuple[str, ...]
    """Columns kept, in their order; generated ones and those left out are not among them."""
    own_columns: tuple[str, ...] = ()
    """Of an imported table: the users' own columns. Empty for a user table."""

    @property
    def types(self) -> list[str]:
        """The columns' types, as SQL writes them."""
        return [self.table.columns[column].type for column in self.columns]

    @property
    def rows(self) -> sql.Composed:
        """The table, for FROM. An inheritance child is kept by itself, a partition is not."""
        only = "" if self.table.kind == "p" else "ONLY "
        return sql.SQL(only).format() + sql.Composed([self.table.identifier])

    @property
    def condition(self) -> sql.Composed:
        """Which rows of ``t`` are kept: of an imported table, where users said anything."""
        if not self.own_columns:
            return sql.SQL("true").format()
        said = [sql.Identifier("t", column) for column in self.own_columns]
        return sql.SQL("pg_catalog.num_nonnulls({}) > 0").format(sql.SQL(", ").join(said))

    def values(self, alias: str = "t", columns: Sequence[str] | None = None) -> sql.Composed:
        """A row as an array of texts."""
        return as_texts([sql.Identifier(alias, each) for each in columns or self.columns])

    def key_of(self, alias: str) -> sql.Composed:
        """A row's primary key as one text."""
        return key_text(self, alias)

    def live(self, columns: Sequence[str] | None = None) -> sql.Composed:
        """SELECT of ``row_key``, ``row_values`` and ``row_hash`` of the rows as they are now.

        Args:
            columns: of the kept ones, where not all are wanted.
        """
        return keyed(
            self,
            sql.SQL(
                "SELECT {key} AS row_key, {values} AS row_values FROM {rows} AS t WHERE {condition}"
            ).format(
                key=key_text(self, "t") if self.key else sql.SQL("NULL::text"),
                values=self.values(columns=columns),
                rows=self.rows,
                condition=self.condition,
            ),
        )

    def fingerprint(self) -> sql.Composed:
        """SELECT of ``rows`` and ``digest`` of the rows as they are now."""
        return sql.SQL(
            "SELECT pg_catalog.count(*) AS rows, coalesce(pg_catalog.sum("
            "pg_catalog.hash_array_extended({values}, 0)::numeric), 0) AS digest"
            " FROM {rows} AS t WHERE {condition}"
        ).format(values=self.values(), rows=self.rows, condition=self.condition)


def kept_tables(manifest: Manifest, catalogue: Catalogue) -> list[Kept]:
    """Every table whose rows are the users', and every imported one with columns of theirs.

    Raises:
        ManifestError: ``backup_leave_out`` names what cannot be left out.
    """
    found: dict[str, Kept] = {}
    for name, said in manifest.user_tables().items():
        if not said.backup or name not in catalogue.tables:
            continue
        for each in catalogue.row_holders(name):
            table = catalogue.tables[each]
            _refuse_unfit(each, said.backup_leave_out, table)
            columns = tuple(
                column.name
                for column in table.columns.values()
                if not column.generated and column.name not in said.backup_leave_out
            )
            found.setdefault(
                each, Kept(name=each, table=table, key=table.primary_key, columns=columns)
            )
    for name, said in manifest.imported().items():
        if not said.user_columns:
            continue
        table = catalogue.tables[name]
        columns = dict.fromkeys((*table.primary_key, *said.key, *said.user_columns))
        found[name] = Kept(
            name=name,
            table=table,
            key=table.primary_key,
            columns=tuple(columns),
            own_columns=said.user_columns,
        )
    return list(found.values())


def _refuse_unfit(name: str, left_out: Sequence[str], table: Table) -> None:
    missing = [column for column in left_out if column not in table.columns]
    if missing:
        raise ManifestError(
            f"table {name} has no column {', '.join(missing)}",
            why=f"backup_leave_out of [tables.{name}] names it.",
            fix="Correct the manifest.",
        )
    keys = [column for column in left_out if column in table.primary_key]
    if keys:
        raise ManifestError(
            f"{name}.{', '.join(keys)} cannot be left out of backups: it is the primary key",
            why="Without it no row could be told from another.",
            fix=f"Leave out the whole table with backup = false under [tables.{name}].",
        )


def as_texts(values: Sequence[sql.Composable]) -> sql.Composed:
    """Values as an array of texts, compared and hashed byte by byte whatever their collation."""
    if not values:
        return sql.SQL("'{{}}'::text[]").format()
    each = [sql.SQL('({}::text COLLATE "C")').format(value) for value in values]
    return sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(each))


def key_text(kept: Kept, alias: str) -> sql.Composed:
    """A row's primary key as one text, short enough for an index."""
    values = [sql.Identifier(alias, column) for column in kept.key]
    text = sql.SQL("pg_catalog.concat({})").format(values[0])
    if len(values) > 1:
        text = sql.SQL("ROW({})::text").format(sql.SQL(", ").join(values))
    if all(_is_short(kept.table.columns[column]) for column in kept.key):
        return sql.SQL('({} COLLATE "C")').format(text)
    return sql.SQL(
        "(CASE WHEN pg_catalog.octet_length({text}) > {longest} THEN"
        " pg_catalog.left({text}, 100) || '… ' || pg_catalog.md5({text})"
        ' ELSE {text} END COLLATE "C")'
    ).format(text=text, longest=sql.Literal(_LONGEST_KEY_BYTES))


def _is_short(column: Column) -> bool:
    return column.type_category in "NDTB" or column.type_name == "uuid"


def keyed(kept: Kept, rows: sql.Composable, more: Sequence[str] = ()) -> sql.Composed:
    """Complete a SELECT of ``row_key`` and ``row_values`` by ``row_hash``.

    Where there is no primary key, a row's content is its key, with a number that tells apart the
    rows that are alike.

    Args:
        more: other columns of the SELECT, to be passed on.
    """
    key: sql.Composable = sql.SQL("x.row_key")
    if not kept.key:
        key = sql.SQL(
            "(pg_catalog.md5(x.row_values::text) || '/' || pg_catalog.row_number()"
            ' OVER (PARTITION BY x.row_values)) COLLATE "C"'
        )
    # OFFSET keeps the planner from computing the array twice.
    return sql.SQL(
        "SELECT {key} AS row_key, x.row_values, {more}"
        " pg_catalog.hash_array_extended(x.row_values, 0) AS row_hash"
        " FROM ({rows} OFFSET 0) AS x"
    ).format(
        key=key,
        rows=rows,
        more=sql.Composed([sql.SQL("{}, ").format(sql.Identifier("x", name)) for name in more]),
    )
