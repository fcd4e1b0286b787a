"""Users: search, one user, roles, reset link, sessions; and what operators did."""

from __future__ import annotations

import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts import accounts, people
from courtside.accounts.people import Operator, Person
from courtside.availability.answers import WORD_OF_STATUS
from courtside.availability.days import days_of_team
from courtside.operator import captains, record
from courtside.operator.record import SQL
from courtside.site import pages, search
from courtside.site.database import Connection
from courtside.site.failures import BadForm, Failure, NotFound
from courtside.site.forgery import Form, whole_number

router = APIRouter()

_USERS_SHOWN = 50
_ACTIONS_SHOWN = 50
_DAYS_BACK = datetime.timedelta(days=30)
_DAYS_AHEAD = datetime.timedelta(days=180)
_LONGEST_SEARCH = 100


class OwnRole(Failure):
    """Operators cannot end their own role, so that there is always one."""

    status = 409
    title = "This is your own role"
    fix = "Ask another operator to end it. Nothing was changed."


@router.get("/users")
def users(request: Request, person: Operator, q: str = "") -> Response:
    """Users by email, name or player; without words, the newest."""
    del person
    asked = " ".join(q.replace("\x00", "")[:_LONGEST_SEARCH].split())
    with request.app.state.database.connected() as connection:
        found = connection.execute(
            SQL["search"], {"patterns": search.patterns(asked), "limit": _USERS_SHOWN + 1}
        ).fetchall()
    return pages.page(
        request,
        "operator/users.html",
        asked=asked,
        users=found[:_USERS_SHOWN],
        has_more=len(found) > _USERS_SHOWN,
    )


@router.get("/users/log")
def log(request: Request, person: Operator, before: str = "") -> Response:
    """What operators did, newest first."""
    del person
    arguments = {
        "user_id": None,
        "before": whole_number(before) if before else None,
        "limit": _ACTIONS_SHOWN + 1,
    }
    with request.app.state.database.connected() as connection:
        actions = connection.execute(SQL["actions"], arguments).fetchall()
    return pages.page(
        request,
        "operator/log.html",
        actions=actions[:_ACTIONS_SHOWN],
        has_more=len(actions) > _ACTIONS_SHOWN,
        local=request.app.state.clock.local,
    )


@router.get("/users/{user_id:int}")
def user(request: Request, person: Operator, user_id: int) -> Response:
    """One user: teams, answers, roles, and what was done to them."""
    del person
    with request.app.state.database.connected() as connection:
        return _page(request, connection, user_id)


@router.post("/users/{user_id:int}/operator")
def change_operator(request: Request, person: Operator, user_id: int, form: Form) -> Response:
    """Give or end the role of operator."""
    if form.get("operator") not in ("yes", "no"):
        raise BadForm
    with request.app.state.database.transaction() as connection:
        chosen = somebody(connection, user_id)
        if form["operator"] == "yes":
            if connection.execute(SQL["make_operator"], [chosen.user_id, person.user_id]).rowcount:
                record.add(connection, person, "make operator", user_id=chosen.user_id)
        else:
            if chosen.user_id == person.user_id:
                raise OwnRole
            held = {row.user_id for row in connection.execute(SQL["lock_operators"])}
            if person.user_id not in held:
                raise NotFound
            if connection.execute(SQL["end_operator"], [chosen.user_id]).rowcount:
                record.add(connection, person, "end operator", user_id=chosen.user_id)
    return pages.go_to(f"/users/{user_id}")


@router.post("/users/{user_id:int}/captain")
def change_captain(request: Request, person: Operator, user_id: int, form: Form) -> Response:
    """Name a user captain of one of their teams, or end that."""
    if form.get("captain") not in ("yes", "no"):
        raise BadForm
    with request.app.state.database.transaction() as connection:
        chosen = somebody(connection, user_id)
        team = chosen.team(whole_number(form.get("team", "")) or 0)
        change = captains.name if form["captain"] == "yes" else captains.end
        change(connection, person, user_id, team.team_id, team.name)
    return pages.go_to(f"/users/{user_id}")


@router.post("/users/{user_id:int}/reset-link")
def reset_link(request: Request, person: Operator, user_id: int, form: Form) -> Response:
    """Make a link for a new password, and show it once."""
    del form
    configuration = request.app.state.configuration
    with request.app.state.database.transaction() as connection:
        chosen = somebody(connection, user_id)
        token = accounts.make_reset_token(connection, user_id, configuration.reset_link_hours)
        record.add(connection, person, "reset link", user_id=user_id)
    base = configuration.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return pages.page(
        request,
        "operator/reset_link.html",
        chosen=chosen,
        link=f"{base}/new-password/{token}",
        hours=configuration.reset_link_hours,
    )


@router.post("/users/{user_id:int}/end-sessions")
def end_sessions(request: Request, person: Operator, user_id: int, form: Form) -> Response:
    """Sign a user out everywhere."""
    del form
    with request.app.state.database.transaction() as connection:
        somebody(connection, user_id)
        ended = accounts.end_all_sessions(connection, user_id)
        record.add(connection, person, "end sessions", user_id=user_id, details={"sessions": ended})
    return pages.go_to(f"/users/{user_id}")


def somebody(connection: Connection, user_id: int) -> Person:
    """The user that an address names.

    Raises:
        NotFound: there is none.
    """
    found = people.of_user(connection, user_id) if 0 < user_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such user.", fix="Look for them in the list of users.")
    return found


def _page(request: Request, connection: Connection, user_id: int) -> Response:
    chosen = somebody(connection, user_id)
    clock = request.app.state.clock
    teams: list[dict[str, Any]] = []
    for team in chosen.teams:
        today = clock.today(team.time_zone)
        days = days_of_team(
            connection,
            team.team_id,
            user_id,
            first=today - _DAYS_BACK,
            last=today + _DAYS_AHEAD,
            today=today,
        )
        teams.append({"team": team, "days": days})
    actions = connection.execute(
        SQL["actions"], {"user_id": user_id, "before": None, "limit": 10}
    ).fetchall()
    return pages.page(
        request,
        "operator/user.html",
        chosen=chosen,
        teams=teams,
        named={row.team_id for row in connection.execute(SQL["named_captain_of"], [user_id])},
        sessions=connection.execute(SQL["sessions_of_user"], [user_id]).fetchone(),
        actions=actions,
        words=WORD_OF_STATUS,
        local=clock.local,
    )
