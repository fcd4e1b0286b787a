"""``/teams/{team_id}/practices``: what a captain enters, moves and cancels."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from courtside.api.access import Reader, Writer
from courtside.api.answer_routes import IfMatch, version_of
from courtside.api.models import PracticeIn, PracticeOut, Practices, PracticesAdded, PracticesIn
from courtside.api.team_routes import First, Last, span
from courtside.captain import practice_form, practices
from courtside.captain.access import SQL, CaptainView, view_of
from courtside.captain.practices import PracticeOver, Wanted
from courtside.site.database import Connection
from courtside.site.failures import Failure, Invalid

router = APIRouter(prefix="/teams/{team_id}/practices", tags=["practices"])


class PracticeChanged(Failure):
    """The practice is not the one that the request was meant for."""

    status = 412
    title = "This practice was changed meanwhile"
    fix = (
        "Nothing was changed. “stands” is what stands now; "
        "decide, and send it with the ETag of what stands."
    )


@router.get("")
def get_practices(
    request: Request, caller: Reader, team_id: int, first: First = None, last: Last = None
) -> Practices:
    """The team's practices, also cancelled ones; for its captains, and operators."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, caller.person, team_id)
        start, end = span(request, view.time_zone, first, last)
        found = connection.execute(SQL["practices"], [team_id, start]).fetchall()
    return Practices(practices=[_out(team_id, row) for row in found if row.day <= end])


@router.post("", status_code=201)
def add_practices(
    request: Request, caller: Writer, team_id: int, practice: PracticesIn
) -> PracticesAdded:
    """Enter one, or one a week until a last day; what stands there already is not doubled."""
    with request.app.state.database.transaction() as connection:
        view = view_of(connection, caller.person, team_id)
        view.check_may_write()
        wanted, last = _wanted(request, view, practice, practice.until)
        added = practices.add(connection, team_id, caller.person.user_id, wanted, last)
        days = practices.weekly(wanted.day, last)
        found = connection.execute(SQL["practices"], [team_id, wanted.day]).fetchall()
    return PracticesAdded(
        added=added,
        practices=[
            _out(team_id, row)
            for row in found
            if row.day in days and row.time == wanted.time and not row.is_cancelled
        ],
    )


@router.get("/{practice_id}")
def get_practice(
    request: Request, response: Response, caller: Reader, team_id: int, practice_id: int
) -> PracticeOut:
    """One practice."""
    with request.app.state.database.connected() as connection:
        view_of(connection, caller.person, team_id)
        found = practices.find(connection, team_id, practice_id)
    return _with_tag(response, _out(team_id, found))


@router.put("/{practice_id}")
def put_practice(
    request: Request,
    response: Response,
    caller: Writer,
    team_id: int,
    practice_id: int,
    practice: PracticeIn,
    if_match: IfMatch = None,
) -> PracticeOut:
    """Another time, place or note; another day moves it. The answer is the one that is on now."""
    with request.app.state.database.transaction() as connection:
        view, found = _to_change(request, connection, caller, team_id, practice_id)
        wanted, _ = _wanted(request, view, practice, None)
        is_as_wanted = practices.stands(found) == wanted and not found.is_cancelled
        if not is_as_wanted:
            if found.is_cancelled:
                raise _changed(team_id, found)
            _check_version(team_id, found, if_match)
            practice_id = practices.change(
                connection, team_id, caller.person.user_id, found, wanted
            )
        found = practices.find(connection, team_id, practice_id)
    return _with_tag(response, _out(team_id, found))


@router.delete("/{practice_id}", status_code=204)
def delete_practice(
    request: Request,
    caller: Writer,
    team_id: int,
    practice_id: int,
    following: Annotated[bool, Query(description="Also those of its series after it.")] = False,
    if_match: IfMatch = None,
) -> Response:
    """Cancel it. It stays, marked, and so do the answers."""
    with request.app.state.database.transaction() as connection:
        _, found = _to_change(request, connection, caller, team_id, practice_id)
        if not found.is_cancelled:
            _check_version(team_id, found, if_match)
        practices.cancel(connection, team_id, caller.person.user_id, found, following=following)
    return Response(status_code=204)


@router.post("/{practice_id}/put-on-again")
def put_practice_on_again(
    request: Request,
    response: Response,
    caller: Writer,
    team_id: int,
    practice_id: int,
    if_match: IfMatch = None,
) -> PracticeOut:
    """Take the cancellation back; one that moved elsewhere is moved back with PUT."""
    with request.app.state.database.transaction() as connection:
        _, found = _to_change(request, connection, caller, team_id, practice_id)
        if found.is_cancelled:
            if found.moved_to:
                raise _changed(team_id, found)
            _check_version(team_id, found, if_match)
            practices.put_on_again(connection, caller.person.user_id, found)
        found = practices.find(connection, team_id, practice_id)
    return _with_tag(response, _out(team_id, found))


# ------------------------------------------------------------------------------- what they share


def _to_change(
    request: Request, connection: Connection, caller: Writer, team_id: int, practice_id: int
) -> tuple[CaptainView, Any]:
    view = view_of(connection, caller.person, team_id)
    found = practices.find(connection, team_id, practice_id, to_change=True)
    view.check_may_write()
    if found.day < request.app.state.clock.today(view.time_zone):
        raise PracticeOver
    return view, found


def _wanted(
    request: Request, view: CaptainView, sent: PracticeIn, until: datetime.date | None
) -> tuple[Wanted, datetime.date]:
    """What was sent, judged as the captain's form is."""
    form = {
        "day": sent.day.isoformat(),
        "time": sent.time,
        "until": until.isoformat() if until else "",
        "place": sent.place,
        "notes": sent.notes,
    }
    read = practice_form.read(form, request.app.state.clock.today(view.time_zone))
    if isinstance(read, str):
        raise Invalid(read)
    return read


def _check_version(team_id: int, found: Any, if_match: str | None) -> None:
    if version_of(if_match) not in (None, found.version):
        raise _changed(team_id, found)


def _changed(team_id: int, found: Any) -> PracticeChanged:
    failure = PracticeChanged()
    failure.members["stands"] = _out(team_id, found).model_dump(mode="json")
    return failure


def _out(team_id: int, row: Any) -> PracticeOut:
    return PracticeOut(
        id=row.id,
        team_id=team_id,
        day=row.day,
        time=row.time.isoformat("minutes"),
        place=row.place,
        notes=row.notes,
        version=row.version,
        series=row.series_id,
        is_cancelled=row.is_cancelled,
        moved_to=row.moved_to,
    )


def _with_tag(response: Response, practice: PracticeOut) -> PracticeOut:
    response.headers["ETag"] = f'"{practice.version}"'
    return practice
