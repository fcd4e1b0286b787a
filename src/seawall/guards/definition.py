"""Which guards there should be, by manifest and catalogue, and the SQL of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal

import msgspec
from psycopg import sql

from seawall.catalog.model import Catalogue, Table
from seawall.manifest import Manifest

Operation = Literal["insert", "update", "delete", "truncate", "columns"]

ROW_REFUSED = "SW001"
TRUNCATE_REFUSED = "SW002"
"""The SQLSTATEs with which guards refuse."""

# The test belongs in WHEN: a session that is not armed never enters the function.
_ARMED = sql.SQL("pg_catalog.current_setting('seawall.armed', true) = 'on'")


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """One trigger on one table."""

    table: Table
    """Where it stands: a user table, a partition, an inheritance child, or an imported table."""
    protects: str
    """The table as the manifest names it."""
    operation: Operation
    columns: tuple[str, ...] = ()
    """For ``columns``: the users' columns of an imported table."""

    @property
    def name(self) -> str:
        """The trigger's name."""
        return f"seawall_guard_{self.operation}"

    @property
    def place(self) -> tuple[str, str]:
        """(table, trigger), as the record has it."""
        return self.table.label, self.name

    def create(self) -> sql.Composed:
        """CREATE OR REPLACE TRIGGER, switched on for sessions of every replication role too."""
        arguments = [self.protects, f"seawall.{tries_sequence(self.protects)}", *self._said()]
        trigger = sql.Identifier(self.name)
        return sql.SQL(
            "CREATE OR REPLACE TRIGGER {name} {when} ON {table} {each} WHEN ({condition})"
            " EXECUTE FUNCTION {function}({arguments});"
            " ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
        ).format(
            name=trigger,
            when=_EVENTS[self.operation],
            table=self.table.identifier,
            each=sql.SQL("FOR EACH STATEMENT" if self.operation == "truncate" else "FOR EACH ROW"),
            condition=self._condition(),
            function=sql.Identifier(
                "seawall", "refuse_truncate" if self.operation == "truncate" else "refuse_write"
            ),
            arguments=sql.SQL(", ").join(map(sql.Literal, arguments)),
        )

    def _said(self) -> list[str]:
        return [", ".join(self.columns)] if self.columns else []

    def _condition(self) -> sql.Composable:
        if self.operation == "truncate":
            return sql.SQL(
                "pg_catalog.current_setting('seawall.armed', true) = 'on' OR {} <> ALL"
                " (pg_catalog.string_to_array(pg_catalog.replace(coalesce("
                "pg_catalog.current_setting('seawall.unlock', true), ''), ', ', ','), ','))"
            ).format(sql.Literal(self.protects))
        if self.operation != "columns":
            return _ARMED
        # As text: not every type has an equality, and some call equal what reads differently.
        differs = sql.SQL(" OR ").join(
            sql.SQL("old.{0}::text IS DISTINCT FROM new.{0}::text").format(sql.Identifier(column))
            for column in self.columns
        )
        return sql.SQL("{} AND ({})").format(_ARMED, differs)


_EVENTS = {
    "insert": sql.SQL("BEFORE INSERT"),
    "update": sql.SQL("BEFORE UPDATE"),
    "delete": sql.SQL("BEFORE DELETE"),
    "truncate": sql.SQL("BEFORE TRUNCATE"),
    # After, because a later BEFORE trigger may still change what is written.
    "columns": sql.SQL("AFTER UPDATE"),
}


def tries_sequence(protects: str) -> str:
    """The sequence in schema ``seawall`` that counts tries; one for a table and its family."""
    return f"guard_tries_{hashlib.sha256(protects.encode()).hexdigest()[:12]}"


def expected(manifest: Manifest, catalogue: Catalogue) -> list[Guard]:
    """Every guard that should stand: also on each partition and each inheritance child.

    A partitioned table itself holds no rows; its partitions have the row guards.
    """
    return [guard for name in guarded(manifest) for guard in _of(name, manifest, catalogue)]


def guarded(manifest: Manifest) -> list[str]:
    """Tables that hold users' rows or columns: what there is to guard."""
    columns = [name for name, said in manifest.imported().items() if said.user_columns]
    return [*manifest.user_tables(), *columns]


def members(name: str, manifest: Manifest, catalogue: Catalogue) -> list[Table]:
    """The table with its partitions and inheritance children, without those named themselves."""
    if name not in catalogue.tables:
        return []
    family = [each for each in catalogue.same_family(name) if each not in manifest.tables]
    return [catalogue.tables[each] for each in (name, *family)]


def _of(name: str, manifest: Manifest, catalogue: Catalogue) -> Iterator[Guard]:
    said = manifest.tables[name]
    for table in members(name, manifest, catalogue):
        yield Guard(table=table, protects=name, operation="truncate")
        if table.kind == "p":
            continue
        if said.owner == "users":
            if "insert" not in said.allow:
                yield Guard(table=table, protects=name, operation="insert")
            yield Guard(table=table, protects=name, operation="update")
            yield Guard(table=table, protects=name, operation="delete")
        else:
            yield Guard(table=table, protects=name, operation="columns", columns=said.user_columns)
