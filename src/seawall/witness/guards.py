"""Guards, and what they are blind to: a guard that is gone, and DDL on users' tables.

The database refuses each write while it is tried. What this file sees is whether the guards stand
as they were installed, and whether a user table was altered, rewritten or replaced between two
looks. Tables of the catalogue are compared within the run's own snapshot: a difference there is the
run's own doing. Another connection sees what others committed meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from seawall import guards, queries
from seawall.catalog.model import Catalogue, Table, table_label
from seawall.errors import SeawallError
from seawall.guards.definition import guarded, members
from seawall.manifest import Manifest


class GuardRefused(SeawallError):
    """A guard refused a write to users' rows in the middle of a run; it was rolled back."""

    code = "guard-refused"

    def __init__(self, error: psycopg.Error) -> None:
        self.tables = [table_label(error.diag.schema_name or "", error.diag.table_name or "")]
        statement = _STATEMENT.search(error.diag.context or "")
        by = f" when it met “{' '.join(statement[1].split())}”" if statement else ""
        super().__init__(
            f"{error.diag.message_primary}; the run was rolled back{by}",
            why="Some trigger, rule or foreign key writes users’ rows when imported ones change.",
            fix="Look at the triggers, rules and foreign keys of the imported tables.",
        )


def is_refusal(error: psycopg.Error) -> bool:
    """A guard raised this error."""
    return error.sqlstate in (guards.ROW_REFUSED, guards.TRUNCATE_REFUSED)


# PostgreSQL's context names the statement of the trigger or foreign key that met the guard.
_STATEMENT = re.compile(r'SQL statement "(.*?)"$', re.MULTILINE | re.DOTALL)

_SQL = queries.load("seawall.witness")

# A session that never heard of the setting has none; an empty value is left by a SET LOCAL.
_ARMED = "SELECT pg_catalog.current_setting('seawall.armed', true) = 'on'"


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """What a table is, apart from its rows."""

    oid: int
    """Another one under the same name: the table was renamed away and replaced."""
    file_node: int
    """Another one for the same table: TRUNCATE, or a rewrite."""
    columns: str
    constraints: str
    triggers: str
    """Names, enabled states and definitions, those of foreign keys too, as one digest."""
    security: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Guards and structure at one moment, as one connection sees them."""

    status: guards.Status
    armed: bool
    tables: dict[str, Structure]
    """User tables, imported tables with users' columns, and their families."""
    switched_off: tuple[str, ...]
    """Foreign keys of user tables whose triggers are disabled."""
    tries: dict[str, int]
    unclaimed: dict[str, tuple[int, int]]
    """Tables that the manifest does not name, and the ledger's → their oid and file node."""
    replication_role: str
    sequences: dict[str, int]
    """Sequences of user tables → the last value given."""


class Testimony(msgspec.Struct, frozen=True, kw_only=True):
    """What the guards say of a run, for its report."""

    state: str
    """``armed``, ``not installed``, or ``not in force``."""
    guarded: list[str]
    not_guarded: list[str]
    tried: dict[str, int]


def look(connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue) -> Look:
    """Look at guards and structure. Writes nothing, and assigns no transaction number."""
    tables = [table for name in guarded(manifest) for table in members(name, manifest, catalogue)]
    names = {
        "schemas": [table.schema for table in tables],
        "names": [table.name for table in tables],
    }
    armed = connection.execute(_ARMED).fetchone()
    users = [
        table for name in manifest.user_tables() for table in members(name, manifest, catalogue)
    ]
    with connection.cursor(row_factory=dict_row) as cursor:
        structures = cursor.execute(_SQL["structure"], names).fetchall()
        off = cursor.execute(
            _SQL["switched_off"],
            {"schemas": [t.schema for t in users], "names": [t.name for t in users]},
        ).fetchall()
    return Look(
        status=guards.read_status(connection, manifest, catalogue),
        armed=bool(armed and armed[0]),
        tables={
            table_label(row.pop("schema"), row.pop("name")): Structure(**row) for row in structures
        },
        switched_off=tuple(
            f"{row['constraint']} of {table_label(row['schema'], row['name'])}" for row in off
        ),
        tries=guards.tries(connection, guarded(manifest)),
        unclaimed=_unclaimed(connection, manifest, catalogue),
        replication_role=_replication_role(connection),
        sequences=_sequences(connection, users),
    )


def _sequences(connection: psycopg.Connection[Any], users: list[Table]) -> dict[str, int]:
    names = {column.sequence for table in users for column in table.columns.values()}
    rows = connection.execute(_SQL["sequences"], {"names": [name for name in names if name]})
    return {name: last for name, last in rows if last is not None}


def _unclaimed(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> dict[str, tuple[int, int]]:
    claimed = {
        member
        for name in manifest.tables
        if name in catalogue.tables
        for member in (name, *catalogue.same_family(name))
    }
    rows = connection.execute(_SQL["storage"]).fetchall()
    every = {table_label(schema, name): (oid, node) for schema, name, oid, node in rows}
    return {table: stored for table, stored in every.items() if table not in claimed}


def _replication_role(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(
        "SELECT pg_catalog.current_setting('session_replication_role')"
    ).fetchone()
    return row[0] if row else ""


def unclaimed_replaced(before: Look, after: Look) -> list[tuple[str, str]]:
    """(table, what happened) for tables that the manifest does not name, emptied or taken away by
    the run: counters do not see that. Compare looks of one snapshot; what others do is no matter.
    """
    return [
        (table, f"{table}, which the manifest does not name, was truncated, rewritten or dropped")
        for table, stored in before.unclaimed.items()
        if after.unclaimed.get(table) != stored
    ]


def replaced(before: Look, after: Look) -> list[str]:
    """Tables that are not there any more, or another one under the same name."""
    return [
        table
        for table, was in before.tables.items()
        if table not in after.tables or after.tables[table].oid != was.oid
    ]


def altered(before: Look, after: Look) -> Iterator[tuple[str, str]]:
    """Yield (table, what happened to it) for what differs between two looks."""
    for table, was in before.tables.items():
        now = after.tables.get(table)
        if now is None:
            yield table, f"{table} was dropped or renamed"
        elif now.oid != was.oid:
            yield table, f"{table} is another table: the one before was renamed away or dropped"
        elif now.file_node != was.file_node:
            yield table, f"{table} was truncated or rewritten"
        elif now.triggers != was.triggers:
            yield table, f"a trigger of {table} was added, dropped, switched or altered"
        elif now.constraints != was.constraints:
            yield table, f"a constraint of {table} was added, dropped or altered"
        elif now != was:
            yield table, f"columns or row security of {table} were altered"


def doubts(before: Look, after: Look) -> list[str]:
    """Why the guards cannot testify for a run, in words; nothing where none was ever installed."""
    said = [f"guards: {guard.words}" for guard in before.status.broken]
    if before.status.installed and not after.armed:
        said.append("guards: seawall.armed was switched off while the run was at work")
    said += [
        f"guards: sequence {name} was set back, and users’ inserts may fail; a rollback keeps that"
        for name, last in before.sequences.items()
        if after.sequences.get(name, -1) < last
    ]
    if "replica" in (before.replication_role, after.replication_role):
        said.append(
            "guards: session_replication_role is replica, so no foreign key of the run was checked"
        )
    said += [
        f"guards: foreign key {key} is switched off, so rows may lose what they mean unseen"
        for key in before.switched_off
    ]
    return said


def testimony(before: Look, after: Look) -> Testimony:
    """What a report says of the guards."""
    status = before.status
    tried = {
        name: after.tries[name] - before.tries.get(name, 0)
        for name in after.tries
        if after.tries[name] > before.tries.get(name, 0)
    }
    broken = status.broken or not after.armed
    state = "not installed" if not status.installed else "not in force" if broken else "armed"
    return Testimony(
        state=state,
        guarded=status.guarded,
        not_guarded=status.not_guarded if status.installed else [],
        tried=tried,
    )
