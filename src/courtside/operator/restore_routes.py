"""Put one user's rows back from before a run: the plan first, then, with a reason, the restore."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Operator, Person
from courtside.imports import ledger
from courtside.imports.work import PlanIsOld
from courtside.operator import record
from courtside.operator.record import LONGEST_REASON, SQL
from courtside.operator.user_routes import somebody
from courtside.site import pages
from courtside.site.database import Connection
from courtside.site.failures import BadForm, Failure, NotFound
from courtside.site.forgery import Form, whole_number
from seawall import SeawallError

router = APIRouter()

_RUNS_SHOWN = 30
_PLANS_KEPT = 20
# What a user would miss. Roles, passwords and sessions are given anew, never brought back.
_TABLES = ("user_player_associations", "player_availability", "chosen_teams")
_ANSWERS = "player_availability"


class NotRestored(Failure):
    """The engine refused; nothing was put back."""

    status = 409
    title = "Nothing was put back"


@dataclass(frozen=True)
class Waiting:
    """A restore that waits for a decision."""

    plan: Any
    user_id: int
    run_id: int


class WaitingRestores:
    """The latest plans of restores, in memory; after a restart they must be made again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: dict[str, Waiting] = {}

    def add(self, waiting: Waiting) -> None:
        """Keep a plan; the oldest goes where there are too many."""
        with self._lock:
            self._plans[waiting.plan.digest] = waiting
            while len(self._plans) > _PLANS_KEPT:
                del self._plans[next(iter(self._plans))]

    def get(self, digest: str, user_id: int) -> Waiting:
        """The plan with this digest, made for this user.

        Raises:
            PlanIsOld: there is none.
        """
        with self._lock:
            waiting = self._plans.get(digest)
        if waiting is None or waiting.user_id != user_id:
            raise PlanIsOld("This restore was done, or its plan is no longer kept.")
        return waiting

    def take(self, digest: str, user_id: int) -> Waiting:
        """The same, and it is decided now: a second click finds nothing.

        Raises:
            PlanIsOld: there is none.
        """
        waiting = self.get(digest, user_id)
        with self._lock:
            if self._plans.pop(digest, None) is None:
                raise PlanIsOld("This restore was done already.")
        return waiting


@router.get("/users/{user_id:int}/restore")
def choose(request: Request, person: Operator, user_id: int) -> Response:
    """Before which run?"""
    del person
    with request.app.state.database.connected() as connection:
        chosen = somebody(connection, user_id)
        runs = ledger.runs(connection, _RUNS_SHOWN)
    return pages.page(
        request,
        "operator/restore.html",
        chosen=chosen,
        runs=[row for row in runs if _backed_up(row)],
        local=request.app.state.clock.local,
    )


@router.post("/users/{user_id:int}/restore/plan")
def plan(request: Request, person: Operator, user_id: int, form: Form) -> Response:
    """Compare the backup with what stands. Writes nothing."""
    del person
    state = request.app.state
    run_id = whole_number(form.get("run", ""))
    with state.database.connected() as connection:
        somebody(connection, user_id)
    engine = state.imports.engine
    row = engine.run(run_id) if run_id else None
    if row is None or not _backed_up(row):
        raise NotFound("There is no backup of this run.", fix="Choose a run of the list.")
    held = row["report"]["backup"]["tables"]
    try:
        made = engine.plan_restore(
            row["id"],
            tables=[table for table in _TABLES if table in held],
            # A condition in SQL; a whole number is all that comes from outside.
            where=f"user_id = {user_id:d}",
            overwrite_newer=form.get("overwrite") == "yes",
        )
    except SeawallError as error:
        raise _refused(error) from None
    state.restores.add(Waiting(made, user_id, row["id"]))
    return pages.go_to(f"/users/{user_id}/restore/{made.digest}")


@router.get("/users/{user_id:int}/restore/{digest}")
def show_plan(request: Request, person: Operator, user_id: int, digest: str) -> Response:
    """What would be put back, row by row."""
    del person
    return _plan_page(request, request.app.state.restores.get(digest, user_id), problem=None)


@router.post("/users/{user_id:int}/restore/apply")
def apply(request: Request, person: Operator, user_id: int, form: Form) -> Response:
    """Put back what the plan says, in one transaction with its proof; and put it on record."""
    if "plan" not in form:
        raise BadForm
    state = request.app.state
    waiting = state.restores.get(form["plan"], user_id)
    reason = record.reason_of(form)
    if reason is None:
        problem = f"Say why, in at most {LONGEST_REASON} characters: it is kept with the restore."
        return _plan_page(request, waiting, problem=problem, status=422)
    waiting = state.restores.take(form["plan"], user_id)
    with state.database.transaction() as connection:
        chosen = somebody(connection, user_id)
        record.add(
            connection,
            person,
            "restore",
            user_id=user_id,
            plan_digest=waiting.plan.digest,
            reason=reason,
            details={"run": waiting.run_id, "rows": waiting.plan.writes},
        )
    try:
        report = state.imports.engine.restore(waiting.plan)
    except SeawallError as error:
        raise _refused(error) from None
    with state.database.transaction() as connection:
        _tell_history(connection, person, waiting, reason)
    return pages.page(
        request, "operator/restored.html", chosen=chosen, report=report, run_id=waiting.run_id
    )


def _backed_up(row: Any) -> bool:
    return bool(row["report"] and row["report"].get("backup"))


def _refused(error: SeawallError) -> NotRestored:
    return NotRestored(f"{error.what}. {error.why}".strip(), fix=error.fix or None)


def _tell_history(connection: Connection, person: Person, waiting: Waiting, reason: str) -> None:
    """Let the user's own history say which answers were put back, by whom and why.

    Only of answers that read now as the backup had them: what its user wrote meanwhile was kept.
    """
    planned = waiting.plan.tables.get(_ANSWERS)
    written = waiting.plan.keys.get(_ANSWERS, {})
    if planned is None or not written:
        return
    rows = {row.key: row.columns for row in planned.rows if row.key in written}
    ids = [int(key) for key in written]
    for row in connection.execute(SQL["answers_by_id"], [ids]):
        columns = rows.get(str(row.id), {})
        if columns.get("version", (str(row.version), None))[0] != str(row.version):
            continue
        was_there = written[str(row.id)] is not None
        old_status = columns.get("availability_status", (None, row.status if was_there else None))
        old_notes = columns.get("notes", (None, row.notes if was_there else None))
        connection.execute(
            SQL["add_restored_to_history"],
            {
                "user_id": row.user_id,
                "day": row.day,
                "team_id": row.team_id,
                "version": row.version,
                "old_status": None if old_status[1] is None else int(old_status[1]),
                "old_notes": old_notes[1],
                "new_status": row.status,
                "new_notes": row.notes,
                "changed_by": person.user_id,
                "reason": f"put back from before import {waiting.run_id}: {reason}",
            },
        )


def _plan_page(
    request: Request, waiting: Waiting, *, problem: str | None, status: int = 200
) -> Response:
    with request.app.state.database.connected() as connection:
        chosen = somebody(connection, waiting.user_id)
    return pages.page(
        request,
        "operator/restore_plan.html",
        status=status,
        chosen=chosen,
        plan=waiting.plan,
        run_id=waiting.run_id,
        problem=problem,
        longest_reason=LONGEST_REASON,
        local=request.app.state.clock.local,
    )
