"""Accounts and sessions in the database. Emails are kept in lower case."""

from __future__ import annotations

import hashlib
import re
import secrets

from courtside.accounts.people import SQL, session_hash
from courtside.site.database import Connection

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+")
_LONGEST_EMAIL = 254


def email_as_kept(text: str) -> str | None:
    """The address in lower case; None where it is none."""
    email = text.strip().lower()
    return email if len(email) <= _LONGEST_EMAIL and _EMAIL.fullmatch(email) else None


def create(connection: Connection, email: str, display_name: str, password_hash: str) -> int | None:
    """Make an account; returns the user's id, or None where the email has an account already."""
    row = connection.execute(
        SQL["add_user"], {"email": email, "name": display_name, "hash": password_hash}
    ).fetchone()
    return row.user_id if row else None


def stored_password(connection: Connection, email: str) -> tuple[int, str] | None:
    """User id and password hash of an email; None where there is no password."""
    row = connection.execute(SQL["password_of"], [email]).fetchone()
    return (row.user_id, row.hash) if row else None


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Set a user's password, end all their sessions and revoke their tokens."""
    connection.execute(SQL["set_password"], [user_id, password_hash])
    connection.execute(SQL["revoke_all_tokens"], [user_id])
    end_all_sessions(connection, user_id)


def start_session(connection: Connection, user_id: int, browser_id: str, days: int) -> None:
    """Let the browser with this id be the user; sessions that ran out are removed."""
    connection.execute(SQL["remove_sessions_that_ran_out"], [user_id])
    connection.execute(SQL["start_session"], [session_hash(browser_id), user_id, days])


def end_session(connection: Connection, browser_id: str) -> None:
    """End one session; nothing happens where there is none."""
    connection.execute(SQL["end_session"], [session_hash(browser_id)])


def end_all_sessions(connection: Connection, user_id: int) -> int:
    """End all sessions of a user; returns how many there were."""
    return connection.execute(SQL["end_all_sessions"], [user_id]).rowcount


def make_reset_token(connection: Connection, user_id: int, hours: int) -> str:
    """A token with which its bearer may choose a new password once; earlier ones are void."""
    token = secrets.token_urlsafe(32)
    connection.execute(SQL["void_resets"], [user_id])
    connection.execute(SQL["add_reset"], [_token_hash(token), user_id, hours])
    return token


def user_of_reset(connection: Connection, token: str) -> str | None:
    """The email of the user whose password the token may set; None where it is not valid."""
    row = connection.execute(SQL["user_of_reset"], [_token_hash(token)]).fetchone()
    return row.email if row else None


def use_reset(connection: Connection, token: str) -> int | None:
    """Use the token up; returns the user's id, or None where it is not valid (any more)."""
    row = connection.execute(SQL["use_reset"], [_token_hash(token)]).fetchone()
    return row.user_id if row else None


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
