"""The record of what operators did. The database refuses to change or remove a line of it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from psycopg.types.json import Jsonb

from courtside.accounts.people import Person
from courtside.site.database import Connection
from seawall import queries

SQL = queries.load("courtside.operator")

Action: TypeAlias = Literal[
    "import",
    "answer",
    "restore",
    "make operator",
    "end operator",
    "name captain",
    "end captain",
    "reset link",
    "end sessions",
]
LONGEST_REASON = 300


def add(
    connection: Connection,
    person: Person,
    action: Action,
    *,
    user_id: int | None = None,
    plan_digest: str | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add a line, in the transaction of what it tells.

    Args:
        user_id: for whom or to whom it was done.
        plan_digest: of the plan that was decided on; the ledger's run has the same.
        details: what else is needed to understand it later; no secrets.
    """
    connection.execute(
        SQL["add_action"],
        {
            "operator_id": person.user_id,
            "action": action,
            "user_id": user_id,
            "plan_digest": plan_digest,
            "reason": reason,
            "details": Jsonb(details or {}),
        },
    )


def reason_of(form: dict[str, str]) -> str | None:
    """The reason that a form gives; None where it gives none, or one too long."""
    reason = " ".join(form.get("reason", "").split())
    return reason if 1 <= len(reason) <= LONGEST_REASON else None
