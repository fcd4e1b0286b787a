"""The plan: what a run would do, as frozen data, sealed by a digest. No I/O but its own file."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from seawall.accounts import FileAccount
from seawall.coverage import Fed
from seawall.difference import Difference
from seawall.errors import PlanError
from seawall.manifest import Acceptance
from seawall.row_versions import RowVersions
from seawall.staging import StagedFeed

FORMAT = 1

AcceptanceKind = Literal["", "once", "standing"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. A refusal stops the run unless a person accepts it."""

    check: str
    table: str
    scope: str = ""
    message: str
    why: str = ""
    fix: str = ""
    refuses: bool = True
    acceptable: bool = True
    """False where no acceptance can make it right."""
    accepted: str | None = None
    """The reason that was given with an acceptance."""
    acceptance: AcceptanceKind = ""
    """Whether it was accepted for this run alone, or stands in the manifest."""
    hash: str = ""
    """What the finding is about, word for word: an acceptance in the manifest must carry it, so
    that something else is asked about again."""

    @property
    def subject(self) -> str:
        """What ``--accept`` calls it: ``CHECK:TABLE[@SCOPE]``."""
        return f"{self.check}:{self.table}" + (f"@{self.scope}" if self.scope else "")

    @property
    def stops(self) -> bool:
        """The run must not go on."""
        return self.refuses and self.accepted is None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An example of what happens to one row."""

    action: str
    key: str
    columns: dict[str, tuple[str | None, str | None]]
    """Column → (before, after), as text."""


class TablePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one imported table."""

    staged: int
    same: int
    changed: int
    new: int
    vanished: int
    reinstated: int
    retire: int
    delete: int
    held: int
    """Rows that the feed lacks and users refer to; they stay whatever the policy."""
    policy: str
    unresolved: dict[str, int]
    not_judged: dict[str, list[str]]
    """Scope → kinds of file missing from this feed, because of which no absence counts there."""
    examples: tuple[Change, ...]


class UserImpact(msgspec.Struct, frozen=True, kw_only=True):
    """What a run means for one user table, whose rows it does not write."""

    rows: int
    orphans: int
    """References that point at nothing, before the run."""
    retargeted: int
    """References behind which another key stands than was once recorded."""
    vanishing: dict[str, int]
    """Reference → users' rows whose imported row vanishes in this run (it is kept for them)."""
    affected_rows: int
    """Rows of which at least one reference's row would be retired by this run."""
    affected_users: int | None
    """Users whose rows these are; None where no reference to the users' table tells."""
    moved: dict[str, int]
    """Reference → users' rows that would mean another row, or none, after this run."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a person needs to decide, and everything apply needs to do exactly that."""

    format: int = FORMAT
    seawall: str
    made_at: datetime.datetime
    seconds: float
    """How long it took: reading, staging, matching, judging."""
    feed: StagedFeed
    files: tuple[FileAccount, ...]
    manifest_digest: str
    catalogue_digest: str
    database: tuple[str, str]
    last_run_id: int
    """The last run that had been applied when the plan was made; 0 where there was none."""
    order: tuple[str, ...]
    differences: dict[str, Difference]
    row_versions: RowVersions
    """Tells whether imported rows were written since."""
    tables: dict[str, TablePlan]
    users: dict[str, UserImpact]
    fed: dict[str, Fed]
    """What the feed says of each table that it carries."""
    findings: tuple[Finding, ...]
    digest: str = ""

    @property
    def refusals(self) -> list[Finding]:
        """Findings that stop the run as things stand."""
        return [finding for finding in self.findings if finding.stops]

    @property
    def writes(self) -> int:
        """Rows that the run would write; 0 means the feed says what the database says."""
        return sum(t.changed + t.new + t.retire + t.delete for t in self.tables.values())

    def sealed(self) -> Plan:
        """The same plan with its digest: SHA-256 of its JSON without the digest."""
        return msgspec.structs.replace(self, digest=self._compute_digest())

    def _compute_digest(self) -> str:
        bare = msgspec.structs.replace(self, digest="")
        return hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()

    def to_json(self) -> bytes:
        """The plan as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    def save(self, path: Path) -> None:
        """Write the plan to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.to_json())

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read a plan from a file.

        Raises:
            PlanError: no plan, one of another format, or one that was changed after sealing.
        """
        try:
            data: Any = msgspec.json.decode(path.read_bytes())
            if not isinstance(data, dict) or data.get("format") != FORMAT:
                raise PlanError(
                    f"{path} is no plan of this seawall (format {FORMAT})",
                    fix="Plan again: seawall plan FEED.",
                )
            plan = msgspec.convert(data, cls)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise PlanError(
                f"cannot read the plan {path}: {error}", fix="Plan again: seawall plan FEED."
            ) from None
        if plan._compute_digest() != plan.digest:
            raise PlanError(
                f"the plan {path} was changed after it was made",
                why="Its digest no longer fits its content, so nobody decided on what it says.",
                fix="Plan again: seawall plan FEED.",
            )
        return plan


def accept(
    findings: tuple[Finding, ...], acceptances: dict[str, str]
) -> tuple[tuple[Finding, ...], list[str]]:
    """Mark findings as accepted for one run.

    Args:
        acceptances: ``CHECK:TABLE[@SCOPE]`` → reason.

    Returns:
        The findings, and the subjects that matched nothing.
    """
    used: set[str] = set()
    marked = []
    for finding in findings:
        reason = acceptances.get(finding.subject)
        if reason is not None and finding.refuses and finding.acceptable:
            used.add(finding.subject)
            finding = msgspec.structs.replace(finding, accepted=reason, acceptance="once")
        marked.append(finding)
    return tuple(marked), [subject for subject in acceptances if subject not in used]


def accept_standing(
    findings: Sequence[Finding], standing: Sequence[Acceptance], today: datetime.date
) -> tuple[Finding, ...]:
    """Mark findings that the manifest accepts; one that fits no finding does nothing.

    Args:
        today: an acceptance holds up to its last day.
    """
    said = {each.finding: each for each in standing if each.until is None or today <= each.until}
    marked = []
    for finding in findings:
        each = said.get(finding.subject)
        if each is not None and finding.refuses and finding.acceptable:
            if each.hash == finding.hash:
                finding = msgspec.structs.replace(
                    finding, accepted=each.reason, acceptance="standing"
                )
            else:
                other = f"of the hash {each.hash}" if each.hash else "without a hash"
                finding = msgspec.structs.replace(
                    finding,
                    message=f"{finding.message}; the manifest’s acceptance is for another one, "
                    f"{other}",
                )
        marked.append(finding)
    return tuple(marked)


def accepted_subjects(findings: Sequence[Finding], plan_digest: str) -> dict[str, dict[str, str]]:
    """What was accepted, for the ledger: subject → kind, reason, and what it is bound to."""
    return {
        finding.subject: {
            "kind": finding.acceptance,
            "reason": finding.accepted,
            **({"plan": plan_digest} if finding.acceptance == "once" else {}),
            **({"hash": finding.hash} if finding.hash else {}),
        }
        for finding in findings
        if finding.accepted is not None
    }
