"""The people of the demo: sixty who answered before the reload, and one who goes on during it."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg

from seawall import queries

LEAGUE = "APTA_CHICAGO"
INCIDENT_TEAM = "Tennaqua - 22"
INCIDENT_DAY = datetime.date(2024, 9, 24)
INCIDENT_USER = 43
INCIDENT_STATUS = 1
INCIDENT_NOTE = "in, and I can bring balls"

_USERS = 60
_OF_INCIDENT_TEAM, _OF_LEAVING_TEAM = 8, 4
_ANSWERS_PER_SECOND = 50

SQL = queries.load("courtside.demo")


@dataclass(frozen=True)
class Spot:
    """A player on a team's roster."""

    player_id: int
    player_name: str
    team_id: int
    team_name: str


@dataclass(frozen=True)
class Cast:
    """Who was added. Team names stand for their kept ids in ``team_ids``."""

    incident_user_id: int
    background_user_id: int
    users: int
    answers: int
    team_ids: dict[str, int]


def add_users(
    connection: psycopg.Connection[Any], *, today: datetime.date, leaving_team: str
) -> Cast:
    """Add sixty users with links and answers, the incident's case among them.

    Args:
        today: users answer for days from this one on.
        leaving_team: a team that some of them refer to and that the next scrape will not have.
    """
    spots = [Spot(*row) for row in connection.execute(SQL["roster_spots"], [LEAGUE])]
    answers = 0
    incident_user_id = 0
    with connection.transaction():
        for number, spot in enumerate(_chosen(spots, leaving_team), start=1):
            user_id = _add_user(connection, number, spot.player_name)
            connection.execute(SQL["link_to_player"], [user_id, spot.player_id])
            ids = {"user_id": user_id, "team_id": spot.team_id}
            answered = connection.execute(
                SQL["answer_the_next_five_days"], {**ids, "today": today}
            )
            answers += answered.rowcount
            if number == INCIDENT_USER:
                incident_user_id = user_id
                case = [user_id, INCIDENT_DAY, spot.team_id, INCIDENT_STATUS, INCIDENT_NOTE]
                connection.execute(SQL["answer"], case)
                answers += 1
                connection.execute(SQL["enter_practice"], [spot.team_id, today, user_id])
                connection.execute(SQL["enter_address"], [spot.team_id])
        background_user_id = _add_user(connection, _USERS + 1, "Background User")
    team_ids = {spot.team_name: spot.team_id for spot in spots}
    return Cast(incident_user_id, background_user_id, _USERS, answers, team_ids)


def _add_user(connection: psycopg.Connection[Any], number: int, name: str) -> int:
    row = connection.execute(SQL["add_user"], [f"user{number}@example.org", name]).fetchone()
    assert row is not None
    return row[0]


def _chosen(spots: list[Spot], leaving_team: str) -> list[Spot]:
    """Sixty persons, each once: some of two teams, the others from everywhere."""
    of_incident_team = [spot for spot in spots if spot.team_name == INCIDENT_TEAM]
    of_leaving_team = [spot for spot in spots if spot.team_name == leaving_team]
    wanted = of_incident_team[:_OF_INCIDENT_TEAM] + of_leaving_team[:_OF_LEAVING_TEAM] + spots
    chosen = list({spot.player_id: spot for spot in reversed(wanted)}.values())[::-1][:_USERS]
    place = INCIDENT_USER - 1
    chosen[0], chosen[place] = chosen[place], chosen[0]
    return chosen


@dataclass
class BackgroundUser(threading.Thread):
    """Answers, changes answers and takes them back, about fifty times a second, until stopped."""

    url: str
    user_id: int
    team_ids: list[int]
    first_day: datetime.date
    answers: dict[tuple[datetime.date, int], int] = field(default_factory=dict)
    written: int = 0
    slowest_seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(name="background user", daemon=True)
        self._ended = threading.Event()

    # A thread is found by its identity; two are never equal.
    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Write until ``stop``; what went wrong is in ``errors``."""
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                for write in self._writes(connection):
                    started = time.perf_counter()
                    write()
                    taken = time.perf_counter() - started
                    self.written += 1
                    self.slowest_seconds = max(self.slowest_seconds, taken)
                    if self._ended.wait(max(0.0, 1 / _ANSWERS_PER_SECOND - taken)):
                        return
        except psycopg.Error as error:
            self.errors.append(str(error).strip())

    def stop(self) -> None:
        """End after the write that is under way."""
        self._ended.set()
        self.join()

    def lost(self, connection: psycopg.Connection[Any]) -> int:
        """How many answers are not in the database as they were written, or are there unasked."""
        found = {
            (day, team_id): status
            for day, team_id, status in connection.execute(SQL["answers_of"], [self.user_id])
        }
        return len(set(found.items()) ^ set(self.answers.items()))

    def _writes(self, connection: psycopg.Connection[Any]) -> Iterator[Any]:
        """Of five writes three are new answers, one changes an answer and one takes one back."""
        for number in count():
            yield lambda: self._answer(connection, number)
            yield lambda: self._answer(connection, number + 1)
