"""Looks at users' rows before and after the merge, through all witnesses, and compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from seawall import impact
from seawall.catalog.model import Catalogue
from seawall.database import connect, pin_settings
from seawall.errors import SeawallError
from seawall.manifest import Manifest
from seawall.naming import Shape
from seawall.plan import Plan
from seawall.references import UserReference
from seawall.witness import counters, damage, fingerprints, guards, meanings
from seawall.witness.counters import Counts
from seawall.witness.fingerprints import Fingerprint, Subject
from seawall.witness.meanings import Meaning

NAMED_ROWS = damage.NAMED_ROWS


class UserDamage(SeawallError):
    """The run would have changed users' rows; it was rolled back."""

    code = "user-rows-damaged"

    def __init__(self, rows: list[str], tables: list[str]) -> None:
        named = "\n       ".join(rows[:NAMED_ROWS])
        more = f"\n       … and {len(rows) - NAMED_ROWS} more" if len(rows) > NAMED_ROWS else ""
        super().__init__(
            f"the run would have changed users’ rows in {', '.join(tables)}; it was rolled back:"
            f"\n       {named}{more}",
            why="Some trigger, rule or foreign key writes users’ rows when imported ones change.",
            fix="Look at the triggers and foreign keys of the imported tables; “seawall check” "
            "lists those it can judge.",
        )
        self.rows = rows
        self.tables = tables


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What the witnesses saw at one moment of the transaction."""

    fingerprints: dict[str, Fingerprint]
    meanings: dict[str, Meaning]
    counts: Counts | None
    guards: guards.Look


class Verification(msgspec.Struct, frozen=True):
    """The witnesses of one run."""

    connection: psycopg.Connection[Any]
    url: str
    manifest: Manifest
    catalogue: Catalogue
    shapes: Mapping[str, Shape]
    references: list[UserReference]
    plan: Plan

    def observe(self, before: Observation | None = None) -> Observation:
        """Ask every witness, as the transaction sees things now.

        Args:
            before: the first observation, when this is the second.

        Raises:
            UserDamage: a user table of the first observation is gone, so nobody can look.
        """
        # A trigger may have changed how values read: both looks must see them in the same way.
        pin_settings(self.connection)
        look = guards.look(self.connection, self.manifest, self.catalogue)
        if before is not None and (gone := guards.replaced(before.guards, look)):
            words = [what for table, what in guards.altered(before.guards, look) if table in gone]
            raise UserDamage(words, gone)
        counts = counters.read(self.connection, self.catalogue)
        taken = fingerprints.take(self.connection, self._subjects())
        rows = {name: taken[name].rows for name in self.manifest.user_tables()}
        return Observation(
            fingerprints=taken,
            meanings=meanings.take(
                self.connection, self.references, self.shapes, self.catalogue, rows
            ),
            counts=counts,
            guards=look,
        )

    def doubts(self, before: Observation, after: Observation) -> list[str]:
        """Why a witness could not testify, in words. Ask at the very end."""
        said = []
        if before.counts is None or after.counts is None:
            said.append("counters: track_counts is off, so the server counts no writes")
        said += guards.doubts(before.guards, after.guards)
        if before.guards.status.installed:
            said += self._altered_by_others(after)
        return said

    def _altered_by_others(self, after: Observation) -> list[str]:
        """What others committed meanwhile, which the run's own snapshot hides."""
        try:
            second = connect(self.url)
        except SeawallError as error:
            return [f"guards: nobody saw whether somebody altered them meanwhile: {error.what}"]
        try:
            seen = guards.look(second, self.manifest, self.catalogue)
        finally:
            second.close()
        return [
            f"guards: {what}, by somebody else, while the run was at work"
            for _, what in guards.altered(after.guards, seen)
        ]

    def refuse_damage(self, before: Observation, after: Observation) -> None:
        """Compare two observations.

        Raises:
            UserDamage: a witness saw users' rows, or rows that nobody claims, being written.
        """
        rows = self._named_rows(before, after)
        named = dict.fromkeys(table for table, _ in rows)
        written = self._forbidden_writes(before, after)
        refused = guards.testimony(before.guards, after.guards).tried
        for table, count in written.items():
            if table not in named:
                words = _uncounted(count, self.manifest, table)
                if table in refused:
                    words += "; a guard refused it, and who tried it went on all the same"
                rows.append((table, f"{table}: {words}"))
        rows += [
            (table, what)
            for table, what in guards.altered(before.guards, after.guards)
            if table not in named
        ]
        rows += guards.unclaimed_replaced(before.guards, after.guards)
        if rows:
            raise UserDamage([row for _, row in rows], list(dict.fromkeys(t for t, _ in rows)))

    def _subjects(self) -> list[Subject]:
        """What must not change: user tables, and users' columns of imported rows that stand."""
        subjects = [
            Subject(
                name=name,
                table=self.catalogue.tables[name],
                columns=tuple(self.catalogue.tables[name].columns),
            )
            for name in self.manifest.user_tables()
        ]
        for name, said in self.manifest.imported().items():
            if not said.user_columns:
                continue
            shape = self.shapes[name]
            made: sql.Composable | None = None
            difference = self.plan.differences.get(name)
            if difference is not None:
                made = sql.SQL(
                    "EXISTS (SELECT FROM {} AS d WHERE d.seawall_action = 'new' AND {})"
                ).format(difference.identifier, impact.same_row(shape, "d", "t"))
            subjects.append(
                Subject(
                    name=f"{name} (users’ columns)",
                    table=shape.table,
                    columns=(*shape.primary_key, *said.user_columns),
                    left_out=made,
                )
            )
        return subjects

    def _named_rows(self, before: Observation, after: Observation) -> list[tuple[str, str]]:
        """(table, row in words) for what fingerprints and meanings saw change."""
        subjects = [
            subject
            for subject in self._subjects()
            if before.fingerprints[subject.name] != after.fingerprints[subject.name]
        ]
        references = [
            reference
            for reference in self.references
            if before.meanings[reference.label] != after.meanings[reference.label]
        ]
        if not subjects and not references:
            return []
        rows: list[tuple[str, str]] = []
        second = damage.before_image(self.connection, self.url)
        try:
            for subject in subjects:
                rows += [
                    (subject.name, words)
                    for kind, words in damage.differing_rows(subject, self.connection, second)
                    if kind != "added" or not self._may_insert(subject.name)
                ]
            for reference in references:
                rows += [
                    (reference.user_table, words)
                    for words in meanings.changed(
                        self.connection, second, reference, self.shapes, self.catalogue
                    )
                ]
        finally:
            second.close()
        return rows

    def _forbidden_writes(self, before: Observation, after: Observation) -> dict[str, int]:
        """Rows that the counters saw written where the run may not write, by table."""
        if before.counts is None or after.counts is None:
            return {}
        since = after.counts.since(before.counts)
        forbidden: dict[str, int] = {}
        for table, written in since.written.items():
            said = self.manifest.tables.get(table)
            count = since.rewritten[table] if self._may_insert(table) else written
            if count and (said is None or said.owner == "users"):
                forbidden[table] = count
        return forbidden

    def _may_insert(self, table: str) -> bool:
        said = self.manifest.tables.get(table)
        return said is not None and "insert" in said.allow


def _uncounted(count: int, manifest: Manifest, table: str) -> str:
    rows = "1 row" if count == 1 else f"{count} rows"
    if table in manifest.tables:
        return f"the run wrote {rows} and left them as they were"
    return f"the run wrote {rows} of a table that the manifest does not name"
