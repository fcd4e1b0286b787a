"""The page of a player's matches and practices, and the taps on it."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from courtside.accounts.people import Person, SignedIn
from courtside.availability import answers, events
from courtside.availability.answers import SQL, STATUS_OF_WORD, WORD_OF_STATUS, Slot, Stale
from courtside.availability.days import Day, days_of_events, days_of_team
from courtside.site import pages, paging
from courtside.site.database import Connection
from courtside.site.failures import BadForm, NotFound, ReadOnly
from courtside.site.forgery import Form, whole_number

router = APIRouter()

_DAYS_BACK = datetime.timedelta(days=120)
_DAYS_AHEAD = datetime.timedelta(days=400)
_SHOWN_AT_FIRST = 6
_SHOWN_AT_MOST = 10
_SHOWN_AT_LEAST = 3
_PAST_SHOWN = 12
_HISTORY_SHOWN = 40
# Each card names everybody: with more names than these on a page, fewer days are shown.
_NAMES_SHOWN = 400
_REQUEST_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


class TooLateToAnswer(ReadOnly):
    """The day is over."""

    title = "This day is over"
    fix = "Nothing was changed. The operator can correct an answer."


def day_of_path(day: Annotated[str, Path(json_schema_extra={"format": "date"})]) -> datetime.date:
    """The day in an address, such as ``2024-09-24``.

    Raises:
        NotFound: it is none.
    """
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII):
            raise NotFound
        return datetime.date.fromisoformat(day)
    except ValueError:
        raise NotFound from None


DayOfPath = Annotated[datetime.date, Depends(day_of_path)]


@dataclass(frozen=True)
class View:
    """A team as this person may see it."""

    team_id: int
    name: str
    label: str
    league: str
    club: str
    time_zone: str | None
    is_retired: bool
    may_answer: bool
    is_current: bool


@router.get("/availability")
@router.get("/mobile/availability")
def availability(
    request: Request,
    person: SignedIn,
    team: str = "",
    saved: str = "",
    all: str = "",
    first: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """The team's days: the next one on top, past ones folded away; later ones page by page."""
    if not team and person.chosen_team is None:
        return pages.page(request, "availability/no_team.html")
    with request.app.state.database.connected() as connection:
        chosen = person.chosen_team.team_id if person.chosen_team else 0
        view = _view(connection, person, whole_number(team) or 0 if team else chosen)
        today = request.app.state.clock.today(view.time_zone)
        found = events.days_of(connection, view.team_id, today - _DAYS_BACK, today + _DAYS_AHEAD)
        players = events.roster(connection, view.team_id)
        fit = max(_SHOWN_AT_LEAST, _NAMES_SHOWN // max(1, len(players)))
        part = paging.part_of(
            [one for one in found if one.day >= today],
            at_first=min(_SHOWN_AT_FIRST, fit),
            at_most=min(_SHOWN_AT_MOST, fit),
            all=bool(all),
            day=paging.day_asked(first or saved),
        )
        past = [one for one in found if one.day < today][-_PAST_SHOWN:] if part.is_start else []
        days = days_of_events(
            connection, view.team_id, person.user_id, players, past + part.shown, today=today
        )
    return pages.page(
        request,
        "availability/days.html",
        view=view,
        part=part,
        coming=days[len(past) :],
        past=days[: len(past)][::-1],
        saved=saved,
        today=today,
        **_card_context(request),
    )


@router.post("/availability/{team_id}/{day}/status")
def set_status(
    request: Request, person: SignedIn, team_id: int, day: DayOfPath, form: Form
) -> Response:
    """In, out, maybe, or no answer. The note stays."""
    word = form.get("status", "")
    if word not in STATUS_OF_WORD:
        raise BadForm
    return _change(request, person, team_id, day, form, status=STATUS_OF_WORD[word])


@router.post("/availability/{team_id}/{day}/note")
def set_note(
    request: Request, person: SignedIn, team_id: int, day: DayOfPath, form: Form
) -> Response:
    """The note. The status stays."""
    note = form.get("note", "")
    if not note.strip():
        note = ""
    if len(note) > answers.LONGEST_NOTE:
        return _note_too_long(request, person, team_id, day, note)
    return _change(request, person, team_id, day, form, note=note)


@router.get("/availability/history")
def history(request: Request, person: SignedIn, before: str = "") -> Response:
    """Who set what of my answers, and when; newest first."""
    return _history(request, person, None, None, before)


@router.get("/availability/{team_id}/{day}/history")
def history_of_day(
    request: Request, person: SignedIn, team_id: int, day: DayOfPath, before: str = ""
) -> Response:
    """The same for one day."""
    return _history(request, person, person.team(team_id).team_id, day, before)


# ------------------------------------------------------------------------------- what they share


def _change(
    request: Request,
    person: Person,
    team_id: int,
    day: datetime.date,
    form: dict[str, str],
    **change: Any,
) -> Response:
    key = form.get("key", "")
    if key and not _REQUEST_KEY.fullmatch(key):
        raise BadForm
    version = whole_number(form.get("version", ""))
    if version is None:
        raise BadForm
    database = request.app.state.database
    try:
        with database.transaction() as connection:
            view, shown = _day_to_change(request, connection, person, team_id, day)
            answers.save(
                connection,
                Slot(person.user_id, team_id, day),
                changed_by=person.user_id,
                shown_version=version,
                events=[event.as_shown() for event in shown.events] if "status" in change else None,
                request_key=key or None,
                **change,
            )
    except Stale:
        return _conflict(request, person, team_id, day, change)
    if not pages.wants_fragment(request):
        return pages.go_to(f"/availability?team={team_id}&saved={day}#day-{day}")
    with database.connected() as connection:
        view = _view(connection, person, team_id)
        shown = _one_day(request, connection, person, view, day)
    what = "note" if "note" in change else "status"
    return pages.page(
        request,
        "availability/day.html",
        view=view,
        card=shown,
        saved=str(day),
        saved_what=what,
        **_card_context(request),
    )


def _day_to_change(
    request: Request, connection: Connection, person: Person, team_id: int, day: datetime.date
) -> tuple[View, Day]:
    view = _view(connection, person, team_id)
    if not view.may_answer:
        raise ReadOnly("You do not play for this team.")
    shown = _one_day(request, connection, person, view, day)
    if shown.is_past:
        raise TooLateToAnswer
    return view, shown


def _conflict(
    request: Request,
    person: Person,
    team_id: int,
    day: datetime.date,
    change: dict[str, Any],
) -> Response:
    """Both values, and a button for each; nothing was written."""
    with request.app.state.database.connected() as connection:
        view = _view(connection, person, team_id)
        shown = _one_day(request, connection, person, view, day)
    template = "conflict_part.html" if pages.wants_fragment(request) else "conflict.html"
    return pages.page(
        request,
        f"availability/{template}",
        status=409,
        view=view,
        card=shown,
        wanted_word=WORD_OF_STATUS[change["status"]] if "status" in change else None,
        wanted_note=change.get("note"),
        **_card_context(request),
    )


def _note_too_long(
    request: Request, person: Person, team_id: int, day: datetime.date, note: str
) -> Response:
    with request.app.state.database.connected() as connection:
        view, shown = _day_to_change(request, connection, person, team_id, day)
    template = "day.html" if pages.wants_fragment(request) else "note.html"
    return pages.page(
        request,
        f"availability/{template}",
        status=422,
        view=view,
        card=shown,
        saved="",
        note_too_long=note,
        **_card_context(request),
    )


def _history(
    request: Request, person: Person, team_id: int | None, day: datetime.date | None, before: str
) -> Response:
    clock = request.app.state.clock
    arguments = {
        "user_id": person.user_id,
        "team_id": team_id,
        "day": day,
        "before": whole_number(before),
        "limit": _HISTORY_SHOWN + 1,
    }
    with request.app.state.database.connected() as connection:
        rows = connection.execute(SQL["history_of_user"], arguments).fetchall()
    return pages.page(
        request,
        "availability/history.html",
        rows=rows[:_HISTORY_SHOWN],
        has_more=len(rows) > _HISTORY_SHOWN,
        day=day,
        team_id=team_id,
        words=WORD_OF_STATUS,
        local=clock.local,
    )


def _view(connection: Connection, person: Person, team_id: int) -> View:
    """The team: one's own, or for an operator any, to look at.

    Raises:
        NotFound: neither; whether the team exists is not told.
    """
    for team in person.teams:
        if team.team_id == team_id:
            return View(
                team_id, team.name, team.label, team.league, team.club, team.time_zone,
                team.is_retired, may_answer=True, is_current=team.is_current,
            )  # fmt: skip
    row = None
    if person.is_operator and 0 < team_id < 2**63:
        row = connection.execute(SQL["team"], [team_id]).fetchone()
    if row is None:
        raise NotFound
    return View(*row, may_answer=False, is_current=True)


def _one_day(
    request: Request, connection: Connection, person: Person, view: View, day: datetime.date
) -> Day:
    today = request.app.state.clock.today(view.time_zone)
    found = days_of_team(connection, view.team_id, person.user_id, first=day, last=day, today=today)
    if not found:
        raise NotFound("This team has no match or practice on that day.")
    return found[0]


def _card_context(request: Request) -> dict[str, Any]:
    return {"local": request.app.state.clock.local, "longest_note": answers.LONGEST_NOTE}
