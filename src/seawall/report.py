"""A run as one JSON object: what ``--json`` prints and the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from seawall.apply import Outcome
from seawall.history.backup import Backup
from seawall.plan import Finding, Plan

Report = dict[str, Any]


def of_outcome(run_id: int, plan: Plan, outcome: Outcome) -> Report:
    """A run that reached its end: done, unchanged or unverified."""
    return {
        **_head(run_id, plan, outcome.outcome),
        "certified": outcome.certified,
        "tables": {name: msgspec.to_builtins(table) for name, table in outcome.tables.items()},
        "examples": _examples(plan),
        "files": _files(plan),
        "users": {name: msgspec.to_builtins(user) for name, user in outcome.users.items()},
        "findings": findings(plan.findings),
        "unverified": list(outcome.unverified),
        "references_checked": outcome.references_checked,
        "proof": outcome.proof,
        "guards": msgspec.to_builtins(outcome.guards),
        "attempts": outcome.attempts,
        "seconds": None,
    }


def of_failure(run_id: int | None, plan: Plan, outcome: str, more: Iterable[Finding]) -> Report:
    """A run that wrote nothing: refused, or failed and rolled back."""
    return {
        **_head(run_id, plan, outcome),
        "certified": False,
        "tables": {
            name: {
                "staged": table.staged,
                "same": table.same,
                "changed": table.changed,
                "new": table.new,
                "vanished": table.vanished,
                "retired": 0,
                "reinstated": 0,
                "deleted": 0,
                "held": table.held,
            }
            for name, table in plan.tables.items()
        },
        "examples": _examples(plan),
        "files": _files(plan),
        "users": {
            name: {
                "rows_before": user.rows,
                "rows_after": user.rows,
                "changed_by_run": 0,
                "orphans": user.orphans,
                "retargeted": user.retargeted,
            }
            for name, user in plan.users.items()
        },
        "findings": findings([*plan.findings, *more]),
        "unverified": [],
        "seconds": None,
    }


def of_backup(backup: Backup | None) -> Report:
    """What a run kept of users' rows before it wrote; nothing where it did not come so far."""
    return {"backup": msgspec.to_builtins(backup)} if backup else {}


def findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON has them."""
    return [
        {
            "check": finding.check,
            "table": finding.table,
            "scope": finding.scope,
            "message": finding.message,
            "why": finding.why,
            "fix": finding.fix,
            "refuses": finding.refuses,
            "accepted": finding.accepted,
            "acceptance": finding.acceptance,
            "hash": finding.hash,
        }
        for finding in found
    ]


def _head(run_id: int | None, plan: Plan, outcome: str) -> Report:
    return {
        "run": run_id,
        "outcome": outcome,
        "feed": plan.feed.feed,
        "as_of": plan.feed.as_of.isoformat() if plan.feed.as_of else None,
        "plan": plan.digest,
        "evidence": plan.feed.evidence,
    }


def _examples(plan: Plan) -> dict[str, Any]:
    return {
        name: msgspec.to_builtins(table.examples)
        for name, table in plan.tables.items()
        if table.examples
    }


def _files(plan: Plan) -> dict[str, Any]:
    return {
        file.file: {
            "read": file.read,
            "used": file.used,
            "repeated": file.repeated,
            "set_aside": file.set_aside,
            "reasons": file.reasons,
            "notes": file.notes,
        }
        for file in plan.files
    }
