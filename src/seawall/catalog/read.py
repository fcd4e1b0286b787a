"""Reads the catalogue: eight queries, whatever the number of tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from seawall import queries
from seawall.catalog.model import (
    Catalogue,
    Column,
    ForeignKey,
    Key,
    Table,
    Trigger,
    table_label,
)

_SQL = queries.load("seawall.catalog")


def read_catalogue(connection: psycopg.Connection[Any]) -> Catalogue:
    """Read every table with columns, keys, foreign keys, sequences and triggers."""
    with connection.cursor(row_factory=dict_row) as cursor:
        tables = cursor.execute(_SQL["tables"]).fetchall()
        oids = {"tables": [row["oid"] for row in tables]}
        labels = {row["oid"]: table_label(row["schema"], row["name"]) for row in tables}

        columns: dict[int, dict[str, Column]] = defaultdict(dict)
        for row in cursor.execute(_SQL["columns"], oids):
            of_table = columns[row.pop("table_oid")]
            collation = row.pop("generous_collation")
            of_table[row["name"]] = Column(
                **row, generous_collation=collation and (collation[0], collation[1])
            )
        keys: dict[int, list[Key]] = defaultdict(list)
        for row in cursor.execute(_SQL["keys"], oids):
            keys[row.pop("table_oid")].append(Key(**{**row, "columns": tuple(row["columns"])}))
        triggers: dict[int, list[Trigger]] = defaultdict(list)
        for row in cursor.execute(_SQL["triggers"], oids):
            triggers[row.pop("table_oid")].append(Trigger(**row))
        rules: dict[int, list[str]] = defaultdict(list)
        for row in cursor.execute(_SQL["rules"], oids):
            rules[row["table_oid"]].append(row["definition"])
        constraints: dict[int, dict[str, str]] = defaultdict(dict)
        for row in cursor.execute(_SQL["constraints"], oids):
            constraints[row["table_oid"]][row["name"]] = row["definition"]
        roots = {row["oid"]: labels[_root(row["oid"], tables)] for row in tables}
        foreign_keys = [
            ForeignKey(
                name=row["name"],
                table=roots[row["table_oid"]],
                columns=tuple(row["columns"]),
                target=roots[row["target_oid"]],
                target_columns=tuple(row["target_columns"]),
                on_delete=row["on_delete"],
                on_update=row["on_update"],
                validated=row["validated"],
                enforced=row["enforced"],
                disabled=row["disabled"],
                indexed=row["indexed"],
            )
            for row in cursor.execute(_SQL["foreign_keys"], oids)
            if row["target_oid"] in labels
        ]
        enum_labels = cursor.execute(_SQL["enum_labels"]).fetchall()
    return Catalogue(
        tables={
            labels[row["oid"]]: Table(
                **{**row, "ancestors": tuple(row["ancestors"])},
                columns=columns[row["oid"]],
                keys=tuple(keys[row["oid"]]),
                triggers=tuple(triggers[row["oid"]]),
                rules=tuple(rules[row["oid"]]),
                constraints=constraints[row["oid"]],
            )
            for row in tables
        },
        foreign_keys=tuple(foreign_keys),
        enum_labels=tuple((row["oid"], row["label"]) for row in enum_labels),
        server_version=connection.info.server_version,
    )


def _root(oid: int, tables: Sequence[Mapping[str, Any]]) -> int:
    """The partitioned table that a partition belongs to in the end; any other table itself."""
    parents = {row["oid"]: row["ancestors"][0] for row in tables if row["is_partition"]}
    while oid in parents:
        oid = parents[oid]
    return oid
