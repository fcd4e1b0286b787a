"""Personal tokens. The database keeps their hashes; a token is shown once."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from courtside.site.database import Connection
from courtside.site.failures import Failure
from seawall import queries

SQL = queries.load("courtside.api")

MOST_TOKENS = 20
LONGEST_NAME = 60
DAYS = (30, 90, 365)
# Lets a token be recognised where it leaked.
_PREFIX = "courtside_"


class TooManyTokens(Failure):
    """The user has as many tokens as anybody may have."""

    status = 422
    title = f"You have {MOST_TOKENS} tokens already"
    fix = "Revoke one that you no longer need."


def create(connection: Connection, user_id: int, name: str, *, may_write: bool, days: int) -> str:
    """Make a token and return it; nothing else ever shows it again. Call it in a transaction.

    Raises:
        TooManyTokens: the user has ``MOST_TOKENS`` already.
    """
    connection.execute(SQL["lock_user"], [user_id])
    if len(of_user(connection, user_id)) >= MOST_TOKENS:
        raise TooManyTokens
    token = _PREFIX + secrets.token_urlsafe(32)
    arguments = {
        "hash": _hash(token),
        "user_id": user_id,
        "name": name,
        "may_write": may_write,
        "days": days,
    }
    connection.execute(SQL["add_token"], arguments)
    return token


def of_user(connection: Connection, user_id: int) -> list[Any]:
    """A user's tokens that work, newest first."""
    return connection.execute(SQL["tokens_of_user"], [user_id]).fetchall()


def revoke(connection: Connection, user_id: int, token_id: int) -> bool:
    """End one of the user's tokens; returns whether there was one."""
    return connection.execute(SQL["revoke"], [token_id, user_id]).rowcount == 1


def find(connection: Connection, token: str) -> Any | None:
    """``user_id`` and ``may_write`` of a token; None where it does not work (any more)."""
    return connection.execute(SQL["token"], [_hash(token)]).fetchone()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
