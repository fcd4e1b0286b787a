"""The conductor: knows the order of the stages. No stage calls another one."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from seawall import after_commit, checks, health, ledger, planning, report
from seawall.apply import Apply, Outcome
from seawall.catalog.model import Catalogue
from seawall.catalog.read import read_catalogue
from seawall.database import connect
from seawall.errors import DatabaseError, PlanStale, SeawallError, UsageError
from seawall.feeds import source
from seawall.feeds.reading import ReadContext
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.match import Matcher
from seawall.naming import Shape, as_staged, shapes
from seawall.plan import Finding, Plan, accept
from seawall.references import protected, user_references
from seawall.report import Report
from seawall.staging import Progress, StagedFeed, Staging, drop_load
from seawall.verification import UserDamage


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
    """

    def __init__(self, manifest: Manifest, database: str, *, progress: Progress = _silent) -> None:
        self.manifest = manifest
        self.database = database
        self._progress = progress

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        connection = connect(self.database)
        try:
            ledger.install(connection)
            yield connection
        except psycopg.Error as error:
            raise DatabaseError(
                str(error).strip().splitlines()[0],
                why="The database refused a statement, or the connection broke. A run is one "
                "transaction: what did not commit left nothing.",
                fix="docs/errors.md says what the common ones mean; “seawall runs” what happened.",
            ) from error
        finally:
            connection.close()

    # ------------------------------------------------------------ check

    def check(self) -> list[Finding]:
        """Judge manifest and database, and put ownership and identity on record.

        Raises:
            DatabaseError: no connection.
        """
        with self._connected() as connection:
            context = self._context(connection, read_catalogue(connection))
            findings = checks.check_schema(context)
            if not any(finding.stops for finding in findings):
                shapes(self.manifest, context.catalogue)
                self._record_ownership(Ledger(connection), context.catalogue)
            return findings

    def _record_ownership(self, book: Ledger, catalogue: Catalogue) -> None:
        said = self.manifest.database
        book.record_identity(said.name, said.environment)
        book.record_manifest(self.manifest)
        book.record_ownership({name: t.owner for name, t in self.manifest.tables.items()})
        declared = [r for r in user_references(self.manifest, catalogue) if r.soft]
        book.protect_columns(sorted(protected(self.manifest, declared)))

    def _context(
        self,
        connection: psycopg.Connection[Any],
        catalogue: Catalogue,
        facts: checks.FeedFacts | None = None,
    ) -> checks.Context:
        book = Ledger(connection)
        return checks.Context(
            connection=connection,
            manifest=self.manifest,
            catalogue=catalogue,
            references=user_references(self.manifest, catalogue),
            recorded_owners=book.ownership(),
            recorded_columns=book.protected_columns(),
            recorded_identity=book.identity(),
            facts=facts,
        )

    # ------------------------------------------------------------ plan

    def plan(
        self,
        feed: Path | str | None = None,
        *,
        staged_schema: str | None = None,
        as_of: datetime.date | None = None,
    ) -> Plan:
        """Stage a feed and say what a run would do. Writes nothing outside seawall's own schemas.

        Args:
            feed: a directory of files; or
            staged_schema: a schema whose tables another tool has filled.
            as_of: the day the feed speaks of; by default the date in the directory's name.

        Raises:
            FeedError, ManifestError, DatabaseError: it cannot be planned at all. What is merely
                dangerous is in ``Plan.findings``.
        """
        if (feed is None) == (staged_schema is None):
            raise UsageError(
                "name either a feed’s directory or a staged schema",
                fix="seawall plan DIR, or seawall plan --staged SCHEMA",
            )
        started = time.monotonic()
        with self._connected() as connection:
            catalogue = read_catalogue(connection)
            context = self._context(connection, catalogue)
            findings = checks.check_schema(context)
            if any(finding.stops for finding in findings):
                # Without knowing whose rows are whose there is nothing sensible to stage.
                return planning.refused_plan(
                    self.manifest, catalogue, feed or staged_schema or "", findings
                )
            known = shapes(self.manifest, catalogue)
            staging = Staging(connection, known)
            try:
                staged = self._stage(staging, known, feed, staged_schema, as_of)
                return planning.make_plan(context, known, staged, findings, started, self._progress)
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
        feed: Path | str | None,
        staged_schema: str | None,
        as_of: datetime.date | None,
    ) -> StagedFeed:
        if staged_schema is not None:
            return staging.adopt(
                staged_schema, feed=staged_schema, as_of=as_of, progress=self._progress
            )
        directory = Path(feed or "")
        reader = source.open_directory(directory, self.manifest, known)
        with self._connected() as second:
            context = ReadContext(
                directory=directory,
                known=_KnownRows(second, known),
                previous_evidence=Ledger(second).last_evidence(),
                as_of=as_of or source.day_of(directory),
            )
            return staging.stage(
                source.items(reader, context),
                reader.columns,
                feed=directory.resolve().name,
                as_of=context.as_of,
                digest=source.digest_of(directory),
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
        started = time.monotonic()
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
        with self._connected() as connection:
            book = Ledger(connection)
            book.take_lock()
            run_id = book.intend(
                feed=plan.feed.feed,
                as_of=plan.feed.as_of,
                feed_digest=plan.feed.digest,
                plan_digest=plan.digest,
                manifest_digest=plan.manifest_digest,
                catalogue_digest=plan.catalogue_digest,
                who=ledger.who(),
                versions=ledger.versions(connection),
                acceptances=said,
                evidence=plan.feed.evidence,
            )
            book.keep_files(run_id, plan.feed.load_id, _file_rows(plan))
            result = self._apply_intended(connection, book, plan, run_id, started)
            # A refused plan can be applied again, with an acceptance.
            if plan.feed.load_id and result["outcome"] != "refused":
                drop_load(connection, plan.feed.load_id)
            return result

    def _apply_intended(
        self,
        connection: psycopg.Connection[Any],
        book: Ledger,
        plan: Plan,
        run_id: int,
        started: float,
    ) -> Report:
        def close(outcome: str, more: Sequence[Finding] = (), damage: Sequence[str] = ()) -> Report:
            result = report.of_failure(run_id, plan, outcome, more)
            if damage:
                result["damage"] = list(damage)
            result.update(_durations(plan, started))
            book.close(run_id, outcome, result)
            return result

        if plan.refusals:
            return close("refused")
        try:
            catalogue = read_catalogue(connection)
            self._refuse_stale(connection, book, plan, catalogue)
            outcome, result = self._transaction(connection, book, plan, run_id, started, catalogue)
        except (SeawallError, psycopg.Error) as error:
            if connection.closed:
                raise
            outcome_word = "refused" if isinstance(error, PlanStale) else "failed"
            damage = error.rows if isinstance(error, UserDamage) else ()
            return close(outcome_word, [_finding_of(error)], damage)
        except KeyboardInterrupt:
            if not connection.closed:
                close("failed", [_INTERRUPTED])
            raise
        try:
            after_commit.follow_up(
                connection, self.manifest, catalogue, run_id, outcome, result, self._progress
            )
        except psycopg.Error as error:
            # The run is committed and on record: what follows it must not make it look failed.
            result["findings"] += report.findings([after_commit.incomplete(error)])
        if len(result["findings"]) > len(plan.findings):
            book.amend(run_id, result)
        return result

    def _refuse_stale(
        self,
        connection: psycopg.Connection[Any],
        book: Ledger,
        plan: Plan,
        catalogue: Catalogue,
    ) -> None:
        """Refuse a plan that was made from another manifest or database, or for rows long gone."""
        if plan.manifest_digest != self.manifest.digest:
            raise PlanStale("the manifest changed after the plan was made", fix="Plan again.")
        if plan.catalogue_digest != catalogue.digest:
            raise PlanStale(
                "the database’s structure changed after the plan was made", fix="Plan again."
            )
        if plan.last_run_id != book.last_run_id():
            raise PlanStale(
                "another feed was loaded after the plan was made",
                why="What is stale, and what may vanish, depends on all that was loaded before.",
                fix="Plan again.",
            )
        stages = [difference.stage for difference in plan.differences.values()]
        present = connection.execute(
            "SELECT (SELECT count(*) FROM seawall_stage.loads WHERE load_id = %s),"
            " (SELECT count(*) FROM pg_catalog.pg_tables"
            "  WHERE schemaname = 'seawall_stage' AND tablename = ANY (%s))",
            [plan.feed.load_id, stages],
        ).fetchone()
        if present != (1, len(stages)):
            raise PlanStale(
                "the plan’s staged rows are gone",
                why="A plan is applied once, and its staging is kept for a day.",
                fix="Plan again.",
            )
        stopping = [
            finding
            for finding in checks.check_schema(self._context(connection, catalogue))
            if finding.stops
        ]
        if stopping:
            raise PlanStale(stopping[0].message, why=stopping[0].why, fix=stopping[0].fix)

    def _transaction(
        self,
        connection: psycopg.Connection[Any],
        book: Ledger,
        plan: Plan,
        run_id: int,
        started: float,
        catalogue: Catalogue,
    ) -> tuple[Outcome, Report]:
        known = shapes(self.manifest, catalogue)
        matcher = Matcher(
            connection,
            self.manifest,
            known,
            plan.feed,
            planning.coverage_of(connection, self.manifest, known, plan.feed),
        )
        matcher.differences.update(plan.differences)
        self._record_ownership(book, catalogue)
        result: Report = {}

        def record(outcome: Outcome) -> None:
            result.update(report.of_outcome(run_id, plan, outcome))
            result.update(_durations(plan, started))
            book.close(run_id, outcome.outcome, result, certified=outcome.certified)

        outcome = Apply(
            connection,
            self.database,
            self.manifest,
            catalogue,
            known,
            user_references(self.manifest, catalogue),
            matcher,
            plan,
            run_id,
        ).run(record, self._progress)
        return outcome, result

    def discard(self, plan: Plan) -> None:
        """Drop the staging of a plan that nobody will apply."""
        with self._connected() as connection:
            drop_load(connection, plan.feed.load_id)

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
            catalogue = read_catalogue(connection)
            return health.examine(
                connection, self.manifest, catalogue, shapes(self.manifest, catalogue)
            )


class _KnownRows:
    """Rows of the database in the feed's words, for readers."""

    def __init__(self, connection: psycopg.Connection[Any], known: Mapping[str, Shape]) -> None:
        self._connection = connection
        self._shapes = dict(known)

    def __call__(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        statement = as_staged(table, tuple(columns), self._shapes)
        with (
            self._connection.transaction(),
            self._connection.cursor(name="seawall_known") as cursor,
        ):
            cursor.itersize = 5000
            yield from cursor.execute(statement)


def _file_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    for file in plan.files:
        yield {
            "file": file.file,
            "scope": file.scope,
            "kind": file.kind,
            "read": file.read,
            "used": file.used,
            "repeated": file.repeated,
            "set_aside": file.set_aside,
            "notes": file.notes,
        }


def _durations(plan: Plan, started: float) -> Report:
    """How long the run took, its planning included, in seconds."""
    applying = round(time.monotonic() - started, 3)
    return {
        "seconds": round(plan.seconds + applying, 3),
        "durations": {"planning": plan.seconds, "applying": applying},
    }


_INTERRUPTED = Finding(
    check="run-interrupted",
    table="",
    message="somebody interrupted the run; nothing of it is in the database",
    fix="Run it again.",
    acceptable=False,
)


def _finding_of(error: Exception) -> Finding:
    """What went wrong, as a finding that the ledger keeps."""
    if isinstance(error, SeawallError):
        return Finding(
            check=error.code,
            table=", ".join(getattr(error, "tables", [])),
            message=error.what,
            why=error.why,
            fix=error.fix,
            acceptable=False,
        )
    return Finding(
        check="database-error",
        table="",
        message=str(error).strip(),
        why="The database refused a statement of the run; everything was rolled back.",
        fix="docs/errors.md says what the common ones mean.",
        acceptable=False,
    )
