"""Who calls, their teams and events, and a captain's grid."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from courtside.accounts.people import Person
from courtside.api.access import Reader
from courtside.api.models import (
    EventOut,
    Events,
    GridAnswer,
    GridDayOut,
    GridOut,
    GridPlayer,
    Me,
    TeamOut,
    Teams,
)
from courtside.api.shapes import counts_of, events_of, status_of, teams_of
from courtside.availability import events
from courtside.captain import grid
from courtside.captain.access import view_of
from courtside.captain.captain_routes import DAYS_AHEAD, MOST_DAYS
from courtside.site.failures import Failure

router = APIRouter(tags=["teams"])
OneTeam = Annotated[int | None, Query(description="Only this one of the caller's teams.")]
First = Annotated[datetime.date | None, Query(alias="from", description="Today by default.")]
Last = Annotated[datetime.date | None, Query(alias="to", description="Included; 400 days on.")]
_LONGEST_SPAN = datetime.timedelta(days=800)


class BadSpan(Failure):
    """The days asked for are none, or too many."""

    status = 422
    title = "These days cannot be shown at once"
    fix = f"Let “to” be no earlier than “from”, and at most {_LONGEST_SPAN.days} days later."


@router.get("/me")
def me(caller: Reader) -> Me:
    """Who calls, and what they may do."""
    person = caller.person
    return Me(
        user_id=person.user_id,
        email=person.email,
        display_name=person.display_name,
        is_operator=person.is_operator,
        chosen_team_id=person.chosen_team.team_id if person.chosen_team else None,
        may_write=caller.may_write,
        csrf_token=caller.csrf_token,
        teams=teams_of(person),
    )


@router.get("/teams")
def teams(caller: Reader) -> Teams:
    """The caller's teams."""
    return Teams(teams=teams_of(caller.person))


@router.get("/events")
def events_of_caller(
    request: Request,
    caller: Reader,
    team: OneTeam = None,
    first: First = None,
    last: Last = None,
) -> Events:
    """Matches and practices of the caller's teams."""
    found: list[EventOut] = []
    with request.app.state.database.connected() as connection:
        for one in chosen_teams(caller.person, team):
            start, end = span(request, one.time_zone, first, last)
            for of_day in events.of_team(connection, one.team_id, start, end).values():
                found += events_of(one.team_id, of_day)
    found.sort(key=lambda event: (event.day, event.time or "~", event.team_id))
    return Events(events=found)


@router.get("/teams/{team_id}/grid")
def team_grid(
    request: Request, caller: Reader, team_id: int, first: First = None, last: Last = None
) -> GridOut:
    """Players × days, for captains of the team and operators; at most 60 days."""
    with request.app.state.database.connected() as connection:
        view = view_of(connection, caller.person, team_id)
        start, end = span(request, view.time_zone, first, last)
        found = grid.of_team(connection, team_id, first=start, last=end, most=MOST_DAYS)
    return GridOut(
        team_id=team_id,
        days=[
            GridDayOut(
                day=day.day,
                events=events_of(team_id, day.events),
                counts=counts_of(day.standing),
            )
            for day in found.days
        ],
        players=[
            GridPlayer(
                user_id=row.user_id,
                name=row.name,
                is_on_roster=row.is_on_roster,
                answers=[
                    GridAnswer(
                        day=day,
                        status=status_of(answer),
                        note=answer.note,
                        version=answer.version,
                    )
                    for day, answer in sorted(row.answers.items())
                ],
            )
            for row in found.rows
        ],
    )


def chosen_teams(person: Person, team_id: int | None) -> list[TeamOut]:
    """One of the person's teams, or all.

    Raises:
        NotFound: it is not theirs.
    """
    if team_id is not None:
        person.team(team_id)
    return [team for team in teams_of(person) if team_id in (None, team.team_id)]


def span(
    request: Request,
    time_zone: str | None,
    first: datetime.date | None,
    last: datetime.date | None,
) -> tuple[datetime.date, datetime.date]:
    """First and last day of a question.

    Raises:
        BadSpan: there are none between them, or too many.
    """
    start = first or request.app.state.clock.today(time_zone)
    # Near the end of the calendar there are no 400 days left.
    end = last or start + min(DAYS_AHEAD, datetime.date.max - start)
    if not datetime.timedelta(0) <= end - start <= _LONGEST_SPAN:
        raise BadSpan
    return start, end
