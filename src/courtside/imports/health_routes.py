"""How users’ rows stand: the newest examination with its age, and a button for a new one."""

from __future__ import annotations

import datetime
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Operator
from courtside.imports import ledger
from courtside.imports.examination import Examination
from courtside.site import pages
from courtside.site.forgery import Form
from seawall import SeawallError

router = APIRouter()

# Somebody waits for the answer that long; then there is a page that follows it.
_WAIT_SECONDS = 8


@router.get("/imports/health")
def health(request: Request, person: Operator) -> Response:
    """What ``seawall health`` said when it was asked last. Looks at no row of users."""
    del person
    kept = request.app.state.examinations
    if pages.wants_fragment(request):
        return pages.page(request, "imports/health_now.html", under_way=kept.under_way)
    newest: Examination | None = kept.newest
    later = None
    if newest:
        with request.app.state.database.connected() as connection:
            later = _later_run(ledger.runs(connection, 1), newest)
    return pages.page(
        request,
        "imports/health.html",
        newest=newest,
        seen=newest.seen if newest else None,
        age=_age(newest.began_at) if newest else "",
        later=later,
        under_way=kept.under_way,
        problem=_problem(kept.error),
        local=request.app.state.clock.local,
    )


@router.post("/imports/health")
def examine(request: Request, person: Operator, form: Form) -> Response:
    """Look at every row of users now. Reads alone."""
    del person, form
    request.app.state.examinations.examine(timeout_seconds=_WAIT_SECONDS)
    return pages.go_to("/imports/health")


def _later_run(latest: list[dict[str, Any]], newest: Examination) -> int | None:
    """The run that began or ended after the examination did; None where none did."""
    if not latest:
        return None
    row, then = latest[0], newest.seen.last_run
    is_same = then is not None and (then.run, then.outcome) == (row["id"], row["outcome"])
    return None if is_same else row["id"]


def _age(began_at: datetime.datetime) -> str:
    seconds = int((datetime.datetime.now(datetime.UTC) - began_at).total_seconds())
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{seconds // size} {word}{'s' if seconds >= 2 * size else ''} ago"
    return "less than a minute ago"


def _problem(error: BaseException | None) -> str | None:
    """Why the latest examination told nothing."""
    if error is None:
        return None
    structlog.get_logger("courtside").warning("examination", error=type(error).__name__)
    said = f"{error.what}. {error.fix}" if isinstance(error, SeawallError) else "It broke off."
    return f"The latest examination did not come to its end: {said}"
