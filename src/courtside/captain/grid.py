"""Players × days: the same answers that the players' own pages show, as a captain needs them."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from courtside.availability import events as team_events
from courtside.availability.answers import SQL, WORD_OF_STATUS, Answer, of_row
from courtside.availability.days import OFF_ROSTER, Standing, standing_of
from courtside.availability.events import Event, TeamDay
from courtside.site.database import Connection

_NO_ANSWER = Answer()


@dataclass(frozen=True)
class GridDay:
    """One column: a day on which the team plays or practises."""

    day: datetime.date
    events: list[Event]
    standing: Standing

    @property
    def is_off(self) -> bool:
        """Nothing of the day is played."""
        return all(event.is_retired for event in self.events)

    def in_words(self) -> str:
        """``Tennaqua - 22 against Valley Lo - 22; Practice``."""
        return "; ".join(
            ("Practice" if event.kind == "practice" else f"{event.home} against {event.away}")
            + (f" ({event.fate})" if event.is_retired else "")
            for event in self.events
        )


@dataclass(frozen=True)
class GridRow:
    """One player.

    Attributes:
        user_id: None where nobody has an account for this player: then nobody can answer.
        answers: what stands, by day; a day is missing where nothing ever stood.
        is_on_roster: the feed has the player on the team; otherwise it had.
    """

    user_id: int | None
    name: str
    answers: dict[datetime.date, Answer]
    is_on_roster: bool

    @property
    def name_with_rider(self) -> str:
        """The name, with ``(not on the roster)`` behind it where that is so."""
        return self.name if self.is_on_roster else f"{self.name} ({OFF_ROSTER})"

    def answer(self, day: datetime.date) -> Answer:
        """What stands for a day."""
        return self.answers.get(day, _NO_ANSWER)

    def word(self, day: datetime.date) -> str:
        """``in``, ``out``, ``maybe`` or ``clear``."""
        return WORD_OF_STATUS[self.answer(day).status]

    def cells(self, days: Iterable[GridDay]) -> list[tuple[datetime.date, str, bool]]:
        """(day, word, whether there is a note) for each of the days."""
        answers = [(one.day, self.answer(one.day)) for one in days]
        return [(day, WORD_OF_STATUS[given.status], bool(given.note)) for day, given in answers]


@dataclass(frozen=True)
class Grid:
    """Days in order; players with those first who have not answered for the earliest of them."""

    days: list[GridDay]
    rows: list[GridRow]

    def notes(self) -> Iterator[tuple[GridDay, list[tuple[str, str]]]]:
        """Days that have notes, each with (name, note)."""
        for day in self.days:
            found = [
                (row.name_with_rider, row.answer(day.day).note)
                for row in self.rows
                if row.answer(day.day).note
            ]
            if found:
                yield day, found


def of_team(
    connection: Connection, team_id: int, *, first: datetime.date, last: datetime.date, most: int
) -> Grid:
    """The grid of at most ``most`` days from ``first`` to ``last`` on which the team plays."""
    found = team_events.days_of(connection, team_id, first, last)
    return of_days(connection, team_id, team_events.roster(connection, team_id), found[:most])


def of_days(
    connection: Connection, team_id: int, players: list[Any], events: list[TeamDay]
) -> Grid:
    """The grid of these days, for a team with this roster."""
    of_day: defaultdict[datetime.date, list[Any]] = defaultdict(list)
    of_user: defaultdict[int, dict[datetime.date, Answer]] = defaultdict(dict)
    names = {}
    shown = {day for day, _ in events}
    if shown:
        span = {"team_id": team_id, "first": min(shown), "last": max(shown)}
        for row in connection.execute(SQL["answers_of_team"], span):
            if row.day in shown:
                of_day[row.day].append(row)
                of_user[row.user_id][row.day] = of_row(row)
                names[row.user_id] = row.name
    rows = [
        GridRow(player.user_id, player.name, of_user.get(player.user_id, {}), is_on_roster=True)
        for player in players
    ]
    on_roster = {player.user_id for player in players}
    rows += [
        GridRow(user_id, names[user_id], answers, is_on_roster=False)
        for user_id, answers in of_user.items()
        if user_id not in on_roster
        and any(answer.status or answer.note for answer in answers.values())
    ]
    coming = [day for day, of in events if not all(event.is_retired for event in of)]

    def place(row: GridRow) -> tuple[object, ...]:
        # Who could answer and did not comes first, then who has no account, then who answered.
        answered = tuple(row.answer(day).status is not None for day in coming)
        return (not row.is_on_roster, answered[:1], row.user_id is None, answered)

    rows.sort(key=place)  # stable: equals stay in the roster's order
    days = [GridDay(day, of, standing_of(players, of_day[day])) for day, of in events]
    return Grid(days, rows)
