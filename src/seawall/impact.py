"""What a difference means for the rows that refer to what it takes away or changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql

from seawall.catalog.model import ForeignKey
from seawall.difference import Difference
from seawall.manifest import Manifest
from seawall.naming import Shape, retired_condition
from seawall.references import UserReference
from seawall.scoping import scope_of


def same_row(shape: Shape, difference: str, table: str) -> sql.Composed:
    """The condition that joins a difference to the row it is about."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(
            sql.Identifier(difference, f"seawall_pk_{column}"), sql.Identifier(table, column)
        )
        for column in shape.primary_key
    )


def referenced_by_users(
    shape: Shape, references: Iterable[UserReference], tables: Mapping[str, sql.Identifier]
) -> sql.Composable:
    """The condition that some user's row refers to row ``t`` of the table."""
    conditions = [
        sql.SQL("EXISTS (SELECT FROM {} AS u WHERE {})").format(
            tables[reference.user_table], reference.join("u", "t")
        )
        for reference in references
        if reference.table == shape.name
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join([sql.SQL("false"), *conditions]))


def referenced_by_other(
    foreign_keys: Iterable[ForeignKey],
    shape: Shape,
    tables: Mapping[str, sql.Identifier],
    *,
    leaving: Mapping[str, tuple[Shape, Difference]],
    arriving: Mapping[str, tuple[Shape, Difference]],
) -> sql.Composable:
    """The condition that row ``t`` is referred to by a row of a table that users do not own.

    Args:
        leaving: tables whose vanished rows are deleted before, so that they do not count.
        arriving: tables whose differences are still to be written: what refers then is meant.
    """
    conditions: list[sql.Composable] = []
    for key in foreign_keys:
        if key.target != shape.name or key.table not in tables:
            continue
        joined = sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier("c", ours), sql.Identifier("t", theirs))
            for ours, theirs in zip(key.columns, key.target_columns, strict=True)
        )
        stays: list[sql.Composable] = [joined]
        if key.table in leaving:
            child, difference = leaving[key.table]
            stays.append(
                sql.SQL(
                    "NOT EXISTS (SELECT FROM {} AS cd WHERE cd.seawall_action = 'vanished'"
                    " AND NOT cd.seawall_held AND {})"
                ).format(difference.identifier, same_row(child, "cd", "c"))
            )
        if key.table in arriving:
            child, difference = arriving[key.table]
            stays.append(_not_moved(key, child, difference))
            conditions.append(_will_refer(key, difference))
        conditions.append(
            sql.SQL("EXISTS (SELECT FROM {} AS c WHERE {})").format(
                tables[key.table], sql.SQL(" AND ").join(stays)
            )
        )
    return sql.SQL("({})").format(sql.SQL(" OR ").join([sql.SQL("false"), *conditions]))


def _not_moved(key: ForeignKey, child: Shape, difference: Difference) -> sql.Composable:
    """The condition that the run does not point row ``c`` of a child elsewhere."""
    moves: list[sql.Composable] = [sql.SQL("false")]
    for column in set(key.columns) & set(difference.columns):
        becomes = sql.Identifier("cd", column)
        moves.append(sql.SQL("{} <> {}").format(becomes, sql.Identifier("c", column)))
        if column in child.parents:
            new = sql.Identifier("cd", f"seawall_new_{column}")
            moves.append(sql.SQL("{} IS NOT NULL").format(new))
        if column in child.nulls_overwrite:
            moves.append(sql.SQL("{} IS NULL").format(becomes))
    return sql.SQL(
        "NOT EXISTS (SELECT FROM {} AS cd WHERE cd.seawall_action IN ('changed', 'reinstated')"
        " AND {} AND ({}))"
    ).format(difference.identifier, same_row(child, "cd", "c"), sql.SQL(" OR ").join(moves))


def _will_refer(key: ForeignKey, difference: Difference) -> sql.Composable:
    """The condition that the run makes some row of a child point at row ``t``."""
    if not set(key.columns) <= set(difference.columns):
        return sql.SQL("false")
    return sql.SQL(
        "EXISTS (SELECT FROM {} AS cd WHERE cd.seawall_action <> 'vanished' AND {})"
    ).format(
        difference.identifier,
        sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier("cd", ours), sql.Identifier("t", theirs))
            for ours, theirs in zip(key.columns, key.target_columns, strict=True)
        ),
    )


def mark_held(
    connection: psycopg.Connection[Any],
    shape: Shape,
    difference: Difference,
    referenced: sql.Composable,
) -> int:
    """Mark vanished rows that something refers to, so that they are not deleted; count them."""
    return connection.execute(
        sql.SQL(
            "UPDATE {difference} AS d SET seawall_held = true FROM {table} AS t"
            " WHERE d.seawall_action = 'vanished' AND {same_row} AND {referenced}"
        ).format(
            difference=difference.identifier,
            table=shape.table.identifier,
            same_row=same_row(shape, "d", "t"),
            referenced=referenced,
        )
    ).rowcount


def count_standing(
    connection: psycopg.Connection[Any], shape: Shape, difference: Difference
) -> int:
    """Count vanished rows that are neither gone nor retired."""
    row = connection.execute(
        sql.SQL(
            "SELECT pg_catalog.count(*) FROM {} AS t JOIN {} AS d ON {}"
            " WHERE d.seawall_action = 'vanished' AND NOT {}"
        ).format(
            shape.table.identifier,
            difference.identifier,
            same_row(shape, "d", "t"),
            retired_condition(shape, "t"),
        )
    ).fetchone()
    assert row is not None
    return row[0]


def count_held(
    connection: psycopg.Connection[Any],
    shape: Shape,
    difference: Difference | None,
    references: Iterable[UserReference],
    tables: Mapping[str, sql.Identifier],
) -> int:
    """Count rows that the feed lacks, now or since an earlier run, and users refer to."""
    mine = [reference for reference in references if reference.table == shape.name]
    if not mine:
        return 0
    absent: sql.Composable = retired_condition(shape, "t")
    # Asked only where it can be so: for each row of the table, it costs more than all the rest.
    if difference is not None and difference.reinstated:
        absent = sql.SQL("({} AND NOT {})").format(
            absent, _is_there(shape, difference, "reinstated")
        )
    if difference is not None and difference.vanished:
        leaving = _is_there(shape, difference, "vanished")
        absent = sql.SQL("({} OR {})").format(absent, leaving)
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {} AS t WHERE {} AND {}").format(
            shape.table.identifier, absent, referenced_by_users(shape, mine, tables)
        )
    ).fetchone()
    assert row is not None
    return row[0]


def _is_there(shape: Shape, difference: Difference, action: str) -> sql.Composed:
    """The condition that a difference says something of a row ``t``."""
    return sql.SQL("EXISTS (SELECT FROM {} AS d WHERE d.seawall_action = {} AND {})").format(
        difference.identifier, sql.Literal(action), same_row(shape, "d", "t")
    )


def count_vanishing_references(
    connection: psycopg.Connection[Any],
    reference: UserReference,
    users: sql.Identifier,
    shape: Shape,
    difference: Difference,
) -> int:
    """Count users' rows whose imported row vanishes."""
    row = connection.execute(
        sql.SQL(
            "SELECT count(*) FROM {users} AS u JOIN {table} AS t ON {meant}"
            " JOIN {difference} AS d ON d.seawall_action = 'vanished' AND {same_row}"
        ).format(
            users=users,
            table=shape.table.identifier,
            meant=reference.join("u", "t"),
            difference=difference.identifier,
            same_row=same_row(shape, "d", "t"),
        )
    ).fetchone()
    assert row is not None
    return row[0]


def vanished_by_scope(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    shapes: Mapping[str, Shape],
    difference: Difference,
) -> list[tuple[str, int, int]]:
    """(scope, vanished rows, rows that stood before), of scopes from which any vanished."""
    shape = shapes[difference.table]
    label, join = scope_of(manifest, shapes, shape, "t")
    return connection.execute(
        sql.SQL(
            "SELECT {label}, count(d.seawall_action), count(*) FROM {table} AS t {join}"
            " LEFT JOIN {difference} AS d ON d.seawall_action = 'vanished' AND {same_row}"
            " WHERE NOT {retired} GROUP BY 1 HAVING count(d.seawall_action) > 0 ORDER BY 1"
        ).format(
            label=label,
            table=shape.table.identifier,
            join=join,
            difference=difference.identifier,
            same_row=same_row(shape, "d", "t"),
            retired=retired_condition(shape, "t"),
        )
    ).fetchall()


def new_by_scope(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    shapes: Mapping[str, Shape],
    difference: Difference,
) -> dict[str, int]:
    """New rows by scope; of a scope that is itself new nothing is said."""
    shape = shapes[difference.table]
    if shape.scope_column and shape.scope_column not in difference.columns:
        return {}
    label, join = scope_of(manifest, shapes, shape, "d")
    rows = connection.execute(
        sql.SQL(
            "SELECT {}, count(*) FROM {} AS d {} WHERE d.seawall_action = 'new' GROUP BY 1"
        ).format(label, difference.identifier, join)
    ).fetchall()
    return dict(rows)


def affected(
    connection: psycopg.Connection[Any],
    references: Iterable[UserReference],
    tables: Mapping[str, sql.Identifier],
    shapes: Mapping[str, Shape],
    retiring: Mapping[str, Difference],
    users: str | None,
) -> tuple[int, int | None]:
    """Count one user table's rows of which some reference's row leaves, and the users they are of.

    Args:
        references: those of the one user table.
        retiring: differences of the tables whose vanished rows are retired or deleted.
        users: the table that says who a user is.

    Returns:
        (rows, users); users is None where no reference tells whose a row is.
    """
    references = list(references)
    leaving = [
        sql.SQL(
            "EXISTS (SELECT FROM {table} AS t JOIN {difference} AS d"
            " ON d.seawall_action = 'vanished' AND {same_row} WHERE {meant})"
        ).format(
            table=tables[reference.table],
            difference=retiring[reference.table].identifier,
            same_row=same_row(shapes[reference.table], "d", "t"),
            meant=reference.join("u", "t"),
        )
        for reference in references
        if reference.table in retiring and retiring[reference.table].vanished
    ]
    person = next((r for r in references if r.table == users and len(r.columns) == 1), None)
    if not leaving:
        return 0, None if person is None else 0
    row = connection.execute(
        sql.SQL("SELECT count(*), {persons} FROM {users} AS u WHERE {leaving}").format(
            persons=sql.SQL("NULL")
            if person is None
            else sql.SQL("count(DISTINCT {})").format(sql.Identifier("u", person.columns[0])),
            users=tables[references[0].user_table],
            leaving=sql.SQL(" OR ").join(leaving),
        )
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def count_moved(
    connection: psycopg.Connection[Any],
    reference: UserReference,
    users: sql.Identifier,
    shape: Shape,
    difference: Difference,
) -> int:
    """Count users' rows that refer by a column which this run writes: they would mean another row.

    Ids and keys are never written, so only a reference by some other column can be hit.
    """
    written = [
        column
        for column in reference.target_columns
        if column in difference.columns and column not in (*shape.key, *shape.primary_key)
    ]
    if not written:
        return 0
    changes: list[sql.Composable] = []
    for column in written:
        new, old = sql.Identifier("d", column), sql.Identifier("t", column)
        differs = sql.SQL("{} IS DISTINCT FROM {}").format(new, old)
        if column not in shape.nulls_overwrite:
            differs = sql.SQL("({} IS NOT NULL AND {})").format(new, differs)
        changes.append(differs)
    row = connection.execute(
        sql.SQL(
            "SELECT count(*) FROM {users} AS u JOIN {table} AS t ON {meant} JOIN {difference} AS d"
            " ON d.seawall_action IN ('changed', 'reinstated') AND {same_row} WHERE {changes}"
        ).format(
            users=users,
            table=shape.table.identifier,
            meant=reference.join("u", "t"),
            difference=difference.identifier,
            same_row=same_row(shape, "d", "t"),
            changes=sql.SQL(" OR ").join(changes),
        )
    ).fetchone()
    assert row is not None
    return row[0]
