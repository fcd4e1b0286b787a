"""Pages on which a captain enters, moves and cancels practices."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from courtside.accounts.people import SignedIn
from courtside.captain import practice_form, practices
from courtside.captain.access import SQL, CaptainView, view_of
from courtside.captain.practices import (
    LONGEST_NOTES,
    LONGEST_PLACE,
    PracticeOver,
    PracticeStale,
    PracticeTaken,
)
from courtside.site import pages, paging
from courtside.site.database import Connection
from courtside.site.failures import BadForm
from courtside.site.forgery import Form, whole_number

router = APIRouter()
_PRACTICES_SHOWN = 40
_EMPTY = {"day": "", "time": "", "until": "", "place": "", "notes": ""}


@router.get("/captain/{team_id}/practices")
def all_practices(
    request: Request,
    person: SignedIn,
    team_id: int,
    added: str = "",
    there: str = "",
    first: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """Those to come, and a form for more."""
    return _all(
        request,
        person,
        team_id,
        added=whole_number(added),
        there=whole_number(there) or 0,
        first=first,
    )


@router.post("/captain/{team_id}/practices")
def add(request: Request, person: SignedIn, team_id: int, form: Form) -> Response:
    """Enter one, or one a week until a last day."""
    with request.app.state.database.transaction() as connection:
        view = view_of(connection, person, team_id)
        view.check_may_write()
        read = practice_form.read(form, request.app.state.clock.today(view.time_zone))
        if not isinstance(read, str):
            wanted, last = read
            added = practices.add(connection, team_id, person.user_id, wanted, last)
            there = len(practices.weekly(wanted.day, last)) - added
            return pages.go_to(f"/captain/{team_id}/practices?added={added}&there={there}")
    return _all(request, person, team_id, typed=_EMPTY | form, problem=read)


@router.get("/captain/{team_id}/practices/{practice_id}")
def one_practice(request: Request, person: SignedIn, team_id: int, practice_id: int) -> Response:
    """A practice, to be changed."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        found = practices.find(connection, view.team_id, practice_id)
    return _one(request, view, found, _typed(found))


@router.post("/captain/{team_id}/practices/{practice_id}")
def change(
    request: Request, person: SignedIn, team_id: int, practice_id: int, form: Form
) -> Response:
    """Another time, place or note; another day moves it."""
    version = _version(form)
    with request.app.state.database.transaction() as connection:
        view, found = _to_change(request, connection, person, team_id, practice_id)
        typed = _typed(found) | form
        read = practice_form.read(
            form | {"until": ""}, request.app.state.clock.today(view.time_zone)
        )
        if isinstance(read, str):
            return _one(request, view, found, typed, status=422, problem=read)
        wanted = read[0]
        if found.version != version:
            if found.is_cancelled or practices.stands(found) != wanted:
                return _one(request, view, found, typed, status=409, is_stale=True)
            return pages.go_to(f"/captain/{team_id}/practices")
        if found.is_cancelled:
            raise PracticeStale("It was cancelled.")
        try:
            practices.change(connection, team_id, person.user_id, found, wanted)
        except PracticeTaken as taken:
            problem = f"{taken.title}. Choose another one."
            return _one(request, view, found, typed, status=422, problem=problem)
    return pages.go_to(f"/captain/{team_id}/practices")


@router.post("/captain/{team_id}/practices/{practice_id}/cancel")
def cancel(
    request: Request, person: SignedIn, team_id: int, practice_id: int, form: Form
) -> Response:
    """Cancel it, or with ``scope=following`` also those of its series after it."""
    version, scope = _version(form), form.get("scope", "one")
    if scope not in ("one", "following"):
        raise BadForm
    with request.app.state.database.transaction() as connection:
        view, found = _to_change(request, connection, person, team_id, practice_id)
        if found.version != version and not found.is_cancelled:
            return _one(request, view, found, _typed(found), status=409, is_stale=True)
        practices.cancel(connection, team_id, person.user_id, found, following=scope == "following")
    return pages.go_to(f"/captain/{team_id}/practices")


@router.post("/captain/{team_id}/practices/{practice_id}/put-on-again")
def put_on_again(
    request: Request, person: SignedIn, team_id: int, practice_id: int, form: Form
) -> Response:
    """Take the cancellation back."""
    version = _version(form)
    with request.app.state.database.transaction() as connection:
        view, found = _to_change(request, connection, person, team_id, practice_id)
        if found.is_cancelled and (found.version != version or found.moved_to):
            return _one(request, view, found, _typed(found), status=409, is_stale=True)
        practices.put_on_again(connection, person.user_id, found)
    return pages.go_to(f"/captain/{team_id}/practices")


# ------------------------------------------------------------------------------- what they share


def _all(
    request: Request,
    person: Any,
    team_id: int,
    *,
    typed: dict[str, str] | None = None,
    problem: str | None = None,
    added: int | None = None,
    there: int = 0,
    first: str = "",
) -> Response:
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        today = request.app.state.clock.today(view.time_zone)
        found = connection.execute(SQL["practices"], [team_id, today]).fetchall()
    return pages.page(
        request,
        "captain/practices.html",
        status=422 if problem else 200,
        view=view,
        part=paging.part_of(
            found,
            at_first=_PRACTICES_SHOWN,
            at_most=_PRACTICES_SHOWN,
            all=True,
            day=paging.day_asked(first),
        ),
        typed=typed or _EMPTY,
        problem=problem,
        added=added,
        there=there,
        today=today,
        longest_place=LONGEST_PLACE,
        longest_notes=LONGEST_NOTES,
    )


def _one(
    request: Request,
    view: CaptainView,
    found: Any,
    typed: dict[str, str],
    *,
    status: int = 200,
    problem: str | None = None,
    is_stale: bool = False,
) -> Response:
    today = request.app.state.clock.today(view.time_zone)
    return pages.page(
        request,
        "captain/practice.html",
        status=status,
        view=view,
        practice=found,
        typed=typed,
        problem=problem,
        is_stale=is_stale,
        is_past=found.day < today,
        today=today,
        longest_place=LONGEST_PLACE,
        longest_notes=LONGEST_NOTES,
    )


def _to_change(
    request: Request, connection: Connection, person: Any, team_id: int, practice_id: int
) -> tuple[CaptainView, Any]:
    view = view_of(connection, person, team_id)
    found = practices.find(connection, view.team_id, practice_id, to_change=True)
    view.check_may_write()
    if found.day < request.app.state.clock.today(view.time_zone):
        raise PracticeOver
    return view, found


def _version(form: dict[str, str]) -> int:
    version = whole_number(form.get("version", ""))
    if version is None:
        raise BadForm
    return version


def _typed(found: Any) -> dict[str, str]:
    return {
        "day": str(found.day),
        "time": found.time.strftime("%H:%M"),
        "place": found.place,
        "notes": found.notes,
    }
