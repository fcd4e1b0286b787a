"""What a team plays: matches of the feeds and practices of captains, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from courtside.availability.answers import SQL
from courtside.site.clock import day_in_words, time_in_words
from courtside.site.database import Connection

_DIRECTIONS = "https://www.google.com/maps/dir/?api=1&destination="


@dataclass(frozen=True)
class Event:
    """A match or a practice. Its day and time are the club's own, and belong to no zone.

    Attributes:
        home, away: names of teams; ``""`` for a practice.
        is_home: the team that asks plays at home.
        is_retired: the feed no longer has it, or a captain cancelled the practice.
        moved_to: the day to which it was moved, where that is beyond doubt.
    """

    kind: Literal["match", "practice"]
    id: int
    day: datetime.date
    time: datetime.time | None
    home: str
    away: str
    is_home: bool
    place: str
    address: str
    notes: str = ""
    is_retired: bool = False
    moved_to: datetime.date | None = None

    @property
    def opponent(self) -> str:
        """The other team."""
        return self.away if self.is_home else self.home

    @property
    def directions(self) -> str:
        """A link to a map's directions; ``""`` where no place is known."""
        target = ", ".join(filter(None, (self.place, self.address)))
        return _DIRECTIONS + quote(target) if target else ""

    @property
    def fate(self) -> str:
        """What became of it, where it is retired; ``""`` where it is not."""
        if not self.is_retired:
            return ""
        if self.moved_to:
            return f"moved to {day_in_words(self.moved_to)}"
        if self.kind == "practice":
            return "was cancelled"
        return "is no longer on the league’s schedule"

    def as_shown(self) -> dict[str, Any]:
        """What a player sees of it, to be kept with an answer."""
        return {
            "kind": self.kind,
            "id": self.id,
            "title": "Practice" if self.kind == "practice" else f"{self.home} – {self.away}",
            "time": self.time.isoformat("minutes") if self.time else None,
            "place": self.place,
            "off": self.is_retired,
        }


class TeamDay(NamedTuple):
    """A day with what a team plays on it."""

    day: datetime.date
    events: list[Event]


def roster(connection: Connection, team_id: int) -> list[Any]:
    """Everyone whom the feed has on the team: ``player_id``, ``user_id`` (or None) and ``name``."""
    return connection.execute(SQL["players_of_team"], [team_id]).fetchall()


def days_of(
    connection: Connection, team_id: int, first: datetime.date, last: datetime.date
) -> list[TeamDay]:
    """The team's days from ``first`` to ``last``, both included, in order."""
    return [TeamDay(*found) for found in of_team(connection, team_id, first, last).items()]


def of_team(
    connection: Connection, team_id: int, first: datetime.date, last: datetime.date
) -> dict[datetime.date, list[Event]]:
    """The team's events from day ``first`` to ``last``, both included, in order of time."""
    arguments = {"team_id": team_id, "first": first, "last": last}
    found = [
        Event(kind="match", **row._asdict())
        for row in connection.execute(SQL["matches_of_team"], arguments)
    ]
    for row in connection.execute(SQL["practices_of_team"], arguments):
        found.append(
            Event(
                kind="practice",
                id=row.id,
                day=row.day,
                time=row.time,
                home="",
                away="",
                is_home=True,
                place=row.place or row.club,
                address=row.address,
                notes=row.notes,
                is_retired=row.is_retired,
                moved_to=row.moved_to,
            )
        )
    found.sort(key=lambda event: (event.day, event.time or datetime.time.max, event.kind, event.id))
    return {day: list(events) for day, events in groupby(found, key=lambda event: event.day)}


def changes(answered_for: list[dict[str, Any]], now: Iterable[Event]) -> list[str]:
    """What is different on a day since it was answered, in words; none where nothing is."""
    said = []
    before = {(event["kind"], event["id"]): event for event in answered_for}
    for event in now:
        old = before.pop((event.kind, event.id), None)
        name = "Practice" if event.kind == "practice" else "Match"
        if old is None:
            if event.is_retired:
                continue  # it came and went meanwhile
            said.append(f"{name} added: {time_in_words(event.time)}.")
            continue
        shown = event.as_shown()
        if old["time"] != shown["time"]:
            was = datetime.time.fromisoformat(old["time"]) if old["time"] else None
            said.append(f"New time: {time_in_words(event.time)}, was {time_in_words(was)}.")
        if old["place"] != shown["place"]:
            said.append(
                f"New place: {event.place or 'not known'}, was {old['place'] or 'not known'}."
            )
        if old["title"] != shown["title"] and event.kind == "match":
            said.append(f"Now {shown['title']}, was {old['title']}.")
        if old["off"] != shown["off"]:
            gone = f"It {event.fate}."
            said.append(gone if event.is_retired else "It is on the schedule again.")
    said += [f"{old['title']} was cancelled." for old in before.values() if not old["off"]]
    return said
