"""The people of the tests, and a browser's way to be one of them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

import psycopg
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

LEAGUE = "APTA_CHICAGO"
TEAM = "Tennaqua - 22"
OPPONENT = "Valley Lo - 22"
INCIDENT_DAY = datetime.date(2024, 9, 24)
TODAY = datetime.date(2024, 9, 20)
PASSWORD = "correct horse battery"
# Weak on purpose: tests check many passwords, and the parameters stand in the hash.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Member:
    """One of the cast."""

    user_id: int
    email: str
    name: str
    player_id: int | None = None


@dataclass(frozen=True)
class Cast:
    """Owner and team mate play for ``TEAM``, the mate is its captain, the stranger plays elsewhere.

    The operator plays nowhere; the newcomer has an account and is nobody yet.
    """

    owner: Member
    mate: Member
    stranger: Member
    operator: Member
    newcomer: Member
    team_id: int
    other_team_id: int


def add_cast(connection: psycopg.Connection[Any]) -> Cast:
    """Add the cast to a database with a scrape in it."""
    team_id = team(connection, TEAM)
    other = connection.execute(
        """
        SELECT t.id FROM teams t JOIN leagues l ON l.id = t.league_id
        WHERE l.code = %s AND t.name NOT IN (%s, %s)
            AND (SELECT count(*) FROM rosters r WHERE r.team_id = t.id) > 2
            AND NOT EXISTS (
                SELECT FROM rosters r JOIN rosters o ON o.player_id = r.player_id
                WHERE r.team_id = t.id AND o.team_id = %s
            )
        ORDER BY t.name
        """,
        [LEAGUE, TEAM, OPPONENT, team_id],
    ).fetchone()
    assert other
    # People of this team alone, so that who sees what depends on nothing else.
    ours = spots(connection, team_id)
    theirs = spots(connection, other[0])
    connection.execute(
        "UPDATE rosters SET captain = CASE WHEN player_id = %s THEN 'captain' ELSE 'player' END"
        " WHERE team_id = %s",
        [ours[1][0], team_id],
    )
    return Cast(
        owner=add_member(connection, "owner", *ours[0]),
        mate=add_member(connection, "mate", *ours[1]),
        stranger=add_member(connection, "stranger", *theirs[0]),
        operator=add_member(connection, "operator", None, "Olive Operator", operator=True),
        newcomer=add_member(connection, "newcomer", None, "Nick Newcomer"),
        team_id=team_id,
        other_team_id=other[0],
    )


def team(connection: psycopg.Connection[Any], name: str) -> int:
    row = connection.execute(
        "SELECT t.id FROM teams t JOIN leagues l ON l.id = t.league_id"
        " WHERE l.code = %s AND t.name = %s",
        [LEAGUE, name],
    ).fetchone()
    assert row, name
    return row[0]


def spots(connection: psycopg.Connection[Any], team_id: int) -> list[tuple[int, str]]:
    """(player id, name) of those who play for this team and no other."""
    return connection.execute(
        """
        SELECT p.id, concat_ws(' ', p.first_name, p.last_name) FROM rosters r
        JOIN players p ON p.id = r.player_id
        WHERE r.team_id = %s
            AND (SELECT count(*) FROM rosters o WHERE o.player_id = p.id) = 1
        ORDER BY p.source_id
        """,
        [team_id],
    ).fetchall()


def add_member(
    connection: psycopg.Connection[Any],
    word: str,
    player_id: int | None,
    name: str,
    *,
    operator: bool = False,
) -> Member:
    email = f"{word}@example.org"
    row = connection.execute(
        "INSERT INTO users (email, display_name) VALUES (%s, %s) RETURNING id", [email, name]
    ).fetchone()
    assert row
    user_id = row[0]
    connection.execute(
        "INSERT INTO user_passwords (user_id, hash) VALUES (%s, %s)", [user_id, PASSWORD_HASH]
    )
    if player_id:
        connection.execute(
            "INSERT INTO user_player_associations (user_id, player_id) VALUES (%s, %s)",
            [user_id, player_id],
        )
    if operator:
        connection.execute("INSERT INTO operators (user_id) VALUES (%s)", [user_id])
    return Member(user_id, email, name, player_id)


def csrf_token(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf-token" content="(\w+)"', page)
    assert found, page
    return found[1]


class Visitor:
    """A browser without a window: it keeps cookies, and sends forms as pages have them."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._tokens: dict[str, str] = {}

    def get(self, address: str, **headers: str) -> Any:
        """The response; redirects are not followed."""
        return self.client.get(address, headers=headers, follow_redirects=False)

    def token(self) -> str:
        """The token of a page that this browser was shown; it lasts as long as the cookie."""
        cookies = str(self.client.cookies.jar)
        if cookies not in self._tokens:
            token = csrf_token(self.client.get("/account", follow_redirects=True).text)
            # A browser's first page gives it its cookie.
            cookies = str(self.client.cookies.jar)
            self._tokens[cookies] = token
        return self._tokens[cookies]

    def post(self, address: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """Send a form with this browser's token; redirects are not followed."""
        fields = {"csrf_token": self.token(), **fields}
        return self.client.post(address, data=fields, headers=headers, follow_redirects=False)

    def tap(self, address: str, **fields: str) -> Any:
        """Send a form as the script does: the answer is the part of the page that changed."""
        return self.post(address, {"X-Courtside-Fragment": "1"}, **fields)

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        return self.post("/sign-in", email=email, password=password)


class Program:
    """A program with somebody's token."""

    def __init__(self, client: TestClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def send(self, method: str, address: str, **named: Any) -> Any:
        headers = {**self.headers, **named.pop("headers", {})}
        return self.client.request(method, f"/api/v1{address}", headers=headers, **named)

    def get(self, address: str) -> Any:
        return self.send("GET", address)
