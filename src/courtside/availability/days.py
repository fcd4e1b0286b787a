"""Everything that the page of a team shows about its days, for one person."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from courtside.availability import events as team_events
from courtside.availability.answers import SQL, WORD_OF_STATUS, Answer, of_row
from courtside.availability.events import Event, TeamDay
from courtside.site.database import Connection

_NO_ANSWER = "none"
OFF_ROSTER = "not on the roster"


@dataclass(frozen=True)
class Standing:
    """Who said what for one day. Names are in the roster's order."""

    none: list[str]
    in_: list[str]
    out: list[str]
    maybe: list[str]

    def groups(self) -> list[tuple[str, str, list[str]]]:
        """(key, heading, names), those without an answer first; empty groups are left out."""
        groups = [
            ("none", "No answer yet", self.none),
            ("in", "In", self.in_),
            ("out", "Out", self.out),
            ("maybe", "Maybe", self.maybe),
        ]
        return [group for group in groups if group[2]]

    def in_words(self) -> str:
        """``7 in · 2 out · 1 maybe · 4 no answer``."""
        return (
            f"{len(self.in_)} in · {len(self.out)} out · {len(self.maybe)} maybe · "
            f"{len(self.none)} no answer"
        )


@dataclass(frozen=True)
class Day:
    """One card: a day on which the team plays.

    Attributes:
        answer: what stands for this person.
        previous: the status before the last change, as a word, to undo it with.
        author: who set the answer, where it was somebody else.
        changes: what is different since it was answered.
    """

    day: datetime.date
    team_id: int
    events: list[Event]
    answer: Answer
    standing: Standing
    previous: str
    author: str
    changes: list[str]
    is_past: bool

    @property
    def word(self) -> str:
        """``in``, ``out``, ``maybe`` or ``clear``."""
        return WORD_OF_STATUS[self.answer.status]

    @property
    def is_off(self) -> bool:
        """Nothing of the day is played."""
        return all(event.is_retired for event in self.events)


def days_of_team(
    connection: Connection,
    team_id: int,
    user_id: int,
    *,
    first: datetime.date,
    last: datetime.date,
    today: datetime.date,
) -> list[Day]:
    """The days from ``first`` to ``last`` on which the team plays, as the user sees them."""
    found = team_events.days_of(connection, team_id, first, last)
    players = team_events.roster(connection, team_id) if found else []
    return days_of_events(connection, team_id, user_id, players, found, today=today)


def days_of_events(
    connection: Connection,
    team_id: int,
    user_id: int,
    players: list[Any],
    events: list[TeamDay],
    *,
    today: datetime.date,
) -> list[Day]:
    """These days of a team with this roster, as the user sees them."""
    if not events:
        return []
    span = {"team_id": team_id, "first": events[0].day, "last": events[-1].day}
    answers: defaultdict[datetime.date, list[Any]] = defaultdict(list)
    for row in connection.execute(SQL["answers_of_team"], span):
        answers[row.day].append(row)
    changes = {
        row.day: row
        for row in connection.execute(SQL["last_changes_of_user"], {**span, "user_id": user_id})
    }
    made = []
    for day, of_day in events:
        mine = next((row for row in answers[day] if row.user_id == user_id), None)
        answer = of_row(mine)
        last_change = changes.get(day)
        answered_for = last_change.events if last_change and answer.status is not None else None
        made.append(
            Day(
                day=day,
                team_id=team_id,
                events=of_day,
                answer=answer,
                standing=standing_of(players, answers[day]),
                previous=WORD_OF_STATUS[last_change.old_status] if last_change else "clear",
                author=(
                    last_change.author if last_change and last_change.changed_by != user_id else ""
                ),
                changes=team_events.changes(answered_for, of_day)
                if answered_for is not None
                else [],
                is_past=day < today,
            )
        )
    return made


def standing_of(players: Iterable[Any], answers: Iterable[Any]) -> Standing:
    """Everyone on the roster, and whoever answered without being on it (any more).

    Args:
        players: rows with ``user_id`` and ``name``.
        answers: rows of one day, with ``user_id``, ``status`` and ``name``.
    """
    of_user = {row.user_id: row for row in answers if row.status is not None}
    names: dict[str, list[str]] = {"in": [], "out": [], "maybe": [], _NO_ANSWER: []}
    seen = set()
    for player in players:
        given = of_user.get(player.user_id)
        names[WORD_OF_STATUS[given.status] if given else _NO_ANSWER].append(player.name)
        seen.add(player.user_id)
    for user_id, given in of_user.items():
        if user_id not in seen:
            names[WORD_OF_STATUS[given.status]].append(f"{given.name} ({OFF_ROSTER})")
    return Standing(names[_NO_ANSWER], names["in"], names["out"], names["maybe"])
