"""Proves that a restore wrote the rows that it was to write, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall.catalog.model import Catalogue, Table
from seawall.errors import ExitCode, SeawallError
from seawall.history.past import Past
from seawall.history.writing import same_row
from seawall.manifest import Manifest
from seawall.witness import counters, fingerprints
from seawall.witness.counters import Counts
from seawall.witness.fingerprints import Fingerprint, Subject


class RestoreDiffers(SeawallError):
    """The restore would have written something else than planned; it was rolled back."""

    code = "restore-differs"
    exit_code = ExitCode.REFUSED


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What the witnesses saw at one moment."""

    fingerprints: dict[str, Fingerprint]
    """Of all user tables, without the rows that the restore writes."""
    counts: Counts | None


class Proof:
    """The witnesses of one restore.

    Args:
        actions: rows to insert and to overwrite, by table.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        manifest: Manifest,
        catalogue: Catalogue,
        past: Mapping[str, Past],
        actions: Mapping[str, tuple[int, int]],
    ) -> None:
        self._connection = connection
        self._manifest = manifest
        self._catalogue = catalogue
        self._past = past
        self._actions = actions

    def observe(self) -> Observation:
        """Ask every witness, as the transaction sees things now."""
        return Observation(
            counts=counters.read(self._connection, self._catalogue),
            fingerprints=fingerprints.take(self._connection, self._subjects()),
        )

    def compare(self, before: Observation) -> tuple[dict[str, Any], list[str]]:
        """Compare with what was seen before the writes.

        Returns:
            The proof as JSON has it, and why it is incomplete, if it is.

        Raises:
            RestoreDiffers: something else was written than planned.
        """
        for name, past in self._past.items():
            self._refuse_unlike(name, past)
        after = self.observe()
        for name, fingerprint in before.fingerprints.items():
            if after.fingerprints[name] != fingerprint and not self._may_insert(name):
                raise _differs(f"rows of {name} changed that were not to be put back")
        unverified = []
        counted: dict[str, int] | None = None
        if before.counts is None or after.counts is None:
            unverified.append("counters: track_counts is off, so the server counts no writes")
        else:
            since = after.counts.since(before.counts)
            self._refuse_other_counts(since)
            counted = {t: n for t, n in since.written.items() if not t.startswith("pg_temp")}
        proof = {
            "fingerprints": {
                name: {"before": msgspec.to_builtins(seen), "after": msgspec.to_builtins(seen)}
                for name, seen in before.fingerprints.items()
            },
            "counters": counted,
        }
        return proof, unverified

    def _subjects(self) -> list[Subject]:
        """What must stay as it is: users' rows, but for those that are put back."""
        subjects = []
        for name, said in self._manifest.tables.items():
            table = self._catalogue.tables.get(name)
            if (
                table is None
                or said.owner == "ignored"
                or not (said.user_columns or said.owner == "users")
            ):
                continue
            if said.owner == "feed":
                columns = (*table.primary_key, *said.user_columns)
                subjects.append(self._subject(name, table, columns, alone=False))
                continue
            for each in self._catalogue.row_holders(name):
                table = self._catalogue.tables[each]
                alone = table.kind != "p"
                subjects.append(self._subject(each, table, tuple(table.columns), alone=alone))
        return subjects

    def _subject(
        self, name: str, table: Table, columns: tuple[str, ...], *, alone: bool
    ) -> Subject:
        past = self._past.get(name)
        left_out = None
        if past is not None and any(self._actions[name]):
            left_out = self._written_rows(past)
        return Subject(name=name, table=table, columns=columns, left_out=left_out, alone=alone)

    def _written_rows(self, past: Past) -> sql.Composed:
        """Whether row ``t`` of the table is one that the restore writes."""
        condition = (
            same_row(past, "t", "c")
            if past.kept.key
            else sql.SQL("{} = c.row_values").format(past.kept.values(columns=past.names))
        )
        return sql.SQL(
            "EXISTS (SELECT FROM pg_temp.seawall_candidates AS c"
            " WHERE c.table_name = {} AND c.action IS NOT NULL AND {})"
        ).format(sql.Literal(past.kept.name), condition)

    def _refuse_unlike(self, name: str, past: Past) -> None:
        """Every row that was to be put back must read as it did then."""
        planned = sum(self._actions[name])
        if not planned:
            return
        there: sql.Composable = sql.SQL("l.row_key = c.row_key")
        live = past.kept.live(past.names)
        if past.kept.key:
            there = same_row(past, "l", "c")
            live = sql.SQL("SELECT t.*, {} AS seawall_values FROM {} AS t").format(
                past.kept.values(columns=past.names), past.kept.rows
            )
        values = sql.SQL("l.seawall_values" if past.kept.key else "l.row_values")
        row = self._connection.execute(
            sql.SQL(
                "SELECT pg_catalog.count(*) FILTER (WHERE {values} = c.row_values),"
                " pg_catalog.min(c.row_key) FILTER (WHERE {values} IS DISTINCT FROM c.row_values)"
                " FROM pg_temp.seawall_candidates AS c LEFT JOIN ({live}) AS l ON {there}"
                " WHERE c.table_name = {name} AND c.action IS NOT NULL"
            ).format(values=values, live=live, there=there, name=sql.Literal(name))
        ).fetchone()
        assert row is not None
        if row[0] != planned:
            raise _differs(f"row {row[1]} of {name} does not read as it did then")

    def _refuse_other_counts(self, since: Counts) -> None:
        for table in since.written:
            if table.startswith("pg_temp"):
                continue
            inserts, updates = self._actions.get(table, (0, 0))
            more_inserts = since.inserted[table] - inserts
            if self._may_insert(table):
                more_inserts = min(more_inserts, 0)
            if more_inserts or since.rewritten[table] != updates:
                raise _differs(
                    f"{table}: {inserts} rows to insert and {updates} to overwrite, but "
                    f"{since.inserted[table]} and {since.rewritten[table]} were written"
                )

    def _may_insert(self, table: str) -> bool:
        """A trigger may add rows there; that it changes none the counters tell."""
        return any(
            "insert" in said.allow and table in self._catalogue.row_holders(name)
            for name, said in self._manifest.tables.items()
            if name in self._catalogue.tables
        )


def _differs(what: str) -> RestoreDiffers:
    return RestoreDiffers(
        f"{what}; it was rolled back",
        why="A trigger or rule of the tables writes more than the restore does. Triggers run as "
        "usual, because switching them off could break what they protect.",
        fix="ALTER TABLE … DISABLE TRIGGER the one that does it, restore, and enable it again; "
        'or allow = ["insert"] for a table to which rows may be added.',
    )
