"""Captains whom operators name, beside those whom the feed marks."""

from __future__ import annotations

from courtside.accounts.people import Person
from courtside.operator import record
from courtside.site.database import Connection
from seawall import queries

_SQL = queries.load("courtside.captain")


def name(connection: Connection, person: Person, user_id: int, team_id: int, team: str) -> None:
    """Name a user captain of a team, and put it on record; nothing where they are named already."""
    if connection.execute(_SQL["name_captain"], [team_id, user_id, person.user_id]).rowcount:
        details = {"team": team, "team_id": team_id}
        record.add(connection, person, "name captain", user_id=user_id, details=details)


def end(connection: Connection, person: Person, user_id: int, team_id: int, team: str) -> None:
    """End it, and put it on record; nothing where they are not named."""
    if connection.execute(_SQL["end_captain"], [person.user_id, team_id, user_id]).rowcount:
        details = {"team": team, "team_id": team_id}
        record.add(connection, person, "end captain", user_id=user_id, details=details)
