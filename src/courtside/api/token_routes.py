"""The page on which somebody makes and revokes their tokens for the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Person, SignedIn
from courtside.api import tokens
from courtside.site import pages
from courtside.site.failures import BadForm, NotFound
from courtside.site.forgery import Form, whole_number

router = APIRouter()
_SCOPES = {"read": False, "write": True}


@router.get("/account/tokens")
def token_page(request: Request, person: SignedIn) -> Response:
    """One's tokens, and a form for a new one."""
    return _page(request, person)


@router.post("/account/tokens")
def create(request: Request, person: SignedIn, form: Form) -> Response:
    """Make a token; this page alone shows it."""
    name = " ".join(form.get("name", "").split())
    days = whole_number(form.get("days", ""))
    if form.get("scope") not in _SCOPES or days not in tokens.DAYS:
        raise BadForm
    if not 1 <= len(name) <= tokens.LONGEST_NAME:
        problem = f"Say what it is for, in at most {tokens.LONGEST_NAME} characters."
        return _page(request, person, problem=problem, typed=name)
    with request.app.state.database.transaction() as connection:
        made = tokens.create(
            connection, person.user_id, name, may_write=_SCOPES[form["scope"]], days=days
        )
    return _page(request, person, made=made)


@router.post("/account/tokens/{token_id}/revoke")
def revoke(request: Request, person: SignedIn, token_id: int) -> Response:
    """From now on the token opens nothing."""
    with request.app.state.database.connected() as connection:
        if not 0 < token_id < 2**63 or not tokens.revoke(connection, person.user_id, token_id):
            raise NotFound("There is no such token, or it was revoked already.")
    return pages.go_to("/account/tokens")


def _page(
    request: Request,
    person: Person,
    *,
    made: str = "",
    problem: str | None = None,
    typed: str = "",
) -> Response:
    with request.app.state.database.connected() as connection:
        found = tokens.of_user(connection, person.user_id)
    return pages.page(
        request,
        "api/tokens.html",
        status=422 if problem else 200,
        tokens=found,
        made=made,
        problem=problem,
        typed=typed,
        days=tokens.DAYS,
        longest_name=tokens.LONGEST_NAME,
        local=request.app.state.clock.local,
    )
