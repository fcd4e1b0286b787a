"""Enter or correct one answer for a user, with a reason; their history says who did it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts.people import Operator, Person, Team
from courtside.availability import answers, events
from courtside.availability.answers import KEPT, STATUS_OF_WORD, WORD_OF_STATUS, Answer, Slot, Stale
from courtside.availability.events import Event
from courtside.availability.routes import DayOfPath
from courtside.operator import record
from courtside.operator.record import LONGEST_REASON, SQL
from courtside.operator.user_routes import somebody
from courtside.site import pages
from courtside.site.database import Connection
from courtside.site.failures import BadForm, NotFound
from courtside.site.forgery import Form, whole_number

router = APIRouter()


@dataclass(frozen=True)
class Case:
    """A user's answer for one team and day, and what is played then."""

    chosen: Person
    team: Team
    day: datetime.date
    events: list[Event]
    answer: Answer


@router.get("/users/{user_id:int}/answers/{team_id:int}/{day}")
def show(
    request: Request, person: Operator, user_id: int, team_id: int, day: DayOfPath
) -> Response:
    """The answer as it stands, in a form."""
    del person
    with request.app.state.database.connected() as connection:
        case = _case(connection, user_id, team_id, day)
    said = {"status": WORD_OF_STATUS[case.answer.status], "note": case.answer.note, "reason": ""}
    return _page(request, case, said)


@router.post("/users/{user_id:int}/answers/{team_id:int}/{day}")
def correct(
    request: Request, person: Operator, user_id: int, team_id: int, day: DayOfPath, form: Form
) -> Response:
    """Write it as the operator's doing. Where it changed meanwhile nothing is written over."""
    version = whole_number(form.get("version", ""))
    word, note, reason = form.get("status", ""), form.get("note", ""), record.reason_of(form)
    if version is None or word not in STATUS_OF_WORD or "note" not in form:
        raise BadForm
    state = request.app.state
    with state.database.connected() as connection:
        case = _case(connection, user_id, team_id, day)
    problem = None
    if reason is None:
        problem = (
            f"Say why, in at most {LONGEST_REASON} characters: {case.chosen.display_name} sees it."
        )
    if len(note) > answers.LONGEST_NOTE:
        problem = f"The note has {len(note)} characters; at most {answers.LONGEST_NOTE} are kept."
    if problem:
        return _page(request, case, form, problem=problem, status=422)
    status = STATUS_OF_WORD[word]
    try:
        with state.database.transaction() as connection:
            case = _case(connection, user_id, team_id, day)
            sets_status = status != case.answer.status
            answers.save(
                connection,
                Slot(user_id, team_id, day),
                changed_by=person.user_id,
                status=status if sets_status else KEPT,
                note=note if note != case.answer.note else KEPT,
                shown_version=version,
                events=[event.as_shown() for event in case.events] if sets_status else None,
                reason=reason,
            )
            if sets_status or note != case.answer.note:
                record.add(
                    connection,
                    person,
                    "answer",
                    user_id=user_id,
                    reason=reason,
                    details={
                        "team": case.team.name,
                        "day": day.isoformat(),
                        "from": WORD_OF_STATUS[case.answer.status],
                        "to": word,
                    },
                )
    except Stale as stale:
        said = f"It was changed meanwhile. Now it says: {_in_words(stale.answer)}."
        case = Case(case.chosen, case.team, case.day, case.events, stale.answer)
        return _page(request, case, form, problem=said, status=409)
    return pages.go_to(f"/users/{user_id}#team-{team_id}")


def _case(connection: Connection, user_id: int, team_id: int, day: datetime.date) -> Case:
    chosen = somebody(connection, user_id)
    team = chosen.team(team_id)
    of_day = events.of_team(connection, team_id, day, day).get(day, [])
    row = connection.execute(SQL["answer"], [user_id, team_id, day]).fetchone()
    if not of_day and row is None:
        raise NotFound(
            "This team has no match or practice on that day.", fix="Choose a day of the list."
        )
    return Case(chosen, team, day, of_day, answers.of_row(row))


def _in_words(answer: Answer) -> str:
    word = WORD_OF_STATUS[answer.status]
    text = "no answer" if word == "clear" else word
    return f"{text}, “{answer.note}”" if answer.note else text


def _page(
    request: Request,
    case: Case,
    said: dict[str, str],
    *,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    context: dict[str, Any] = {"case": case, "said": said, "problem": problem}
    return pages.page(
        request,
        "operator/answer.html",
        status=status,
        longest_note=answers.LONGEST_NOTE,
        longest_reason=LONGEST_REASON,
        stands=_in_words(case.answer),
        local=request.app.state.clock.local,
        **context,
    )
