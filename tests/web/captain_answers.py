"""Answers that captains give and see: where they are sent, and what the database has of them."""

from __future__ import annotations

from typing import Any

import psycopg
from cast import INCIDENT_DAY, Cast, Member

DAY = INCIDENT_DAY


def answer_address(people: Cast, member: Member) -> str:
    return f"/captain/{people.team_id}/{DAY}/{member.user_id}/status"


def set_answer(
    database: psycopg.Connection[Any], people: Cast, member: Member, status: int, note: str = ""
) -> None:
    database.execute(
        "INSERT INTO player_availability (user_id, match_date, team_id, availability_status, notes)"
        " VALUES (%s, %s, %s, %s, %s)",
        [member.user_id, DAY, people.team_id, status, note or None],
    )


def answers_of(database: psycopg.Connection[Any], member: Member) -> list[Any]:
    return database.execute(
        "SELECT match_date, team_id, availability_status, notes, version FROM player_availability"
        " WHERE user_id = %s ORDER BY 1, 2",
        [member.user_id],
    ).fetchall()
