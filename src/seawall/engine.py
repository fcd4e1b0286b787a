"""The engine: plans and applies reloads, and looks at what they did. The Python API."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from seawall import checks, guarded_run, guards, health, ledger, planning
from seawall.catalog.read import read_catalogue
from seawall.database import arm, connect, connected, wait_for_no_disk
from seawall.errors import UsageError
from seawall.feeds import source
from seawall.history import backup as backups
from seawall.history import forget as forgetting
from seawall.history import restore_plan
from seawall.history.backup import Backup
from seawall.history.forget import ForgetPlan, ForgetReport
from seawall.history.restore import Restore, RestoreReport
from seawall.history.restore_plan import RestorePlan
from seawall.ledger import ownership
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.naming import Shape, shapes
from seawall.open_feed import OpenFeed, open_feed
from seawall.plan import Finding, Plan, accept
from seawall.report import Report
from seawall.run import Run
from seawall.staging import Progress, StagedFeed, Staging, drop_load


def _silent(stage: str, done: int) -> None:
    """Progress for callers who do not watch."""


def recorded_manifest(database: str) -> Manifest | None:
    """The manifest that a database has on record, or None where none was ever used.

    Raises:
        DatabaseError: no connection.
    """
    connection = connect(database)
    try:
        if ledger.installed_version(connection) is None:
            return None
        return Ledger(connection).manifest()
    finally:
        connection.close()


class Engine:
    """Plans and applies reloads of one database.

    Args:
        manifest: who owns what.
        database: libpq URL or connection string of the target.
        progress: called with a stage's name and a count, often.
        forks: a large feed may be read in forked processes. Not for programs with threads of their
            own: one of them may hold a lock that a copy would wait for.

    Raises:
        ManifestError: the manifest accepts a finding of a check that does not exist.
    """

    def __init__(
        self,
        manifest: Manifest,
        database: str,
        *,
        progress: Progress = _silent,
        forks: bool = False,
    ) -> None:
        checks.refuse_misspelt(manifest)
        self.manifest = manifest
        self.database = database
        self._progress = progress
        self._forks = forks

    @contextmanager
    def _connected(self, *, armed: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """A connection, with the ledger installed.

        Args:
            armed: guards refuse whatever it writes in users' rows, from the first statement on: an
                event trigger may act when a feed is staged.
        """
        with connected(self.database) as connection:
            ledger.install(connection)
            if armed:
                arm(connection)
            yield connection

    # ------------------------------------------------------------ check

    def check(self) -> list[Finding]:
        """Judge manifest and database, and put ownership and identity on record.

        Raises:
            DatabaseError: no connection.
        """
        with self._connected() as connection:
            context = checks.context_of(connection, self.manifest, read_catalogue(connection))
            findings = [*checks.check_schema(context), *checks.advise(context)]
            if not any(finding.stops for finding in findings):
                shapes(self.manifest, context.catalogue)
                ownership.record(Ledger(connection), self.manifest, context.catalogue)
            return findings

    # ------------------------------------------------------------ plan

    def open(
        self, directory: Path | str, *, as_of: datetime.date | None = None
    ) -> AbstractContextManager[OpenFeed]:
        """Begin to read a feed, for ``plan`` to take over; in processes of its own if it is large
        and the engine forks.

        Args:
            directory: of files.
            as_of: the day the feed speaks of; by default the date in the directory's name.

        Returns:
            What to pass to ``plan``. The reader ends with the context.
        """
        return open_feed(self.database, self.manifest, Path(directory), as_of, forks=self._forks)

    def plan(
        self,
        feed: Path | str | OpenFeed | None = None,
        *,
        staged_schema: str | None = None,
        as_of: datetime.date | None = None,
    ) -> Plan:
        """Stage a feed and say what a run would do. Writes nothing outside seawall's own schemas.

        Args:
            feed: a directory of files, or one that ``open`` has begun to read; or
            staged_schema: a schema whose tables another tool has filled.
            as_of: the day the feed speaks of; by default the date in the directory's name, and of
                an open feed always its own.

        Raises:
            FeedError, ManifestError, DatabaseError: it cannot be planned at all. What is merely
                dangerous is in ``Plan.findings``.
            PlanStale: another feed was loaded while this one was being read.
        """
        if (feed is None) == (staged_schema is None):
            raise UsageError(
                "name either a feed’s directory or a staged schema",
                fix="seawall plan DIR, or seawall plan --staged SCHEMA",
            )
        if isinstance(feed, Path | str):
            with self.open(feed, as_of=as_of) as opened:
                return self.plan(opened)
        started = time.monotonic() if feed is None else feed.opened_at
        with self._connected(armed=True) as connection:
            wait_for_no_disk(connection)
            catalogue = read_catalogue(connection)
            context = checks.context_of(connection, self.manifest, catalogue)
            findings = checks.check_schema(context)
            if any(finding.stops and not finding.acceptable for finding in findings):
                # Without knowing whose rows are whose there is nothing sensible to stage.
                name = (staged_schema or "") if feed is None else feed.directory
                return planning.refused_plan(self.manifest, catalogue, name, findings)
            known = shapes(self.manifest, catalogue)
            staging = Staging(connection, self.database, known)
            try:
                staged = self._stage(staging, known, feed, staged_schema, as_of)
                plan = planning.make_plan(context, known, staged, findings, started, self._progress)
                if feed is not None:
                    feed.refuse_read_before(plan.last_run_id)
                return plan
            except BaseException:
                if not connection.closed:
                    with suppress(psycopg.Error):
                        connection.execute("ROLLBACK")
                        drop_load(connection, staging.load_id)
                raise

    def _stage(
        self,
        staging: Staging,
        known: Mapping[str, Shape],
        feed: OpenFeed | None,
        staged_schema: str | None,
        as_of: datetime.date | None,
    ) -> StagedFeed:
        if feed is None:
            name = staged_schema or ""
            return staging.adopt(name, feed=name, as_of=as_of, progress=self._progress)
        with source.faults_of_reader(feed.directory):
            columns = source.open_directory(feed.directory, self.manifest, lambda: known).columns
        return staging.stage(
            partial(feed.load, known),
            columns,
            feed=feed.directory.resolve().name,
            as_of=feed.as_of,
            digest=lambda: source.digest_of(feed.directory),
            progress=self._progress,
        )

    # ------------------------------------------------------------ apply

    def apply(self, plan: Plan, *, acceptances: Mapping[str, str] | None = None) -> Report:
        """Do what a plan says, in one transaction; or refuse, and say why.

        Args:
            acceptances: ``CHECK:TABLE[@SCOPE]`` → reason, for this run alone.

        Returns:
            The run's report, as the ledger keeps it; ``outcome`` says how it went.

        Raises:
            RunActive: another run is under way.
            UsageError: an acceptance fits no finding of the plan.
        """
        said = dict(acceptances or {})
        unsaid = [subject for subject, reason in said.items() if not reason.strip()]
        if unsaid:
            raise UsageError(
                f"the acceptance of {', '.join(unsaid)} gives no reason",
                why="Whoever reads the run later must know why it was right.",
                fix="Say in a few words why this finding is no danger.",
            )
        findings, unused = accept(plan.findings, said)
        if unused:
            open_ones = [f.subject for f in findings if f.refuses and f.acceptable]
            raise UsageError(
                f"nothing to accept for {', '.join(unused)}",
                why="An acceptance is for one finding of this plan, by its exact name.",
                fix=f"Findings that can be accepted: {', '.join(open_ones) or 'none'}.",
            )
        plan = msgspec.structs.replace(plan, findings=findings)
        with self._connected(armed=True) as connection:
            result = Run(connection, self.database, self.manifest, plan, self._progress).perform()
            # A refused plan can be applied again, with an acceptance.
            if plan.feed.load_id and result["outcome"] != "refused":
                # What is left of it goes a day later; the run has ended whatever becomes of it.
                with suppress(psycopg.Error):
                    wait_for_no_disk(connection)
                    drop_load(connection, plan.feed.load_id)
            return result

    def discard(self, plan: Plan) -> None:
        """Drop the staging of a plan that nobody will apply."""
        with self._connected() as connection:
            drop_load(connection, plan.feed.load_id)

    # ------------------------------------------------------------ back up, restore, forget

    def backup(self) -> Backup:
        """Keep users’ rows as they are now, without a run, and read them back.

        Raises:
            RunActive: a run is under way.
            BackupFailed: they could not be kept, or do not read back.
        """
        with self._connected() as connection:
            Ledger(connection).take_lock()
            catalogue = read_catalogue(connection)
            return backups.take(connection, self.manifest, catalogue, self._progress)

    def plan_restore(
        self,
        run: int | None = None,
        *,
        backup: int | None = None,
        tables: Sequence[str] = (),
        where: str | None = None,
        overwrite_newer: bool = False,
    ) -> RestorePlan:
        """Compare a backup with the database, row by row. Writes nothing.

        Args:
            run: the run before which the backup was made; or
            backup: the backup’s own number.
            tables: which tables; all that the backup holds where none is named.
            where: a condition in SQL on the rows of the backup.
            overwrite_newer: also put back rows that were changed since.

        Raises:
            UsageError: there is no such backup or table, or the condition is none.
            BackupAltered: the backup does not say what it said when it was read back.
        """
        with self._connected() as connection:
            return restore_plan.make(
                connection,
                self.manifest,
                read_catalogue(connection),
                run=run,
                backup=backup,
                tables=tables,
                where=where,
                overwrite_newer=overwrite_newer,
            )

    def restore(self, plan: RestorePlan) -> RestoreReport:
        """Put back what a plan says, in one transaction, with a proof; or nothing.

        Raises:
            RunActive: a run is under way.
            PlanStale: the database’s structure changed after the plan was made.
            BackupAltered, BackupFailed, RestoreDiffers, RestoreFailed: nothing was put back.
        """
        with self._connected() as connection:
            Ledger(connection).take_lock()
            return Restore(connection, self.manifest, plan, self._progress).perform()

    def plan_forget(self, table: str, where: str) -> ForgetPlan:
        """Find rows of the history for which a condition held in any version. Writes nothing.

        Raises:
            UsageError: the history has no such table, or the condition is none.
        """
        with self._connected() as connection:
            catalogue = read_catalogue(connection)
            return forgetting.make_plan(connection, self.manifest, catalogue, table, where)

    def forget(self, plan: ForgetPlan) -> ForgetReport:
        """Take rows out of the history, with all their versions. Live tables are not touched.

        Raises:
            RunActive: a run is under way.
        """
        with self._connected() as connection:
            Ledger(connection).take_lock()
            return forgetting.perform(connection, plan)

    # ------------------------------------------------------------ look

    def runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        with self._connected() as connection:
            return Ledger(connection).runs(limit)

    def run(self, run_id: int) -> dict[str, Any] | None:
        """One run with all that the ledger keeps, or None."""
        with self._connected() as connection:
            return Ledger(connection).run(run_id)

    def set_aside(self, run_id: int) -> list[dict[str, Any]]:
        """Records that a run set aside, with file, position, reason and the record itself."""
        with self._connected() as connection:
            return Ledger(connection).set_aside(run_id)

    def health(self) -> health.Health:
        """How users' rows stand now."""
        with self._connected() as connection:
            return health.examine(connection, self.manifest, read_catalogue(connection))

    # ------------------------------------------------------------ guards

    def install_guards(self) -> guards.Changes:
        """Put up every guard that should stand and does not. DDL; changes no row."""
        with self._connected() as connection:
            return guards.install(connection, self.manifest, read_catalogue(connection))

    def guards_status(self) -> guards.Status:
        """How every guard stands."""
        with self._connected() as connection:
            return guards.read_status(connection, self.manifest, read_catalogue(connection))

    def remove_guards(self) -> guards.Changes:
        """Take away every guard, and what is on record of them."""
        with self._connected() as connection:
            return guards.remove(connection)

    def run_guarded(
        self, command: Sequence[str], *, output_to_errors: bool = False
    ) -> guarded_run.GuardedRun:
        """Run a command with the guards armed, and say what it did to users' rows.

        Args:
            output_to_errors: the command's standard output goes to standard error.

        Raises:
            UsageError: the command cannot be started.
        """
        with self._connected() as connection:
            return guarded_run.run(
                connection,
                self.database,
                self.manifest,
                read_catalogue(connection),
                command,
                output_to_errors=output_to_errors,
            )
