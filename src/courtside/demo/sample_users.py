"""The people of the demo: sixty who answered before the reload, and one who goes on during it."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
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
PASSWORD = "tennis-on-tuesday"

_USERS = 60
# More than one in twenty of a team that leaves, and the reload would be refused (impact-retired).
_OF_INCIDENT_TEAM, _OF_LEAVING_TEAM = 8, 2
_WRITES_PER_SECOND = 50

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
    """Who was added; ``team_ids`` has the id of every team by name."""

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
            answered = connection.execute(SQL["answer_the_next_five_days"], {**ids, "today": today})
            answers += answered.rowcount
            if number == INCIDENT_USER:
                incident_user_id = user_id
                case = [user_id, INCIDENT_DAY, spot.team_id, INCIDENT_STATUS, INCIDENT_NOTE]
                connection.execute(SQL["answer"], case)
                answers += 1
                connection.execute(SQL["enter_practice"], [spot.team_id, today, user_id])
                connection.execute(SQL["enter_address"], [spot.team_id])
        background_user_id = _add_user(connection, _USERS + 1, "Background User")
        connection.execute(SQL["add_operator"])
        connection.execute(SQL["give_everybody_a_password"], [_password_hash()])
    team_ids = {spot.team_name: spot.team_id for spot in spots}
    return Cast(incident_user_id, background_user_id, _USERS, answers, team_ids)


def _add_user(connection: psycopg.Connection[Any], number: int, name: str) -> int:
    row = connection.execute(SQL["add_user"], [f"user{number}@example.org", name]).fetchone()
    assert row is not None
    return row[0]


def _password_hash() -> str:
    """One hash for all: a slow one each would take longer than everything else."""
    from courtside.accounts.passwords import Passwords

    passwords = Passwords(at_once=1)
    try:
        return passwords.hash(PASSWORD)
    finally:
        passwords.close()


def _chosen(spots: list[Spot], leaving_team: str) -> list[Spot]:
    """Sixty persons, each once: some of two teams, the others from everywhere."""
    of_incident_team = [spot for spot in spots if spot.team_name == INCIDENT_TEAM]
    of_leaving_team = [spot for spot in spots if spot.team_name == leaving_team]
    wanted = of_incident_team[:_OF_INCIDENT_TEAM] + of_leaving_team[:_OF_LEAVING_TEAM] + spots
    by_player: dict[int, Spot] = {}
    for spot in wanted:
        by_player.setdefault(spot.player_id, spot)
    chosen = list(by_player.values())[:_USERS]
    place = INCIDENT_USER - 1
    chosen[0], chosen[place] = chosen[place], chosen[0]
    return chosen


class BackgroundUser(threading.Thread):
    """Answers, changes answers and takes them back, about fifty times a second, until stopped.

    Args:
        url: the database.
        user_id: whose answers.
        team_ids: the teams answered for, in turn.
        first_day: the first day answered for.
    """

    def __init__(
        self, url: str, *, user_id: int, team_ids: Sequence[int], first_day: datetime.date
    ) -> None:
        super().__init__(name="background user", daemon=True)
        self.written = 0
        self.slowest_seconds = 0.0
        self.errors: list[str] = []
        self._url = url
        self._user_id = user_id
        self._team_ids = team_ids
        self._first_day = first_day
        self._answers: dict[tuple[datetime.date, int], int] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        """Write until ``stop``; what went wrong is in ``errors``."""
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                for number in count():
                    started = time.perf_counter()
                    self._write(connection, number)
                    taken = time.perf_counter() - started
                    self.written += 1
                    self.slowest_seconds = max(self.slowest_seconds, taken)
                    if self._ended.wait(max(0.0, 1 / _WRITES_PER_SECOND - taken)):
                        return
        except psycopg.Error as error:
            self.errors.append(str(error).strip())

    def stop(self) -> None:
        """End after the write that is under way."""
        self._ended.set()
        self.join()

    def lost(self, connection: psycopg.Connection[Any]) -> int:
        """How many answers are not there as they were written, or are there though withdrawn."""
        rows = connection.execute(SQL["answers_of"], [self._user_id])
        found = {(day, team_id): status for day, team_id, status in rows}
        return len(dict(found.items() ^ self._answers.items()))

    def _write(self, connection: psycopg.Connection[Any], number: int) -> None:
        """Of five writes three are new answers, one changes an answer, one takes one back."""
        step = number % 5
        day, team_id = self._slot(number - (0, 0, 0, 1, 3)[step])
        status = 1 + number % 3
        if step < 3:
            answer = [self._user_id, day, team_id, status, f"answer {number}"]
            connection.execute(SQL["answer"], answer)
        elif step == 3:
            connection.execute(SQL["change_answer"], [status, self._user_id, day, team_id])
        else:
            connection.execute(SQL["withdraw_answer"], [self._user_id, day, team_id])
            del self._answers[day, team_id]
            return
        self._answers[day, team_id] = status

    def _slot(self, number: int) -> tuple[datetime.date, int]:
        days, place = divmod(number, len(self._team_ids))
        return self._first_day + datetime.timedelta(days=days), self._team_ids[place]
