"""Meanings: what every user's reference means, by the key behind it and not by its existence.

A pair of swapped references leaves no orphan; the keys behind them tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.catalog.model import Catalogue
from seawall.naming import Shape, as_staged, one_text
from seawall.references import UserReference


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What the references of one kind add up to."""

    references: int
    orphans: int
    retargeted: int
    """References behind which another key stands than the ledger has on record."""
    hash: str


_NOTHING = Meaning(references=0, orphans=0, retargeted=0, hash="0")
"""What the references of a table without rows add up to."""


def identity_rows(
    reference: UserReference,
    shapes: Mapping[str, Shape],
    catalogue: Catalogue,
    *,
    rows: sql.Composable | None = None,
) -> sql.Composed:
    """SELECT of ``seawall_user`` (the user's row), ``seawall_target``, ``seawall_identity``,
    and ``seawall_place`` (which tells rows apart that are alike).

    Args:
        rows: a SELECT to take in the user table's place; it has the reference's columns, and
            ``seawall_user``.

    ``seawall_identity`` is the key behind the reference in the feed's words, NULL for an orphan.
    For a table that is not imported it is the referenced value itself.
    """
    users = catalogue.tables[reference.user_table]
    user_key = one_text(
        [sql.Identifier("u", column) for column in users.primary_key or tuple(users.columns)]
    )
    place: sql.Composable = sql.SQL("ROW(u.tableoid, u.ctid)::text")
    if rows is not None:
        user_key, place = sql.Identifier("u", "seawall_user"), sql.SQL("NULL")
    value = one_text([sql.Identifier("u", column) for column in reference.columns])
    target = catalogue.tables[reference.table]
    identity: sql.Composable = value
    extra: sql.Composable = sql.SQL("")
    shape = shapes.get(reference.table)
    if shape is not None and len(shape.primary_key) == 1:
        key = shape.staged_key
        extra = sql.SQL("LEFT JOIN ({}) AS i ON i.seawall_id = {}").format(
            as_staged(shape.name, key, dict(shapes), with_id=True),
            sql.Identifier("t", shape.primary_key[0]),
        )
        identity = sql.SQL("ROW({})::text").format(
            sql.SQL(", ").join(sql.Identifier("i", column) for column in key)
        )
    elif shape is not None:
        identity = sql.SQL("ROW({})::text").format(
            sql.SQL(", ").join(sql.Identifier("t", column) for column in shape.key)
        )
    found = sql.Identifier("t", reference.target_columns[0])
    return sql.SQL(
        "SELECT {user_key} AS seawall_user, {value} AS seawall_target,"
        " CASE WHEN {found} IS NOT NULL THEN {identity} END AS seawall_identity,"
        " {place} AS seawall_place"
        " FROM {users} AS u LEFT JOIN {target} AS t ON {meant} {extra} WHERE {said}"
    ).format(
        user_key=user_key,
        place=place,
        value=value,
        found=found,
        identity=identity,
        users=users.identifier if rows is None else sql.SQL("({})").format(rows),
        target=target.identifier,
        meant=reference.join("u", "t"),
        extra=extra,
        said=reference.said("u"),
    )


def on_record(reference: UserReference, shapes: Mapping[str, Shape]) -> sql.Composed:
    """The condition that the ledger's row ``known`` is about the target of reference ``m``.

    What was recorded under another key than today's manifest has says nothing about today's.
    """
    return sql.SQL(
        "known.table_name = {} AND known.row_id = m.seawall_target AND known.key_columns = {}"
    ).format(sql.Literal(reference.table), sql.Literal(_key_columns(reference, shapes)))


def _key_columns(reference: UserReference, shapes: Mapping[str, Shape]) -> str:
    shape = shapes.get(reference.table)
    if shape is None:
        return ""
    key = ", ".join(shape.staged_key)
    if reference.target_columns == shape.primary_key:
        return key
    # Another column's values may look like ids, and mean other rows.
    return f"{key} by {', '.join(reference.target_columns)}"


def take(
    connection: psycopg.Connection[Any],
    references: Iterable[UserReference],
    shapes: Mapping[str, Shape],
    catalogue: Catalogue,
    rows: Mapping[str, int],
) -> dict[str, Meaning]:
    """Add up what all references of each kind mean, as the connection sees them.

    Args:
        rows: user table → its rows in the same snapshot. Where there are none, nothing is asked.

    Returns:
        Meanings by the references' labels.
    """
    # One statement each: in one for all of them, no hash table would be freed before the last.
    return {
        reference.label: _take(connection, reference, shapes, catalogue)
        if rows[reference.user_table]
        else _NOTHING
        for reference in references
    }


def _take(
    connection: psycopg.Connection[Any],
    reference: UserReference,
    shapes: Mapping[str, Shape],
    catalogue: Catalogue,
) -> Meaning:
    row = connection.execute(
        sql.SQL(
            "SELECT pg_catalog.count(*),"
            " pg_catalog.count(*) FILTER (WHERE seawall_identity IS NULL),"
            " pg_catalog.count(*) FILTER (WHERE seawall_identity <> known.identity),"
            " coalesce(pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws("
            "'|', seawall_user, seawall_target, coalesce(seawall_identity, '(nothing)')), 0)"
            "::numeric), 0)::text FROM ({}) AS m"
            " LEFT JOIN seawall.referenced_identity AS known ON {}"
        ).format(identity_rows(reference, shapes, catalogue), on_record(reference, shapes))
    ).fetchone()
    assert row is not None
    return Meaning(references=row[0], orphans=row[1], retargeted=row[2], hash=row[3])


def remember(
    connection: psycopg.Connection[Any],
    reference: UserReference,
    shapes: Mapping[str, Shape],
    catalogue: Catalogue,
    run_id: int | None,
) -> None:
    """Put on record what references mean that were not seen before. Writes only what is new."""
    if reference.table not in shapes:
        return
    # Each target once: there are far fewer of them than rows that refer to them.
    targets = sql.SQL("SELECT DISTINCT {}, NULL::text AS seawall_user FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, reference.columns)),
        catalogue.tables[reference.user_table].identifier,
    )
    connection.execute(
        sql.SQL(
            "INSERT INTO seawall.referenced_identity"
            " (table_name, row_id, key_columns, identity, run_id)"
            " SELECT DISTINCT {table}, m.seawall_target, {key}, m.seawall_identity, {run}::bigint"
            " FROM ({rows}) AS m WHERE m.seawall_identity IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM seawall.referenced_identity AS known WHERE {on_record})"
            " ON CONFLICT DO NOTHING"
        ).format(
            table=sql.Literal(reference.table),
            key=sql.Literal(_key_columns(reference, shapes)),
            on_record=on_record(reference, shapes),
            run=sql.Literal(run_id),
            rows=identity_rows(reference, shapes, catalogue, rows=targets),
        )
    )


def changed(
    connection: psycopg.Connection[Any],
    before: psycopg.Connection[Any],
    reference: UserReference,
    shapes: Mapping[str, Shape],
    catalogue: Catalogue,
) -> list[str]:
    """Name references whose meaning differs between two connections' views."""
    statement = identity_rows(reference, shapes, catalogue)
    try:
        with before.transaction():
            was = {row[0]: row[1:] for row in before.execute(statement)}
    except psycopg.errors.LockNotAvailable:
        return []  # truncated or altered, and named as such
    return [
        f"{reference.user_table} {row[0]}: {reference.label} meant {was[row[0]][1]},"
        f" would mean {row[2] or 'nothing'}"
        for row in connection.execute(statement)
        if row[0] in was and was[row[0]][1] != row[2]
    ]
