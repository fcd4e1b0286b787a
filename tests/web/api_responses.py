"""What the API's tests ask of a response, and of the database behind it."""

from __future__ import annotations

from typing import Any

import psycopg
from cast import INCIDENT_DAY

DAY = INCIDENT_DAY


def stands(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(
        "SELECT user_id, match_date, team_id, availability_status, notes, version"
        " FROM player_availability ORDER BY id"
    ).fetchall()


def is_problem(response: Any, status: int, key: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert said["status"] == status
    assert said["type"] == f"/api#{key}"
    assert all(said[name] for name in ("title", "detail", "fix", "request_id"))
    return said
