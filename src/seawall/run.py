"""Conducts one run: intent → transaction → outcome → what follows. No stage calls another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from seawall import after_commit, checks, ledger, planning, report
from seawall.apply import Apply, Outcome
from seawall.catalog.model import Catalogue
from seawall.catalog.read import read_catalogue
from seawall.difference import DifferenceQuery
from seawall.errors import PlanStale, RunActive, SeawallError
from seawall.history import backup
from seawall.history.backup import Backup
from seawall.history.read_back import BackupFailed
from seawall.ledger import ownership
from seawall.ledger.ledger import Ledger
from seawall.manifest import Manifest
from seawall.match import Matcher
from seawall.naming import shapes
from seawall.plan import Finding, Plan, accepted_subjects
from seawall.references import user_references
from seawall.report import Report
from seawall.staging import Progress
from seawall.verification import UserDamage


class Run:
    """One run of one plan.

    Args:
        connection: to the target; in autocommit.
        url: the same target, for what needs a second connection.
        plan: with the acceptances marked in its findings.
        progress: called with a stage's name and a count, often.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        url: str,
        manifest: Manifest,
        plan: Plan,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._url = url
        self._manifest = manifest
        self._plan = plan
        self._progress = progress
        self._ledger = Ledger(connection)
        self._started = time.monotonic()
        self._run_id = 0
        self._backup: Backup | None = None

    def perform(self) -> Report:
        """Put the intent on record, do what the plan says or nothing, and say how it went.

        Raises:
            RunActive: another run is under way.
            psycopg.Error: the connection broke; the next run closes this one's intent.
        """
        self._ledger.take_lock()
        self._run_id = self._intend()
        if self._plan.refusals:
            return self._close("refused")
        try:
            catalogue = read_catalogue(self._connection)
            self._refuse_stale(catalogue)
            self._backup = backup.take(
                self._connection, self._manifest, catalogue, self._progress, run_id=self._run_id
            )
            outcome, result = self._transaction(catalogue)
        except (SeawallError, psycopg.Error) as error:
            if self._connection.closed:
                raise
            before = isinstance(error, PlanStale | BackupFailed)
            outcome_word = "refused" if before else "failed"
            damage = error.rows if isinstance(error, UserDamage) else ()
            return self._close(outcome_word, [_finding_of(error)], damage)
        except KeyboardInterrupt:
            if not self._connection.closed:
                with suppress(RunActive):  # it came during COMMIT: the outcome is on record
                    self._close("failed", [_INTERRUPTED])
            raise
        try:
            after_commit.follow_up(
                self._connection,
                self._manifest,
                catalogue,
                self._run_id,
                outcome,
                result,
                self._progress,
            )
        except psycopg.Error as error:
            # The run is committed and on record: what follows it must not make it look failed.
            result["findings"] += report.findings([after_commit.incomplete(error)])
        if len(result["findings"]) > len(self._plan.findings):
            with suppress(psycopg.Error):
                self._ledger.amend(self._run_id, result)
        return result

    def _record_fed(self) -> None:
        """Put on record of what the feed spoke: from the next run on its absences count.

        With the outcome, for the one without the other would tell the next run something untrue.
        """
        fed = self._plan.fed
        self._ledger.record_fed(
            self._run_id,
            {(table, scope) for table, said in fed.items() for scope in said.scopes},
            {(table, column) for table, said in fed.items() for column in said.columns},
        )

    def _intend(self) -> int:
        plan = self._plan
        run_id = self._ledger.intend(
            feed=plan.feed.feed,
            as_of=plan.feed.as_of,
            feed_digest=plan.feed.digest,
            plan_digest=plan.digest,
            manifest_digest=plan.manifest_digest,
            catalogue_digest=plan.catalogue_digest,
            who=ledger.who(),
            versions=ledger.versions(self._connection),
            acceptances=accepted_subjects(plan.findings, plan.digest),
            evidence=plan.feed.evidence,
        )
        self._ledger.keep_files(run_id, plan.feed.load_id, _file_rows(plan))
        return run_id

    def _close(
        self, outcome: str, more: Sequence[Finding] = (), damage: Sequence[str] = ()
    ) -> Report:
        """Record a run that wrote nothing."""
        result = report.of_failure(self._run_id, self._plan, outcome, more)
        if damage:
            result["damage"] = list(damage)
        result.update(self._durations() | report.of_backup(self._backup))
        self._ledger.close(self._run_id, outcome, result)
        return result

    def _durations(self) -> Report:
        """How long the run took, its planning included, in seconds."""
        planning_seconds = self._plan.seconds
        applying = round(time.monotonic() - self._started, 3)
        return {
            "seconds": round(planning_seconds + applying, 3),
            "durations": {"planning": planning_seconds, "applying": applying},
        }

    def _refuse_stale(self, catalogue: Catalogue) -> None:
        """Refuse a plan that was made from another manifest or database, or for rows long gone."""
        plan = self._plan
        if plan.manifest_digest != self._manifest.digest:
            raise PlanStale("the manifest changed after the plan was made", fix="Plan again.")
        if plan.catalogue_digest != catalogue.digest:
            raise PlanStale(
                "the database’s structure changed after the plan was made", fix="Plan again."
            )
        if plan.last_run_id != self._ledger.last_run_id():
            raise PlanStale(
                "another feed was loaded after the plan was made",
                why="What is stale, and what may vanish, depends on all that was loaded before.",
                fix="Plan again.",
            )
        stages = [difference.stage for difference in plan.differences.values()]
        present = self._connection.execute(
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
        context = checks.context_of(self._connection, self._manifest, catalogue)
        self._refuse_more_impact(context, catalogue)
        accepted = {(f.subject, f.hash) for f in plan.findings if f.accepted is not None}
        stopping = [
            finding
            for finding in checks.check_schema(context)
            if finding.stops and (finding.subject, finding.hash) not in accepted
        ]
        if stopping:
            raise PlanStale(stopping[0].message, why=stopping[0].why, fix=stopping[0].fix)

    def _refuse_more_impact(self, context: checks.Context, catalogue: Catalogue) -> None:
        """Users may have referred to what vanishes since the plan was made, and nobody decided."""
        known = shapes(self._manifest, catalogue)
        rows = planning.user_rows(context)
        impacts = planning.user_impacts(context, known, self._plan.differences, rows, {})
        accepted = {f.subject for f in self._plan.findings if f.accepted is not None}
        for finding in checks.judge_impact(self._manifest, impacts):
            if finding.subject not in accepted:
                raise PlanStale(finding.message, why=finding.why, fix=finding.fix)

    def _transaction(self, catalogue: Catalogue) -> tuple[Outcome, Report]:
        plan = self._plan
        known = shapes(self._manifest, catalogue)
        coverage = planning.coverage_of(self._connection, self._manifest, known, plan.feed)
        query = DifferenceQuery(
            self._connection, self._manifest, known, plan.feed, coverage, dict(plan.differences)
        )
        ownership.record(self._ledger, self._manifest, catalogue)
        self._ledger.record_catalogue(catalogue)
        result: Report = {}

        def record(outcome: Outcome) -> None:
            result.update(report.of_outcome(self._run_id, plan, outcome))
            result.update(self._durations() | report.of_backup(self._backup))
            self._record_fed()
            self._ledger.close(
                self._run_id,
                outcome.outcome,
                result,
                certified=outcome.certified,
                equal_tables=outcome.equal_tables,
            )

        outcome = Apply(
            self._connection,
            self._url,
            self._manifest,
            catalogue,
            known,
            user_references(self._manifest, catalogue),
            Matcher(query),
            plan,
            self._run_id,
        ).run(record, self._progress)
        return outcome, result


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
    named = getattr(error, "diag", None)
    message, fix = str(error).strip(), "docs/errors.md says what the common ones mean."
    if isinstance(error, psycopg.IntegrityError) and named and named.constraint_name:
        message = (
            f"{named.constraint_name} of {named.table_name} forbids a row of this feed: "
            f"{named.message_detail or named.message_primary}"
        )
        fix = f"Correct the row in the source, or change {named.constraint_name}."
    return Finding(
        check="database-error",
        table=(named and named.table_name) or "",
        message=message,
        why="The database refused a statement of the run; everything was rolled back.",
        fix=fix,
        acceptable=False,
    )
