"""Practices of a team: a series of dates, moves, cancellations. They are users' own rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg.errors import UniqueViolation

from courtside.captain.access import SQL
from courtside.site.database import Connection
from courtside.site.failures import Failure, NotFound, ReadOnly

LONGEST_PLACE, LONGEST_NOTES = 120, 500
MOST_IN_SERIES = 60
_WEEK = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """A practice as a captain enters it. The day and the time are the club's own."""

    day: datetime.date
    time: datetime.time
    place: str
    notes: str


class PracticeTaken(Failure):
    """The team has a practice at that time already."""

    status = 422
    title = "There is a practice at that time already"
    fix = "Nothing was changed. Choose another time."


class PracticeOver(ReadOnly):
    """A practice of the past."""

    title = "This practice is over"


class PracticeStale(Failure):
    """The practice was changed after the page was shown."""

    status = 409
    title = "This practice was changed meanwhile"
    fix = "Nothing was changed. Look at what stands now, and then decide."


def find(connection: Connection, team_id: int, practice_id: int, *, to_change: bool = False) -> Any:
    """A practice of the team; ``to_change`` locks it.

    Raises:
        NotFound: the team has none with this id.
    """
    row = None
    if 0 < practice_id < 2**63:
        statement = SQL["practice" if to_change else "practice_shown"]
        row = connection.execute(statement, [team_id, practice_id]).fetchone()
    if row is None:
        raise NotFound
    return row


def stands(found: Any) -> Wanted:
    """What a practice’s row says, as a captain would enter it."""
    return Wanted(found.day, found.time, found.place, found.notes)


def weekly(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """The same weekday from ``first`` to ``last``, both included."""
    days = [first]
    while len(days) <= MOST_IN_SERIES and last - days[-1] >= _WEEK:
        days.append(days[-1] + _WEEK)
    return days


def add(
    connection: Connection, team_id: int, user_id: int, wanted: Wanted, last: datetime.date
) -> int:
    """Enter one practice a week; returns how many were not there yet."""
    arguments = _arguments(wanted, user_id) | {
        "team_id": team_id,
        "days": weekly(wanted.day, last),
    }
    added = [row.id for row in connection.execute(SQL["add_practices"], arguments)]
    if len(added) > 1:
        connection.execute(SQL["set_series"], [added[0], added])
    return len(added)


def change(connection: Connection, team_id: int, user_id: int, found: Any, wanted: Wanted) -> int:
    """Change a practice in its place, or move it to another day.

    The one that moved stays where it was, cancelled, so that its answers stay with their day.

    Args:
        found: the practice’s row, locked.

    Returns:
        The id of the practice that is on now.

    Raises:
        PracticeTaken: the team has another at that time.
    """
    arguments = _arguments(wanted, user_id)
    with _at_a_free_time(connection):
        if wanted.day == found.day:
            connection.execute(SQL["change_practice"], arguments | {"id": found.id})
            return found.id
        earlier = connection.execute(SQL["came_from"], [found.id, wanted.day]).fetchone()
        if earlier:
            connection.execute(SQL["take_up"], arguments | {"id": earlier.id})
            new_id = earlier.id
        else:
            more = {"team_id": team_id, "series_id": found.series_id}
            row = connection.execute(SQL["add_moved"], arguments | more).fetchone()
            assert row
            new_id = row.id
        connection.execute(SQL["cancel_practice"], [new_id, user_id, found.id])
        return new_id


def cancel(
    connection: Connection, team_id: int, user_id: int, found: Any, *, following: bool
) -> None:
    """Cancel a practice; with ``following``, those of its series that come after it too."""
    connection.execute(SQL["cancel_practice"], [None, user_id, found.id])
    if following and found.series_id:
        arguments = [user_id, team_id, found.series_id, found.day]
        connection.execute(SQL["cancel_series"], arguments)


def put_on_again(connection: Connection, user_id: int, found: Any) -> None:
    """Take back that a practice was cancelled.

    Raises:
        PracticeTaken: by now the team has another at that time.
    """
    with _at_a_free_time(connection):
        connection.execute(SQL["put_on_again"], [user_id, found.id])


@contextmanager
def _at_a_free_time(connection: Connection) -> Iterator[None]:
    """All or nothing; the database knows best whether another practice is there already."""
    try:
        with connection.transaction():
            yield
    except UniqueViolation:
        raise PracticeTaken from None


def _arguments(wanted: Wanted, user_id: int) -> dict[str, Any]:
    return {
        "day": wanted.day,
        "time": wanted.time,
        "place": wanted.place,
        "notes": wanted.notes,
        "user_id": user_id,
    }
