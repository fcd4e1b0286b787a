"""Puts rows back as planned, in one transaction, and proves that it wrote these rows alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
from psycopg import errors as pg
from psycopg import sql
from psycopg.types.json import Json, Jsonb

from seawall import ledger, queries
from seawall.catalog.model import Catalogue
from seawall.catalog.read import read_catalogue
from seawall.database import setting_milliseconds
from seawall.errors import ExitCode, PlanStale, SeawallError
from seawall.history import backup
from seawall.history.candidates import Candidates
from seawall.history.past import Past
from seawall.history.proof import Proof, RestoreDiffers
from seawall.history.restore_plan import RestorePlan, find_backup, past_tables
from seawall.history.writing import Writing
from seawall.manifest import Manifest
from seawall.naming import shapes
from seawall.references import user_references

_SQL = queries.load("seawall.history")
ATTEMPTS = 6

# Somebody else was at the same rows: look at them again.
_TRY_AGAIN = (
    pg.SerializationFailure,
    pg.DeadlockDetected,
    pg.LockNotAvailable,
    pg.UniqueViolation,
    pg.ForeignKeyViolation,
)


class RestoreFailed(SeawallError):
    """PostgreSQL refused to take the rows back; nothing was written."""

    code = "restore-failed"


class TableDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did to one table."""

    inserted: int
    overwritten: int
    kept_meanwhile: int
    """Planned, and then written or entered anew by their users before the restore came to them."""


class RestoreReport(msgspec.Struct, frozen=True, kw_only=True):
    """A restore as the ledger keeps it."""

    restore: int
    backup: int
    run: int | None
    outcome: str
    """``done``, or ``unverified`` where a witness could not testify."""
    saved_as: int
    """The backup of what stood before."""
    tables: dict[str, TableDone]
    proof: dict[str, Any]
    unverified: tuple[str, ...]
    attempts: int
    seconds: float

    @property
    def exit_code(self) -> ExitCode:
        """With which code a command ends."""
        return ExitCode.DONE if self.outcome == "done" else ExitCode.UNVERIFIED


class Restore:
    """One restore. The caller holds the run lock."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        manifest: Manifest,
        plan: RestorePlan,
        progress: backup.Progress,
    ) -> None:
        self._connection = connection
        self._manifest = manifest
        self._plan = plan
        self._progress = progress

    def perform(self) -> RestoreReport:
        """Back up what stands, then put back what the plan says; or nothing.

        Raises:
            PlanStale: plan or database are not what they were.
            BackupAltered, BackupFailed, RestoreDiffers, RestoreFailed: nothing was written.
        """
        started = time.monotonic()
        plan = self._plan
        catalogue = read_catalogue(self._connection)
        if plan.digest != plan.compute_digest() or plan.catalogue_digest != catalogue.digest:
            raise PlanStale(
                "the plan or the database’s structure changed after the plan was made",
                fix="Plan the restore again.",
            )
        find_backup(self._connection, None, plan.backup)
        self._connection.execute(_SQL["close_unfinished_restores"])
        saved = backup.take(self._connection, self._manifest, catalogue, self._progress)
        row = self._connection.execute(
            _SQL["intend_restore"],
            {
                "backup_id": plan.backup,
                "saved_as": saved.id,
                "who": Jsonb(ledger.who()),
                "plan_digest": plan.digest,
            },
        ).fetchone()
        assert row is not None
        restore_id: int = row[0]
        try:
            return self._with_retries(catalogue, restore_id, saved.id, started)
        except BaseException as error:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK")
                self._close(restore_id, "failed", {"error": _named(error)})
            if isinstance(error, psycopg.Error) and not self._connection.closed:
                raise RestoreFailed(
                    str(error).strip().splitlines()[0],
                    why="PostgreSQL refused a row. Everything was rolled back.",
                    fix="Mend what the message names, or choose other rows with --where.",
                ) from error
            raise

    def _close(self, restore_id: int, outcome: str, report: Mapping[str, Any]) -> None:
        self._connection.execute(
            _SQL["close_restore"],
            {"restore_id": restore_id, "outcome": outcome, "report": Json(dict(report))},
        )

    def _with_retries(
        self, catalogue: Catalogue, restore_id: int, saved_as: int, started: float
    ) -> RestoreReport:
        self._connection.execute(_SQL["make_candidates"])
        lock_milliseconds = int(setting_milliseconds(self._connection, "deadlock_timeout") * 1.5)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(
                    catalogue, restore_id, saved_as, started, attempt, lock_milliseconds
                )
            except _TRY_AGAIN:
                self._connection.execute("ROLLBACK")
                if attempt == ATTEMPTS:
                    raise
            self._progress("waiting for users", attempt)
            time.sleep(0.05 * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(
        self,
        catalogue: Catalogue,
        restore_id: int,
        saved_as: int,
        started: float,
        attempt: int,
        lock_milliseconds: int,
    ) -> RestoreReport:
        plan = self._plan
        self._begin(lock_milliseconds)
        if read_catalogue(self._connection).digest != plan.catalogue_digest:
            raise PlanStale("the database’s structure changed", fix="Plan the restore again.")
        past, _, _ = past_tables(
            self._connection, self._manifest, catalogue, plan.backup, plan.order
        )
        past = {name: past[name] for name in plan.order}
        self._judge(catalogue, past)
        writing = Writing(self._connection, past, circular=plan.circular)
        writing.decide()
        proof = Proof(self._connection, self._manifest, catalogue, past, writing.actions())
        before = proof.observe()
        self._progress("putting back", sum(len(keys) for keys in plan.keys.values()))
        writing.write()
        self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        said, unverified = proof.compare(before)
        writing.move_sequences()
        report = RestoreReport(
            restore=restore_id,
            backup=plan.backup,
            run=plan.run,
            outcome="unverified" if unverified else "done",
            saved_as=saved_as,
            tables=self._tables(writing),
            proof=said,
            unverified=tuple(unverified),
            attempts=attempt,
            seconds=round(time.monotonic() - started, 3),
        )
        self._close(restore_id, report.outcome, msgspec.to_builtins(report))
        self._connection.execute("COMMIT")
        return report

    def _begin(self, lock_milliseconds: int) -> None:
        execute = self._connection.execute
        execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
        execute(
            sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{lock_milliseconds}ms"))
        )
        execute("SET LOCAL statement_timeout = 0")
        execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")

    def _judge(self, catalogue: Catalogue, past: Mapping[str, Past]) -> None:
        candidates = Candidates(
            self._connection,
            catalogue,
            shapes(self._manifest, catalogue),
            user_references(self._manifest, catalogue),
            past,
            self._plan.backup,
            overwrite_newer=self._plan.overwrite_newer,
        )
        candidates.choose_keys(self._plan.keys)
        candidates.judge()

    def _tables(self, writing: Writing) -> dict[str, TableDone]:
        actions = writing.actions()
        done = {}
        for name, keys in self._plan.keys.items():
            inserted, overwritten = actions[name]
            done[name] = TableDone(
                inserted=inserted,
                overwritten=overwritten,
                kept_meanwhile=len(keys) - inserted - overwritten,
            )
        return done


def _named(error: BaseException) -> str:
    """An error for the ledger, without values of rows."""
    if isinstance(error, RestoreDiffers | SeawallError):
        return error.code
    return type(error).__name__
