"""How the imported tables look from the feed's side: staged columns, and rows seen through them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from psycopg import sql

from seawall.catalog.model import Catalogue, Column, Table
from seawall.errors import ManifestError
from seawall.manifest import Manifest, Parent
from seawall.manifest import Table as ManifestTable

STAGE = "seawall_stage"

_TYPES_OF_RETIRED = frozenset(["date", "timestamp", "timestamptz"])


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One imported table, manifest and catalogue read together."""

    name: str
    table: Table
    key: tuple[str, ...]
    primary_key: tuple[str, ...]
    plain: tuple[str, ...]
    """Columns that the feed gives as values."""
    parents: dict[str, Parent]
    """Reference columns that the feed gives by the parent's key."""
    staged: dict[str, Column]
    """Staged column → the database column whose type it has."""
    staged_key: tuple[str, ...]
    nulls_overwrite: frozenset[str]
    retired_column: str | None
    scope_column: str | None

    @property
    def written(self) -> tuple[str, ...]:
        """Columns that the merge writes, key columns included."""
        return (*self.plain, *self.parents)

    @property
    def issues_ids(self) -> bool:
        """The primary key is a surrogate that the database issues."""
        return not set(self.primary_key) <= set(self.written)


def shapes(manifest: Manifest, catalogue: Catalogue) -> dict[str, Shape]:
    """Read manifest and catalogue together.

    Raises:
        ManifestError: the manifest names what the database does not have.
    """
    if not manifest.imported():
        raise ManifestError(
            "no table of the manifest is the feed’s",
            why="There is nothing that a feed could be loaded into.",
            fix='Say of each imported table: owner = "feed", and its key.',
        )
    found: dict[str, Shape] = {}
    for name in manifest.imported():
        found[name] = _shape(name, manifest, catalogue)
    return found


def _shape(name: str, manifest: Manifest, catalogue: Catalogue) -> Shape:
    said = manifest.tables[name]
    table = catalogue.tables.get(name)
    if table is None:
        raise ManifestError(
            f"table {name} does not exist in the database",
            why="The manifest speaks of it.",
            fix=f"Create it, or take [tables.{name}] out of the manifest.",
        )
    named = {*said.key, *said.parents, *said.nulls_overwrite, *said.user_columns}
    named |= {column for column in (said.retired_column, said.scope) if column}
    missing = sorted(named - set(table.columns))
    if missing:
        raise ManifestError(
            f"table {name} has no column {', '.join(missing)}",
            why=f"[tables.{name}] names it.",
            fix="Correct the manifest, or add the column.",
        )
    if not table.primary_key:
        raise ManifestError(
            f"table {name} has no primary key",
            why="Without one, rows cannot be told apart and their ids cannot be kept.",
            fix=f"ALTER TABLE {name} ADD PRIMARY KEY (…)",
        )
    _refuse_unfit_columns(name, said, table)
    not_fed = {*said.user_columns, *said.parents, said.retired_column}
    not_fed |= {column.name for column in table.columns.values() if column.generated}
    not_fed |= {
        column.name
        for column in table.columns.values()
        if column.identity == "a" and column.name not in said.key
    }
    not_fed |= {
        column
        for column in table.primary_key
        if column not in said.key and table.columns[column].has_default
    }
    plain = tuple(column for column in table.columns if column not in not_fed)
    staged: dict[str, Column] = {column: table.columns[column] for column in plain}
    for parent in said.parents.values():
        for parent_column, column in parent.by.items():
            staged.setdefault(
                column, _named_column(parent.table, parent_column, manifest, catalogue)
            )
    for column, parent in said.parents.items():
        _refuse_other_keys(name, column, parent, catalogue)
    return Shape(
        name=name,
        table=table,
        key=said.key,
        primary_key=table.primary_key,
        plain=plain,
        parents=dict(said.parents),
        staged=staged,
        staged_key=manifest.staged_key(name),
        nulls_overwrite=frozenset(said.nulls_overwrite),
        retired_column=said.retired_column,
        scope_column=said.scope,
    )


def _refuse_unfit_columns(name: str, said: ManifestTable, table: Table) -> None:
    """A column must be able to do what the manifest wants of it."""
    ours = [column for column in table.columns if column.startswith("seawall_")]
    if ours:
        raise ManifestError(
            f"table {name} has a column {ours[0]}",
            why="Names that begin with seawall_ are the engine’s own while rows are staged.",
            fix=f"ALTER TABLE {name} RENAME COLUMN {ours[0]} TO …",
        )
    generated = [column for column in said.key if table.columns[column].generated]
    if generated:
        raise ManifestError(
            f"the key column {generated[0]} of table {name} is generated",
            why="A feed cannot give it, so no row could be recognised by it.",
            fix="Name the columns that it is made from.",
        )
    mark = table.columns[said.retired_column] if said.retired_column else None
    if mark and (mark.not_null or mark.generated or mark.type_name not in _TYPES_OF_RETIRED):
        raise ManifestError(
            f"{name}.{mark.name} cannot say when a row was retired",
            why=f"It is {mark.type}{' NOT NULL' if mark.not_null else ''}; a row that the feed "
            "has must be NULL there.",
            fix="Name a column of type timestamptz, timestamp or date that may be NULL.",
        )


def _refuse_other_keys(name: str, column: str, parent: Parent, catalogue: Catalogue) -> None:
    """A parent's row is written as its primary key, which must be one column."""
    target = catalogue.tables.get(parent.table)
    if target is None:
        return  # reported by its own name
    meant = [
        key.target_columns
        for key in catalogue.references_from(name)
        if column in key.columns and key.target == parent.table
    ]
    if len(target.primary_key) == 1 and all(one == target.primary_key for one in meant):
        return
    known_by = ", ".join(meant[0] if meant else target.primary_key)
    raise ManifestError(
        f"{name}.{column} cannot hold the id of a row of {parent.table}, "
        f"which is known by {known_by}",
        why="A parent’s row is referred to by the one column of its primary key.",
        fix=f"Give {parent.table} a surrogate id, or leave the parent out: the feed then gives "
        f"{column} itself.",
    )


def _named_column(
    table: str, staged_column: str, manifest: Manifest, catalogue: Catalogue
) -> Column:
    """The database column behind a staged key column of ``table``."""
    for parent in manifest.tables[table].parents.values():
        for parent_column, column in parent.by.items():
            if column == staged_column:
                return _named_column(parent.table, parent_column, manifest, catalogue)
    columns = catalogue.tables[table].columns if table in catalogue.tables else {}
    if staged_column not in columns:
        raise ManifestError(
            f"table {table} has no column {staged_column}",
            why="A reference names its key.",
            fix="Correct the manifest’s “by”, or add the column.",
        )
    return columns[staged_column]


def as_staged(
    name: str, columns: tuple[str, ...], known: dict[str, Shape], *, with_id: bool = False
) -> sql.Composed:
    """A SELECT of the table's rows with the names that a feed uses.

    Args:
        columns: staged columns wanted: plain ones, or ones that name a parent.
        with_id: also give the primary key's one column, as ``seawall_id``.

    Raises:
        ManifestError: a column is not one that the feed names.
    """
    shape = known[name]
    outputs: list[sql.Composable] = []
    joins: list[sql.Composable] = []
    joined: dict[str, sql.Identifier] = {}
    for column in columns:
        if column in shape.plain:
            outputs.append(sql.Identifier("t", column))
            continue
        for reference, parent in shape.parents.items():
            inner = next((k for k, v in parent.by.items() if v == column), None)
            if inner is None:
                continue
            if reference not in joined:
                alias = sql.Identifier(f"p{len(joined)}")
                joined[reference] = alias
                key = known[parent.table].staged_key
                joins.append(
                    sql.SQL("LEFT JOIN ({}) AS {} ON {}.seawall_id = {}").format(
                        as_staged(parent.table, key, known, with_id=True),
                        alias,
                        alias,
                        sql.Identifier("t", reference),
                    )
                )
            outputs.append(
                sql.SQL("{}.{} AS {}").format(
                    joined[reference], sql.Identifier(inner), sql.Identifier(column)
                )
            )
            break
        else:
            raise ManifestError(
                f"the feed does not name a column {column} of {name}",
                fix=f"It names: {', '.join(shape.staged)}.",
            )
    if with_id:
        outputs.append(
            sql.SQL("{} AS seawall_id").format(sql.Identifier("t", shape.primary_key[0]))
        )
    return sql.SQL("SELECT {} FROM {} AS t {}").format(
        sql.SQL(", ").join(outputs), shape.table.identifier, sql.SQL(" ").join(joins)
    )


def retired_condition(shape: Shape, alias: str) -> sql.Composable:
    """A condition that holds for retired rows of a table."""
    if shape.retired_column:
        return sql.SQL("({} IS NOT NULL)").format(sql.Identifier(alias, shape.retired_column))
    return sql.SQL(
        "EXISTS (SELECT FROM seawall.retired AS r WHERE r.table_name = {} AND r.row_id = {})"
    ).format(sql.Literal(shape.name), row_id(shape, alias))


def row_id(shape: Shape, alias: str) -> sql.Composable:
    """A row's primary key as one text."""
    return one_text([sql.Identifier(alias, column) for column in shape.primary_key])


def one_text(values: Sequence[sql.Composable]) -> sql.Composable:
    """Several values as one text, such that other values never give the same text."""
    if len(values) == 1:
        return sql.SQL("concat({})").format(values[0])
    return sql.SQL("ROW({})::text").format(sql.SQL(", ").join(values))
