"""Who is asking. The server decides it, by the session alone; no id from a client is trusted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from courtside.site import forgery
from courtside.site.database import Connection
from courtside.site.failures import NotFound, SignInNeeded
from seawall import queries

SQL = queries.load("courtside.accounts")


@dataclass(frozen=True)
class Team:
    """A team that a user plays for.

    Attributes:
        label: the series as the league calls it, such as ``Series 22``; may be empty.
        time_zone: the zone of the team's club; None where nobody entered one.
        is_captain: the feed marks the user as captain or co-captain, or an operator named them.
        is_current: the feed has the user on this team; otherwise it had.
        is_retired: the feed no longer has the team.
    """

    team_id: int
    name: str
    label: str
    league: str
    club: str
    time_zone: str | None
    player_id: int
    is_captain: bool
    is_current: bool
    is_retired: bool


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, with the teams of all players that they are."""

    user_id: int
    email: str
    display_name: str
    is_operator: bool
    chosen_team_id: int | None
    teams: tuple[Team, ...]

    def team(self, team_id: int) -> Team:
        """One of this person's teams.

        Raises:
            NotFound: it is not theirs; whether it exists is not told.
        """
        for team in self.teams:
            if team.team_id == team_id:
                return team
        raise NotFound

    @property
    def chosen_team(self) -> Team | None:
        """The team that pages show first: the chosen one, else the first; None without any."""
        for team in self.teams:
            if team.team_id == self.chosen_team_id:
                return team
        return self.teams[0] if self.teams else None


def session_hash(browser_id: str) -> bytes:
    """What the database keeps of a session's id."""
    return hashlib.sha256(browser_id.encode()).digest()


def of_user(connection: Connection, user_id: int) -> Person | None:
    """A person by user id; None where there is none."""
    return _person(connection, connection.execute(SQL["person"], [user_id]).fetchone())


def of_session(connection: Connection, browser_id: str) -> Person | None:
    """The person whose session a browser has; None where there is none, or it ran out."""
    found = connection.execute(SQL["person_of_session"], [session_hash(browser_id)])
    return _person(connection, found.fetchone())


def somebody(request: Request) -> Person | None:
    """Who is signed in in this browser; None where nobody is."""
    browser_id = forgery.browser_id(request)
    state = request.scope["state"]
    state["person"] = None
    if state["browser_id_is_new"]:
        return None
    with request.app.state.database.connected() as connection:
        person = of_session(connection, browser_id)
    if person:
        state["person"] = person
        state["user_id"] = person.user_id
    return person


def signed_in(somebody: Annotated[Person | None, Depends(somebody)]) -> Person:
    """Who is signed in.

    Raises:
        SignInNeeded: nobody is.
    """
    if somebody is None:
        raise SignInNeeded
    return somebody


def operator(person: Annotated[Person, Depends(signed_in)]) -> Person:
    """Who is signed in, where that is an operator.

    Raises:
        SignInNeeded: nobody is signed in.
        NotFound: it is no operator; that there are such pages is not told.
    """
    if not person.is_operator:
        raise NotFound
    return person


def _person(connection: Connection, row: Any | None) -> Person | None:
    if row is None:
        return None
    teams = connection.execute(SQL["teams_of_user"], [row.user_id]).fetchall()
    return Person(*row, teams=tuple(Team(*team) for team in teams))


Somebody = Annotated[Person | None, Depends(somebody)]
SignedIn = Annotated[Person, Depends(signed_in)]
Operator = Annotated[Person, Depends(operator)]
