"""A captain's grid, on the screen, on paper and as a file; who is captain."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from courtside.accounts import linking
from courtside.accounts.people import SignedIn
from courtside.availability import events
from courtside.availability.events import TeamDay
from courtside.captain import grid
from courtside.captain.access import SQL, CaptainView, view_of
from courtside.captain.answers_file import csv_of
from courtside.operator import captains
from courtside.site import pages, paging
from courtside.site.database import Connection
from courtside.site.failures import BadForm, NotFound, ReadOnly
from courtside.site.forgery import Form, whole_number

router = APIRouter()

DAYS_AHEAD = datetime.timedelta(days=400)
_SHOWN_AT_FIRST = 6
_SHOWN_AT_MOST = 12
_SHOWN_AT_LEAST = 2
_PRINTED_AT_MOST = 18
# A page of more cells than these is heavy: teams with many players see fewer days at once.
_CELLS_SHOWN, _CELLS_PRINTED = 180, 450
MOST_DAYS = 60
_TEAMS_FOUND = 40


@router.get("/captain")
def captain(request: Request, person: SignedIn, q: str = "") -> Response:
    """To the captain's team; an operator searches for one."""
    own = list({team.team_id: team for team in person.teams if team.is_captain}.values())
    if not person.is_operator and not own:
        raise NotFound
    if own and not person.is_operator:
        chosen = next((team for team in own if team.team_id == person.chosen_team_id), own[0])
        return pages.go_to(f"/captain/{chosen.team_id}")
    text = " ".join(q.replace("\x00", "").split())[:100]
    found: list[Any] = []
    if text:
        with request.app.state.database.connected() as connection:
            arguments = {"text": text, "limit": _TEAMS_FOUND}
            found = connection.execute(SQL["teams_named"], arguments).fetchall()
    return pages.page(request, "captain/teams.html", own=own, text=text, found=found)


@router.get("/captain/{team_id}")
def team_grid(
    request: Request,
    person: SignedIn,
    team_id: int,
    all: str = "",
    first: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """Who can play when; later days page by page."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        players, days = _coming_days(request, connection, view)
        fit = max(_SHOWN_AT_LEAST, _CELLS_SHOWN // max(1, len(players)))
        part = paging.part_of(
            days,
            at_first=min(_SHOWN_AT_FIRST, fit),
            at_most=min(_SHOWN_AT_MOST, fit),
            all=bool(all),
            day=paging.day_asked(first),
        )
        shown = grid.of_days(connection, team_id, players, part.shown)
        waiting = linking.to_decide(connection, person)
        members = connection.execute(SQL["members"], [team_id]).fetchall()
    return pages.page(
        request,
        "captain/grid.html",
        view=view,
        grid=shown,
        part=part,
        waiting=len(waiting),
        members=members,
        own=list({team.team_id: team for team in person.teams if team.is_captain}.values()),
    )


@router.get("/captain/{team_id}/print")
def print_view(
    request: Request,
    person: SignedIn,
    team_id: int,
    first: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """The grid in words, for paper: a few sheets of it."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        players, days = _coming_days(request, connection, view)
        fit = max(_SHOWN_AT_FIRST, _CELLS_PRINTED // max(1, len(players)))
        most = min(_PRINTED_AT_MOST, fit)
        part = paging.part_of(
            days, at_first=most, at_most=most, all=True, day=paging.day_asked(first)
        )
        shown = grid.of_days(connection, team_id, players, part.shown)
    now = request.app.state.clock.local(datetime.datetime.now(datetime.UTC), view.time_zone)
    # Wider than this no sheet is.
    sheets = [
        grid.Grid(shown.days[at : at + _SHOWN_AT_FIRST], shown.rows)
        for at in range(0, len(shown.days), _SHOWN_AT_FIRST)
    ]
    return pages.page(
        request, "captain/print.html", view=view, sheets=sheets, grid=shown, part=part, now=now
    )


@router.get("/captain/{team_id}/answers.csv")
def answers_file(request: Request, person: SignedIn, team_id: int) -> Response:
    """The grid as a file for a spreadsheet."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, person, team_id)
        shown = coming(request, connection, view)
    return Response(
        csv_of(shown),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="answers-{team_id}.csv"'},
    )


@router.post("/captain/{team_id}/captains")
def set_captain(request: Request, person: SignedIn, team_id: int, form: Form) -> Response:
    """An operator names one of the team's players as captain, or ends it."""
    user_id = whole_number(form.get("user", ""))
    if form.get("decision") not in ("name", "end") or user_id is None:
        raise BadForm
    with request.app.state.database.transaction() as connection:
        view = view_of(connection, person, team_id)
        if not person.is_operator:
            raise ReadOnly("Only an operator names captains.")
        members = connection.execute(SQL["members"], [view.team_id]).fetchall()
        if user_id not in {member.user_id for member in members}:
            raise NotFound
        change = captains.name if form["decision"] == "name" else captains.end
        change(connection, person, user_id, team_id, view.name)
    return pages.go_to(f"/captain/{team_id}#captains")


def coming(request: Request, connection: Connection, view: CaptainView) -> grid.Grid:
    """The grid from today on."""
    today = request.app.state.clock.today(view.time_zone)
    return grid.of_team(
        connection, view.team_id, first=today, last=today + DAYS_AHEAD, most=MOST_DAYS
    )


def _coming_days(
    request: Request, connection: Connection, view: CaptainView
) -> tuple[list[Any], list[TeamDay]]:
    """The roster, and the days from today on."""
    today = request.app.state.clock.today(view.time_zone)
    days = events.days_of(connection, view.team_id, today, today + DAYS_AHEAD)
    return events.roster(connection, view.team_id), days
