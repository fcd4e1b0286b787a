"""Find yourself among the players; decide about those whom the site cannot tell apart."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from courtside.accounts import linking
from courtside.accounts.linking import Wanted
from courtside.accounts.people import SQL, Person, SignedIn
from courtside.site import pages
from courtside.site.failures import Failure, NotFound
from courtside.site.forgery import Form, whole_number

router = APIRouter()


class PlayerTaken(Failure):
    """The player has an account by now."""

    status = 409
    title = "This player already has an account"
    fix = "The request was left open. Decline it, or ask the operator to end the other link."


@router.get("/find-yourself")
def find_yourself(
    request: Request,
    person: SignedIn,
    league: str = "",
    club: str = "",
    series: str = "",
    name: str = "",
) -> Response:
    """The form, and the candidates where somebody asked for some."""
    wanted = _wanted({"league": league, "club": club, "series": series, "name": name})
    return _page(request, person, whole_number(league) or 0, wanted)


@router.post("/find-yourself")
def claim(request: Request, person: SignedIn, form: Form) -> Response:
    """“This is me.”"""
    wanted = _wanted(form)
    if wanted is None:
        raise NotFound
    request.app.state.rate_limits.search(person.user_id)
    player_id = whole_number(form.get("player", "")) or 0
    with request.app.state.database.transaction() as connection:
        outcome = linking.claim(connection, person, player_id, wanted)
    if outcome == "linked":
        return pages.go_to("/availability")
    return pages.go_to("/find-yourself")


@router.get("/link-requests")
def link_requests(request: Request, person: SignedIn) -> Response:
    """Requests that this captain or operator may decide."""
    if not person.is_operator and not any(team.is_captain for team in person.teams):
        raise NotFound
    with request.app.state.database.connected() as connection:
        found = linking.to_decide(connection, person)
    return pages.page(request, "accounts/link_requests.html", requests=found)


@router.post("/link-requests/{request_id}")
def decide(request: Request, person: SignedIn, request_id: int, form: Form) -> Response:
    """Approve or decline."""
    if form.get("decision") not in ("approve", "decline"):
        raise NotFound
    with request.app.state.database.transaction() as connection:
        approve = form["decision"] == "approve"
        if linking.decide(connection, person, request_id, approve=approve):
            raise PlayerTaken
    return pages.go_to("/link-requests")


def _page(request: Request, person: Person, league_id: int, wanted: Wanted | None) -> Response:
    if wanted:
        request.app.state.rate_limits.search(person.user_id)
    with request.app.state.database.connected() as connection:

        def rows(name: str, argument: int) -> list[Any]:
            return connection.execute(SQL[name], [argument]).fetchall()

        context = {
            "leagues": connection.execute(SQL["leagues"]).fetchall(),
            "clubs": rows("clubs_of_league", league_id) if league_id else [],
            "series": rows("series_of_league", league_id) if league_id else [],
            "players": rows("players_of_user", person.user_id),
            "requests": rows("open_requests_of_user", person.user_id),
            "candidates": linking.candidates(connection, wanted) if wanted else None,
        }
    league = next((row for row in context["leagues"] if row.id == league_id), None)
    return pages.page(
        request, "accounts/find_yourself.html", league=league, wanted=wanted, **context
    )


def _wanted(said: dict[str, str]) -> Wanted | None:
    name, league_id = (
        " ".join(said.get("name", "").split())[:100],
        whole_number(said.get("league", "")),
    )
    if not name or not league_id or "\x00" in "".join(said.values()):
        return None
    return Wanted(league_id, said.get("club", "").strip(), said.get("series", "").strip(), name)
