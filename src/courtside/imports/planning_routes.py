"""A new import: plan a scrape, look at the plan, decide, run. The same engine as everywhere."""

from __future__ import annotations

import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Operator, Person
from courtside.imports import scrapes
from courtside.imports.run_routes import FINDINGS_SHOWN
from courtside.imports.work import Job, Pending
from courtside.operator import record
from courtside.site import pages
from courtside.site.failures import BadForm, Broken, Failure, NotFound
from courtside.site.forgery import Form
from seawall import SeawallError

router = APIRouter()

# Somebody waits for the answer that long; then there is a page that says how far it is.
_WAIT_SECONDS = 8
_LONGEST_REASON = 500
# A form has few fields; a feed with more refusals than this is looked at with the command line.
MOST_ACCEPTANCES = 15


@router.post("/imports/plan")
def plan(request: Request, person: Operator, form: Form) -> Response:
    """Plan one of the directories that the configuration allows. Nothing of ours is written."""
    del person
    state = request.app.state
    scrape = scrapes.chosen(state.configuration.import_roots, form.get("scrape", ""))
    if scrape is None:
        raise NotFound(
            "This directory may not be imported, or is not there any more.",
            fix="Choose one from the list on the page of imports.",
        )
    return _wait(request, state.imports.start_plan(scrape, _day(form.get("as_of", ""))))


@router.get("/imports/now")
def now(request: Request, person: Operator) -> Response:
    """How far it is; the result as soon as it is there."""
    del person
    imports = request.app.state.imports
    job = imports.job
    if job is None:
        return pages.go_to("/imports")
    if job.is_done and not pages.wants_fragment(request):
        return _result(request, job)
    return pages.page(
        request, "imports/now_part.html" if pages.wants_fragment(request) else "imports/now.html",
        job=job,
    )  # fmt: skip


@router.get("/imports/plan/{digest}")
def show_plan(request: Request, person: Operator, digest: str) -> Response:
    """What a run would do, exactly."""
    del person
    return _plan_page(request, request.app.state.imports.pending(digest), said={}, problem=None)


@router.post("/imports/apply")
def apply(request: Request, person: Operator, form: Form) -> Response:
    """Do what the plan says that the form was made from, and no other."""
    imports = request.app.state.imports
    digest = form.get("plan", "")
    pending: Pending = imports.pending(digest)
    acceptances = {}
    open_refusals = pending.plan.refusals
    problem = None
    for number, finding in enumerate(_acceptable(pending)):
        reason = " ".join(form.get(f"reason-{number}", "").split())
        if form.get(f"accept-{number}") != finding.subject:
            continue
        if not 1 <= len(reason) <= _LONGEST_REASON:
            problem = (
                f"Say why {finding.subject} may be accepted; whoever reads the run later must know."
            )
        acceptances[finding.subject] = reason
        open_refusals = [one for one in open_refusals if one.subject != finding.subject]
    if problem is None and open_refusals:
        named = ", ".join(sorted({finding.subject for finding in open_refusals})[:3])
        problem = f"Nothing was written: this still stops the import: {named}."
    if problem:
        return _plan_page(request, pending, said=form, problem=problem, status=422)
    job = imports.start_apply(
        digest, acceptances, lambda decided: _put_on_record(request, person, decided, acceptances)
    )
    return _wait(request, job)


@router.post("/imports/discard")
def discard(request: Request, person: Operator, form: Form) -> Response:
    """Give up the plan."""
    del person
    request.app.state.imports.discard(form.get("plan", ""))
    return pages.go_to("/imports")


def _put_on_record(
    request: Request, person: Person, pending: Pending, acceptances: dict[str, str]
) -> None:
    with request.app.state.database.transaction() as connection:
        record.add(
            connection,
            person,
            "import",
            plan_digest=pending.plan.digest,
            reason="; ".join(acceptances.values()) or None,
            details={"feed": pending.scrape.label, "accepted": list(acceptances)},
        )


def _wait(request: Request, job: Job) -> Response:
    if not request.app.state.imports.wait(job, timeout_seconds=_WAIT_SECONDS):
        return pages.go_to("/imports/now")
    if job.error:
        return pages.go_to("/imports/now")
    return pages.go_to(job.future.result())


def _result(request: Request, job: Job) -> Response:
    error = job.error
    if error is None:
        return pages.go_to(job.future.result())
    if isinstance(error, Failure):
        raise error
    if not isinstance(error, SeawallError):
        raise Broken
    return pages.page(request, "imports/stopped.html", status=409, job=job, error=error)


def _acceptable(pending: Pending) -> list[Any]:
    found = [finding for finding in pending.plan.findings if finding.stops and finding.acceptable]
    return found[:MOST_ACCEPTANCES]


def _plan_page(
    request: Request,
    pending: Pending,
    *,
    said: dict[str, str],
    problem: str | None,
    status: int = 200,
) -> Response:
    plan = pending.plan
    refusals = plan.refusals
    return pages.page(
        request,
        "imports/plan.html",
        status=status,
        plan=plan,
        scrape=pending.scrape,
        acceptable=_acceptable(pending),
        final=[finding for finding in refusals if not finding.acceptable],
        too_many=len(refusals) > MOST_ACCEPTANCES,
        notices=[finding for finding in plan.findings if not finding.stops],
        findings_shown=FINDINGS_SHOWN,
        said=said,
        problem=problem,
        files={
            "read": sum(file.read for file in plan.files),
            "used": sum(file.used for file in plan.files),
            "repeated": sum(file.repeated for file in plan.files),
            "set_aside": sum(file.set_aside for file in plan.files),
        },
        local=request.app.state.clock.local,
    )


def _day(text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise BadForm from None
