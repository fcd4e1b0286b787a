"""Which guards there should be, by manifest and catalogue, and the SQL of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal

import msgspec
from psycopg import sql

from seawall.catalog.model import Catalogue, Table
from seawall.manifest import Manifest

Event = Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]

ROW_REFUSED = "SW001"
TRUNCATE_REFUSED = "SW002"
"""The SQLSTATEs with which guards refuse."""

# PostgreSQL fires triggers of one row in the order of their names. Those of foreign keys are called
# RI_ConstraintTrigger…, and a guard comes before them: what they refuse would not be counted.
PREFIX = "0_seawall_guard_"

# The test belongs in WHEN: a session that is not armed never enters the function.
_ARMED = sql.SQL("pg_catalog.current_setting('seawall.armed', true) = 'on'")

# Bits of pg_trigger.tgtype.
_ROW, _BEFORE = 1, 2
_EVENT_BITS: dict[Event, int] = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """One trigger on one table."""

    table: Table
    """Where it stands: a user table, a partition, an inheritance child, or an imported table."""
    protects: str
    """The table as the manifest names it."""
    kind: Literal["rows", "columns", "truncate"]
    events: tuple[Event, ...]
    columns: tuple[str, ...] = ()
    """For ``columns``: the users' columns of an imported table."""

    @property
    def name(self) -> str:
        """The trigger's name."""
        return f"{PREFIX}{self.kind}"

    @property
    def place(self) -> tuple[str, str]:
        """(table, trigger), as the record has it."""
        return self.table.label, self.name

    @property
    def arguments(self) -> list[str]:
        """What its function is told: the table, the sequence that counts, users' columns."""
        said = [", ".join(self.columns)] if self.columns else []
        return [self.protects, f"seawall.{tries_sequence(self.protects)}", *said]

    @property
    def type_bits(self) -> int:
        """When and for what it fires, as ``pg_trigger.tgtype`` has it."""
        moment = _BEFORE if self.kind == "truncate" else _ROW
        return moment | sum(_EVENT_BITS[event] for event in self.events)

    @property
    def call(self) -> str:
        """How PostgreSQL shows what the trigger calls."""
        arguments = ", ".join(f"""'{each.replace("'", "''")}'""" for each in self.arguments)
        return f"EXECUTE FUNCTION seawall.{self._function}({arguments})"

    @property
    def _function(self) -> str:
        return "refuse_truncate" if self.kind == "truncate" else "refuse_write"

    def create(self) -> sql.Composed:
        """CREATE OR REPLACE TRIGGER, switched on for sessions of every replication role too.

        Row guards fire after the write: a BEFORE trigger makes PostgreSQL lock every row first,
        which nearly doubles the WAL of all that users write. Whether a session is armed is looked
        at as the row is written, and what is not armed is not queued.
        """
        truncate = self.kind == "truncate"
        return sql.SQL(
            "CREATE OR REPLACE TRIGGER {name} {moment} {events} ON {table} {each}"
            " WHEN ({condition}) EXECUTE FUNCTION {function}({arguments});"
            " ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
        ).format(
            name=sql.Identifier(self.name),
            moment=sql.SQL("BEFORE" if truncate else "AFTER"),
            events=sql.SQL(" OR ").join(map(sql.SQL, self.events)),
            table=self.table.identifier,
            each=sql.SQL("FOR EACH STATEMENT" if truncate else "FOR EACH ROW"),
            condition=self._condition(),
            function=sql.Identifier("seawall", self._function),
            arguments=sql.SQL(", ").join(map(sql.Literal, self.arguments)),
        )

    def _condition(self) -> sql.Composable:
        if self.kind == "truncate":
            return sql.SQL(
                "pg_catalog.current_setting('seawall.armed', true) = 'on' OR {} <> ALL"
                " (pg_catalog.string_to_array(pg_catalog.replace(coalesce("
                "pg_catalog.current_setting('seawall.unlock', true), ''), ', ', ','), ','))"
            ).format(sql.Literal(self.protects))
        if self.kind == "rows":
            return _ARMED
        # As text: not every type has an equality, and some call equal what reads differently.
        differs = sql.SQL(" OR ").join(
            sql.SQL("old.{0}::text IS DISTINCT FROM new.{0}::text").format(sql.Identifier(column))
            for column in self.columns
        )
        return sql.SQL("{} AND ({})").format(_ARMED, differs)


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
        yield Guard(table=table, protects=name, kind="truncate", events=("TRUNCATE",))
        if table.kind == "p":
            continue
        if said.owner == "users":
            events: tuple[Event, ...] = ("INSERT", "UPDATE", "DELETE")
            if "insert" in said.allow:
                events = ("UPDATE", "DELETE")
            yield Guard(table=table, protects=name, kind="rows", events=events)
        else:
            columns = said.user_columns
            yield Guard(
                table=table, protects=name, kind="columns", events=("UPDATE",), columns=columns
            )
