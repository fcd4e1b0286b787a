"""Conducts the one transaction: lock, re-check, merge, verify, certify, record.

The order of its first statements matters: BEGIN, SET LOCAL and LOCK take no snapshot, so what
follows sees everything that was committed before the locks were granted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import errors as pg
from psycopg import sql

from seawall import impact, merge, recall, row_versions
from seawall.catalog.model import Catalogue
from seawall.catalog.read import read_catalogue
from seawall.database import setting_milliseconds
from seawall.errors import PlanStale, SeawallError
from seawall.ledger.ledger import RUN_LOCK
from seawall.manifest import Manifest
from seawall.match import Matcher
from seawall.naming import Shape
from seawall.plan import Plan
from seawall.references import UserReference
from seawall.row_versions import RowVersions
from seawall.second_match import SecondMatch
from seawall.verification import Observation, Verification
from seawall.witness import certificate, counters, guards
from seawall.witness.guards import Testimony

ATTEMPTS = 6
DEFERRED_ROUNDS = 10


class OutcomeDiffers(SeawallError):
    """The run did not do exactly what its plan said; it was rolled back."""

    code = "outcome-differs"


class UserOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the witnesses say of one user table."""

    rows_before: int
    rows_after: int
    changed_by_run: int
    orphans: int
    retargeted: int


class TableOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did to one imported table."""

    staged: int
    same: int
    changed: int
    new: int
    vanished: int
    retired: int
    reinstated: int
    deleted: int
    held: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the transaction did, and the evidence."""

    outcome: str
    certified: bool
    tables: dict[str, TableOutcome]
    users: dict[str, UserOutcome]
    unverified: tuple[str, ...]
    proof: dict[str, Any]
    guards: Testimony
    attempts: int
    references_checked: int
    equal_tables: dict[str, recall.Equal]
    """Tables that the run leaves equal to the feed; the next run need not look for differences."""


Record = Callable[[Outcome], None]
"""Writes the outcome row, inside the transaction, as its last write."""


class Apply:
    """One run's transaction, with its retries."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        url: str,
        manifest: Manifest,
        catalogue: Catalogue,
        shapes: Mapping[str, Shape],
        references: list[UserReference],
        matcher: Matcher,
        plan: Plan,
        run_id: int,
    ) -> None:
        self._connection = connection
        self._url = url
        self._manifest = manifest
        self._catalogue = catalogue
        self._shapes = shapes
        self._references = references
        self._matcher = matcher
        self._plan = plan
        self._run_id = run_id
        self._order = [name for name in plan.order if name in plan.differences]
        self._identifiers = {name: table.identifier for name, table in catalogue.tables.items()}

    def run(self, record: Record, progress: Callable[[str, int], None]) -> Outcome:
        """Do what the plan says, or nothing.

        Raises:
            PlanStale: something the plan was made from has changed.
            UserDamage: users' rows would have changed.
            GuardRefused: the database itself refused a write to users' rows.
            OutcomeDiffers: a statement wrote another number of rows than planned.
            psycopg.Error: the database refused a statement, also after retries.
        """
        deadlock_milliseconds = setting_milliseconds(self._connection, "deadlock_timeout")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(attempt, deadlock_milliseconds, record, progress)
            except (pg.SerializationFailure, pg.DeadlockDetected, pg.LockNotAvailable):
                self._connection.execute("ROLLBACK")
                if attempt == ATTEMPTS:
                    raise
            except pg.ForeignKeyViolation as error:
                self._connection.execute("ROLLBACK")
                if attempt == ATTEMPTS or not self._is_users(error):
                    raise
            except BaseException as error:
                if not self._connection.closed:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, psycopg.Error) and guards.is_refusal(error):
                    raise guards.GuardRefused(error) from error
                raise
            progress("waiting for users", attempt)
            time.sleep(0.05 * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _is_users(self, error: pg.ForeignKeyViolation) -> bool:
        """A user's new reference stopped our DELETE: match anew and hold the row."""
        named = (error.diag.schema_name, error.diag.table_name)
        users = [self._catalogue.tables[name] for name in self._manifest.user_tables()]
        return named in {(table.schema, table.name) for table in users}

    def _attempt(
        self,
        attempt: int,
        deadlock_milliseconds: int,
        record: Record,
        progress: Callable[[str, int], None],
    ) -> Outcome:
        self._begin(deadlock_milliseconds)
        progress("locked", attempt)
        found = self._refuse_if_stale()
        verification = Verification(
            self._connection,
            self._url,
            self._manifest,
            self._catalogue,
            self._shapes,
            self._references,
            self._plan,
        )
        second_match = SecondMatch(
            self._connection, self._catalogue, self._shapes, self._matcher, self._plan
        )
        before = verification.observe()
        progress("merging", 0)
        written = self._merge(progress)
        self._fire_deferred()
        progress("verifying", 0)
        after = verification.observe(before)
        verification.refuse_damage(before, after)
        unverified = [*second_match.not_as_staged(written), *verification.doubts(before, after)]
        held = self._held()
        certified = certificate.nothing_written(self._connection)
        if not certified and not self._plan.writes:
            unverified.append(
                "certificate: the plan writes nothing, and the transaction has written"
            )
        outcome = self._outcome(written, held, before, after)
        outcome = msgspec.structs.replace(
            outcome,
            outcome="unverified" if unverified else "unchanged" if certified else "done",
            certified=certified,
            unverified=tuple(unverified),
            attempts=attempt,
            equal_tables={}
            if unverified
            else second_match.equal_tables(found, written, _written_since(before, after)),
        )
        record(outcome)
        self._connection.execute("COMMIT")
        return outcome

    def _begin(self, deadlock_milliseconds: int) -> None:
        execute = self._connection.execute
        execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        # Longer than deadlock_timeout, so that autovacuum yields to us; not so long that a user
        # becomes the victim of a deadlock with us.
        execute(
            sql.SQL("SET LOCAL lock_timeout = {}").format(
                sql.Literal(f"{int(deadlock_milliseconds * 1.5)}ms")
            )
        )
        execute(
            "SET LOCAL statement_timeout = 0;"
            " SET LOCAL idle_in_transaction_session_timeout = '5min';"
            " SET LOCAL client_connection_check_interval = '500ms';"
            " SET LOCAL seawall.armed = 'on'"
        )
        execute(merge.lock(self._shapes, self._plan.order))
        execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", [RUN_LOCK])

    def _refuse_if_stale(self) -> RowVersions:
        """Compare with what the plan was made from.

        Returns:
            The versions of all rows now, before the merge.
        """
        if read_catalogue(self._connection).digest != self._plan.catalogue_digest:
            raise PlanStale(
                "the database’s structure changed after the plan was made",
                why="A new trigger or foreign key may reach users’ rows.",
                fix="Plan again.",
            )
        differences = self._matcher.differences
        versions = row_versions.read(self._connection, self._shapes, differences)
        if versions == self._plan.row_versions:
            return versions
        # Somebody wrote imported rows, or they were moved (VACUUM FULL): look at what they say.
        intact = self._plan.row_versions.differences == versions.differences
        for name in self._order:
            if not intact or not self._matcher.still_holds(self._plan.differences[name]):
                raise PlanStale(
                    f"{name} or its staged rows changed after the plan was made",
                    why="The run would do something else than the plan says.",
                    fix="Plan again.",
                )
        return versions

    def _merge(self, progress: Callable[[str, int], None]) -> dict[str, dict[str, int]]:
        """Parents first: insert, update, retire. Then, children first, delete."""
        written: dict[str, dict[str, int]] = {}
        differences = self._plan.differences
        parents = {
            parent.table for shape in self._shapes.values() for parent in shape.parents.values()
        }
        deleting: list[str] = []
        for name in self._order:
            shape, difference = self._shapes[name], differences[name]
            rows = written[name] = {}
            if difference.new:
                user_columns = bool(self._manifest.tables[name].user_columns)
                ids = user_columns or (shape.issues_ids and name in parents)
                if ids:
                    self._connection.execute(merge.issue_ids(shape, difference, differences))
                rows["new"] = self._write(merge.insert(shape, difference, differences, ids=ids))
                if not shape.retired_column and not shape.issues_ids:
                    self._connection.execute(merge.forget_stale_retired(shape, difference))
            if difference.changed:
                statement = merge.update(shape, difference, differences)
                rows["changed"] = self._write(statement) if statement else difference.changed
            if difference.reinstated and not shape.retired_column:
                self._connection.execute(merge.forget_retired(shape, difference))
            if difference.vanished:
                policy = self._plan.tables[name].policy
                if policy == "retire":
                    rows["retired"] = self._write(
                        merge.retire(shape, difference, self._run_id, only_held=False)
                    )
                elif policy == "delete":
                    deleting.append(name)
            progress("merging", sum(sum(each.values()) for each in written.values()))
        for name in reversed(deleting):
            self._delete(name, written[name])
        self._refuse_other_outcome(written)
        return written

    def _delete(self, name: str, rows: dict[str, int]) -> None:
        shape, difference = self._shapes[name], self._plan.differences[name]
        by_users = impact.referenced_by_users(shape, self._references, self._identifiers)
        others = {
            table: identifier
            for table, identifier in self._identifiers.items()
            if table not in self._manifest.user_tables()
        }
        by_others = impact.referenced_by_other(
            self._catalogue.foreign_keys, shape, others, leaving={}, arriving={}
        )
        impact.mark_held(
            self._connection,
            shape,
            difference,
            sql.SQL("({} OR {})").format(by_users, by_others),
        )
        rows["retired"] = self._write(merge.retire(shape, difference, self._run_id, only_held=True))
        rows["deleted"] = self._write(merge.delete(shape, difference))

    def _write(self, statement: sql.Composed) -> int:
        return self._connection.execute(statement).rowcount

    def _refuse_other_outcome(self, written: Mapping[str, Mapping[str, int]]) -> None:
        """Compare with the plan; only *delete → held* may differ, and only that way."""
        for name, rows in written.items():
            planned = self._plan.tables[name]
            retired, deleted = rows.get("retired", 0), rows.get("deleted", 0)
            fits = (
                rows.get("new", 0) == planned.new
                and rows.get("changed", 0) == planned.changed
                and retired + deleted == planned.retire + planned.delete
                and deleted <= planned.delete
            )
            if not fits:
                raise OutcomeDiffers(
                    f"{name}: the plan said {planned.changed} changed, {planned.new} new, "
                    f"{planned.retire} retired, {planned.delete} deleted; the database reported "
                    f"{dict(rows)}; it was rolled back",
                    why="A rule or trigger on the table swallows or adds writes.",
                    fix=f"Look at the rules and triggers of {name}, then plan again.",
                )

    def _fire_deferred(self) -> None:
        """Let deferred triggers act now, also those that defer further ones, before witnesses look.

        Raises:
            OutcomeDiffers: they never come to rest.
        """
        if certificate.nothing_written(self._connection):
            return
        last = None
        for _ in range(DEFERRED_ROUNDS):
            self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            counts = counters.read(self._connection, self._catalogue)
            if counts is not None and counts == last:
                return
            last = counts
        if last is not None:
            raise OutcomeDiffers(
                f"deferred triggers still write after {DEFERRED_ROUNDS} rounds; it was rolled back",
                why="What they do at COMMIT no witness would see.",
                fix="Look at the deferred constraint triggers of the imported tables.",
            )

    def _held(self) -> dict[str, int]:
        """Count rows that the feed lacks, now or since an earlier run, and users refer to."""
        counts: dict[str, int] = {}
        for name, shape in self._shapes.items():
            difference = self._plan.differences.get(name)
            counts[name] = impact.count_held(
                self._connection, shape, difference, self._references, self._identifiers
            )
        return counts

    def _outcome(
        self,
        written: Mapping[str, Mapping[str, int]],
        held: Mapping[str, int],
        before: Observation,
        after: Observation,
    ) -> Outcome:
        counts = _written_since(before, after)
        means = after.meanings
        tables = {
            name: TableOutcome(
                staged=self._plan.differences[name].staged,
                same=self._plan.differences[name].same,
                changed=written[name].get("changed", 0),
                new=written[name].get("new", 0),
                vanished=self._plan.differences[name].vanished,
                retired=written[name].get("retired", 0),
                reinstated=self._plan.differences[name].reinstated,
                deleted=written[name].get("deleted", 0),
                held=held[name],
            )
            for name in self._order
        }
        users = {}
        for name in self._manifest.user_tables():
            mine = [r.label for r in self._references if r.user_table == name]
            users[name] = UserOutcome(
                rows_before=before.fingerprints[name].rows,
                rows_after=after.fingerprints[name].rows,
                changed_by_run=counts[name] if counts is not None else 0,
                orphans=sum(means[label].orphans for label in mine),
                retargeted=sum(means[label].retargeted for label in mine),
            )
        return Outcome(
            outcome="",
            certified=False,
            tables=tables,
            users=users,
            unverified=(),
            proof={
                "fingerprints": {
                    name: {"before": msgspec.to_builtins(was), "after": msgspec.to_builtins(now)}
                    for name, was, now in (
                        (name, was, after.fingerprints[name])
                        for name, was in before.fingerprints.items()
                    )
                },
                "references": {
                    label: msgspec.to_builtins(meaning) for label, meaning in means.items()
                },
                "counters": counts
                if counts is None
                else {name: counts[name] for name in self._manifest.user_tables()},
            },
            guards=guards.testimony(before.guards, after.guards),
            attempts=0,
            equal_tables={},
            references_checked=sum(meaning.references for meaning in means.values()),
        )


def _written_since(before: Observation, after: Observation) -> Counter[str] | None:
    """Rows written between two observations, by table; None where nobody counted."""
    if before.counts is None or after.counts is None:
        return None
    return after.counts.since(before.counts).written
