"""The catalogue as frozen data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec
from psycopg import sql

Action = Literal["a", "r", "c", "n", "d"]
"""pg_constraint's letters: no action, restrict, cascade, set null, set default."""

ACTION_NAMES: Mapping[str, str] = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}

# Types whose "=" is missing, or says equal of values that read differently.
_COMPARED_AS_TEXT = frozenset(
    [
        "json",
        "xml",
        "point",
        "line",
        "lseg",
        "box",
        "path",
        "polygon",
        "circle",
        "citext",
        "txid_snapshot",
    ]
)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column, as pg_attribute and pg_type describe it."""

    name: str
    number: int
    """Of all columns that the table ever had: one that is dropped and added again has another."""
    type: str
    """With its modifier, as SQL writes it: ``numeric(5,2)``."""
    type_name: str
    """Without modifier; a domain's is the type that it rests on."""
    type_kind: str
    type_category: str
    generous_collation: tuple[str, str] | None
    """(schema, name) of a collation that takes different texts for equal."""
    not_null: bool
    generated: bool
    identity: str
    """``a`` always, ``d`` by default, or empty."""
    default_expression: str | None
    sequence: str | None

    @property
    def has_default(self) -> bool:
        """A value appears when none is given."""
        return bool(self.default_expression or self.identity)

    @property
    def compared_as_text(self) -> bool:
        """The type's own ``=`` is absent or too generous, so equality must look at the text."""
        return self.type_name.lstrip("_") in _COMPARED_AS_TEXT


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A unique index over plain columns."""

    name: str
    columns: tuple[str, ...]
    is_primary: bool
    is_immediate: bool
    """Checked row by row; a deferrable one is checked when its statement or transaction ends."""


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key; tables are named as ``Catalogue.tables`` names them.

    A partition goes by the name of the partitioned table: what refers to one refers to the other.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: Action
    on_update: Action
    validated: bool
    """Rows that stood before the constraint were looked at too."""
    enforced: bool
    """False where it was declared NOT ENFORCED (PostgreSQL 18)."""
    disabled: bool
    """One of the triggers by which PostgreSQL enforces it is switched off."""
    indexed: bool
    """Some index begins with its columns."""


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger that a person made."""

    name: str
    enabled: str
    """``O`` on, ``A`` always, ``R`` in replicas only, ``D`` disabled."""
    on_write: bool
    """It fires at INSERT, UPDATE or DELETE, and not at TRUNCATE alone."""
    definition: str
    function: str
    """The function's name, with its schema."""
    function_digest: str

    @property
    def acts(self) -> bool:
        """It would fire in a run."""
        return self.on_write and self.enabled in "OA"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with all that hangs on it."""

    oid: int
    schema: str
    name: str
    kind: str
    """``r`` ordinary, ``p`` partitioned."""
    is_partition: bool
    owner: str
    file_node: int
    row_security: bool
    row_security_forced: bool
    ancestors: tuple[int, ...]
    columns: Mapping[str, Column]
    keys: tuple[Key, ...]
    triggers: tuple[Trigger, ...]
    rules: tuple[str, ...]
    """Definitions of rewrite rules that are not disabled."""
    constraints: Mapping[str, str] = {}
    """CHECK and EXCLUDE constraints: name → definition."""

    @property
    def may_change_writes(self) -> bool:
        """A trigger or rule of the table may write something else than a statement says."""
        return bool(self.rules) or any(trigger.enabled != "D" for trigger in self.triggers)

    @property
    def identifier(self) -> sql.Identifier:
        """The table's name, quoted and with its schema, for composed SQL."""
        return sql.Identifier(self.schema, self.name)

    @property
    def label(self) -> str:
        """The name that people read: without ``public``."""
        return table_label(self.schema, self.name)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Columns of the primary key, or an empty tuple."""
        return next((key.columns for key in self.keys if key.is_primary), ())

    def is_unique(self, columns: tuple[str, ...]) -> bool:
        """Some unique index guarantees that ``columns`` identify a row."""
        return any(set(key.columns) <= set(columns) for key in self.keys)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All tables outside the system's and seawall's own schemas."""

    tables: Mapping[str, Table]
    foreign_keys: tuple[ForeignKey, ...]
    enum_labels: tuple[tuple[int, str], ...]
    """What each value of an enumerated type reads as: rows hold its id alone."""
    server_version: int
    """``server_version_num``, e.g. 180003."""

    @property
    def digest(self) -> str:
        """SHA-256 of the shape; storage (file nodes) does not count."""
        shape = {
            name: msgspec.structs.replace(table, file_node=0, oid=0, ancestors=())
            for name, table in self.tables.items()
        }
        return hashlib.sha256(
            msgspec.json.encode([shape, self.foreign_keys, self.enum_labels], order="sorted")
        ).hexdigest()

    def references_to(self, table: str) -> list[ForeignKey]:
        """Foreign keys that point at a table."""
        return [key for key in self.foreign_keys if key.target == table]

    def references_from(self, table: str) -> list[ForeignKey]:
        """Foreign keys that stand on a table."""
        return [key for key in self.foreign_keys if key.table == table]

    def partitions(self, table: str) -> list[str]:
        """Partitions of a table, at any depth."""
        return [name for name in self.same_family(table) if self.tables[name].is_partition]

    def same_family(self, table: str) -> list[str]:
        """Partitions and inheritance children of a table, at any depth, without itself."""
        heirs: dict[int, list[str]] = {}
        for name, other in self.tables.items():
            for ancestor in other.ancestors:
                heirs.setdefault(ancestor, []).append(name)
        family: dict[str, None] = {}
        waiting = [table] if heirs else []
        while waiting:
            for heir in heirs.get(self.tables[waiting.pop(0)].oid, []):
                if heir not in family and heir != table:
                    family[heir] = None
                    waiting.append(heir)
        return list(family)

    def row_holders(self, table: str) -> list[str]:
        """A table and its inheritance children: each holds rows of its own. A partitioned table
        stands for its partitions."""
        heirs = [] if self.tables[table].kind == "p" else self.same_family(table)
        return [table, *heirs]


def table_label(schema: str, name: str) -> str:
    """How a table is called in the manifest, in reports and in JSON.

    A name that holds a dot is quoted as in SQL, so that no two tables are called the same.
    """
    parts = [name] if schema == "public" else [schema, name]
    return ".".join('"' + part.replace('"', '""') + '"' if "." in part else part for part in parts)
