"""``/availability`` and ``/availability/{day}[/{team}]``: the caller's own answers."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from courtside.accounts.people import Person
from courtside.api.access import Reader, Writer
from courtside.api.models import AnswerOut, AnswerPatch, AnswerPut, Answers, Status
from courtside.api.shapes import answer_of, teams_of
from courtside.api.team_routes import First, Last, OneTeam, chosen_teams, span
from courtside.availability import answers, events
from courtside.availability.answers import KEPT, STATUS_OF_WORD, Slot, Stale
from courtside.availability.days import Day, days_of_team
from courtside.availability.routes import DayOfPath, TooLateToAnswer
from courtside.site.database import Connection
from courtside.site.failures import Failure, NotFound

router = APIRouter(tags=["answers"])
IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of the answer that the change is meant for; absent or *, any.",
        pattern=r'^(\*|"[0-9]{1,9}")$',
    ),
]


class TwoTeams(Failure):
    """Two of the caller's teams play on that day."""

    status = 409
    title = "More than one of your teams plays on that day"
    fix = "Nothing was changed. Name the team in the address; “choices” has them."


class AnswerStale(Failure):
    """The answer is not the one that the request was meant for."""

    status = 412
    title = "Your answer was changed elsewhere"
    fix = (
        "Nothing was changed. “stands” is what stands now and “wanted” what you sent; "
        "decide, and send it with the ETag of what stands."
    )


@router.get("/availability")
def get_answers(
    request: Request,
    caller: Reader,
    team: OneTeam = None,
    first: First = None,
    last: Last = None,
) -> Answers:
    """The caller's answers for all days on which their teams play, also where there is none."""
    person, clock = caller.person, request.app.state.clock
    found: list[AnswerOut] = []
    with request.app.state.database.connected() as connection:
        for one in chosen_teams(person, team):
            start, end = span(request, one.time_zone, first, last)
            days = days_of_team(
                connection,
                one.team_id,
                person.user_id,
                first=start,
                last=end,
                today=clock.today(one.time_zone),
            )
            found += [answer_of(day) for day in days]
    found.sort(key=lambda answer: (answer.day, answer.team_id))
    return Answers(answers=found)


@router.get("/availability/{day}/{team_id}")
def get_answer(
    request: Request, response: Response, caller: Reader, day: DayOfPath, team_id: int
) -> AnswerOut:
    """The caller's answer for a team's day."""
    with request.app.state.database.connected() as connection:
        found = _day(request, connection, caller.person, day, team_id)
    return _with_tag(response, found)


@router.get("/availability/{day}")
def get_answer_of_one_team(
    request: Request, response: Response, caller: Reader, day: DayOfPath
) -> AnswerOut:
    """The same for the one team that plays on that day; with two, 409 with the choices."""
    return get_answer(request, response, caller, day, _the_team(request, caller.person, day))


@router.put("/availability/{day}/{team_id}")
def put_answer(
    request: Request,
    response: Response,
    caller: Writer,
    day: DayOfPath,
    team_id: int,
    answer: AnswerPut,
    if_match: IfMatch = None,
) -> AnswerOut:
    """Set status and note."""
    wanted = {"status": answer.status, "note": answer.note}
    return _with_tag(response, _change(request, caller.person, day, team_id, wanted, if_match))


@router.put("/availability/{day}")
def put_answer_of_one_team(
    request: Request,
    response: Response,
    caller: Writer,
    day: DayOfPath,
    answer: AnswerPut,
    if_match: IfMatch = None,
) -> AnswerOut:
    """The same for the one team that plays on that day."""
    team_id = _the_team(request, caller.person, day)
    return put_answer(request, response, caller, day, team_id, answer, if_match)


@router.patch("/availability/{day}/{team_id}")
def patch_answer(
    request: Request,
    response: Response,
    caller: Writer,
    day: DayOfPath,
    team_id: int,
    answer: AnswerPatch,
    if_match: IfMatch = None,
) -> AnswerOut:
    """Change what is named; what is absent stays."""
    wanted = answer.model_dump(include=answer.model_fields_set)
    return _with_tag(response, _change(request, caller.person, day, team_id, wanted, if_match))


@router.patch("/availability/{day}")
def patch_answer_of_one_team(
    request: Request,
    response: Response,
    caller: Writer,
    day: DayOfPath,
    answer: AnswerPatch,
    if_match: IfMatch = None,
) -> AnswerOut:
    """The same for the one team that plays on that day."""
    team_id = _the_team(request, caller.person, day)
    return patch_answer(request, response, caller, day, team_id, answer, if_match)


@router.delete("/availability/{day}/{team_id}", status_code=204)
def delete_answer(
    request: Request, caller: Writer, day: DayOfPath, team_id: int, if_match: IfMatch = None
) -> Response:
    """Clear status and note; the history keeps them."""
    found = _change(request, caller.person, day, team_id, {"status": None, "note": ""}, if_match)
    return Response(status_code=204, headers={"ETag": _tag(found)})


@router.delete("/availability/{day}", status_code=204)
def delete_answer_of_one_team(
    request: Request, caller: Writer, day: DayOfPath, if_match: IfMatch = None
) -> Response:
    """The same for the one team that plays on that day."""
    return delete_answer(request, caller, day, _the_team(request, caller.person, day), if_match)


# ------------------------------------------------------------------------------- what they share


def _change(
    request: Request,
    person: Person,
    day: datetime.date,
    team_id: int,
    wanted: dict[str, Any],
    if_match: str | None,
) -> Day:
    shown_version = version_of(if_match)
    word: Status | None = wanted.get("status")
    database = request.app.state.database
    try:
        with database.transaction() as connection:
            found = _day(request, connection, person, day, team_id)
            if found.is_past:
                raise TooLateToAnswer
            answers.save(
                connection,
                Slot(person.user_id, team_id, day),
                changed_by=person.user_id,
                status=STATUS_OF_WORD[word or "clear"] if "status" in wanted else KEPT,
                note=wanted.get("note", KEPT),
                shown_version=shown_version,
                events=[event.as_shown() for event in found.events] if "status" in wanted else None,
            )
    except Stale:
        with database.connected() as connection:
            found = _day(request, connection, person, day, team_id)
        stale = AnswerStale()
        stands = answer_of(found).model_dump(mode="json", include={"status", "note", "version"})
        stale.members = {"stands": stands | {"etag": _tag(found)}, "wanted": wanted}
        raise stale from None
    with database.connected() as connection:
        return _day(request, connection, person, day, team_id)


def _day(
    request: Request, connection: Connection, person: Person, day: datetime.date, team_id: int
) -> Day:
    """The day as the page of the person's own team shows it.

    Raises:
        NotFound: it is not their team, or plays nothing on that day.
    """
    team = person.team(team_id)
    today = request.app.state.clock.today(team.time_zone)
    found = days_of_team(connection, team_id, person.user_id, first=day, last=day, today=today)
    if not found:
        raise NotFound("Your team has no match or practice on that day.")
    return found[0]


def _the_team(request: Request, person: Person, day: datetime.date) -> int:
    """The one team of the person that plays on the day; a cancelled event counts if all are.

    Raises:
        NotFound: none does.
        TwoTeams: several do.
    """
    playing, off = [], []
    with request.app.state.database.connected() as connection:
        for team in teams_of(person):
            found = events.of_team(connection, team.team_id, day, day).get(day, [])
            if any(not event.is_retired for event in found):
                playing.append(team)
            elif found:
                off.append(team)
    candidates = playing or off
    if not candidates:
        raise NotFound("None of your teams has a match or practice on that day.")
    if len(candidates) > 1:
        failure = TwoTeams()
        failure.members["choices"] = [
            {
                "team_id": team.team_id,
                "name": team.name,
                "league": team.league,
                "address": f"/api/v1/availability/{day}/{team.team_id}",
            }
            for team in candidates
        ]
        raise failure
    return candidates[0].team_id


def version_of(if_match: str | None) -> int | None:
    """The version that a write is meant for; None for any."""
    return None if if_match in (None, "*") else int(if_match.strip('"'))


def _tag(day: Day) -> str:
    return f'"{day.answer.version}"'


def _with_tag(response: Response, day: Day) -> AnswerOut:
    response.headers["ETag"] = _tag(day)
    return answer_of(day)
