"""Which players a user is: candidates by league, club, series and name, never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from courtside.accounts.people import SQL, Person
from courtside.site import search
from courtside.site.database import Connection
from courtside.site.failures import NotFound

MOST_CANDIDATES = 30
Outcome: TypeAlias = Literal["linked", "ambiguous", "taken"]


@dataclass(frozen=True)
class Wanted:
    """What somebody says of themselves; ``""`` for a club or series that they left open."""

    league_id: int
    club: str
    series: str
    name: str


def candidates(connection: Connection, wanted: Wanted) -> list[Any]:
    """Players whose name holds all words of ``wanted.name``, at most ``MOST_CANDIDATES``.

    Each has ``player_id``, ``name``, ``teams`` and ``user_id`` (None where free).
    """
    arguments = {
        "league_id": wanted.league_id,
        "club": wanted.club,
        "series": wanted.series,
        "patterns": search.patterns(wanted.name),
        "limit": MOST_CANDIDATES,
    }
    return connection.execute(SQL["candidates"], arguments).fetchall()


def claim(connection: Connection, person: Person, player_id: int, wanted: Wanted) -> Outcome:
    """Link the user with one of the candidates, or ask for it where that is not for us to say.

    The candidates are looked up again: an id that is not among them is nobody's.

    Raises:
        NotFound: the player is not among the candidates.
    """
    found = {row.player_id: row for row in candidates(connection, wanted)}
    if player_id not in found:
        raise NotFound
    chosen = found[player_id]
    if chosen.user_id == person.user_id:
        return "linked"
    same = connection.execute(SQL["same_name_on_same_teams"], [player_id]).fetchone()
    outcome: Outcome = "linked"
    if same and same.count:
        outcome = "ambiguous"
    elif not connection.execute(SQL["link"], [person.user_id, player_id]).rowcount:
        outcome = "taken"
    if outcome != "linked":
        connection.execute(SQL["ask_for_link"], [person.user_id, player_id, outcome])
    return outcome


def to_decide(connection: Connection, person: Person) -> list[Any]:
    """Requests that this person may decide: an operator all, a captain those of their teams."""
    arguments = {
        "user_id": person.user_id,
        "is_operator": person.is_operator,
        "team_ids": [team.team_id for team in person.teams if team.is_captain],
    }
    return connection.execute(SQL["open_requests_to_decide"], arguments).fetchall()


def decide(connection: Connection, person: Person, request_id: int, *, approve: bool) -> bool:
    """Approve or decline a request; returns whether an approval came too late (player taken).

    Raises:
        NotFound: it is not open, or not this person's to decide.
    """
    if request_id not in {row.id for row in to_decide(connection, person)}:
        raise NotFound
    row = connection.execute(
        SQL["decide_request"], [person.user_id, approve, request_id]
    ).fetchone()
    if row is None:
        raise NotFound
    if not approve:
        return False
    return not connection.execute(SQL["link"], [row.user_id, row.player_id]).rowcount
