"""Who is connected to the database while the command runs."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg

# What other roles' sessions are is hidden from a role without pg_read_all_stats: they count.
_SESSIONS = """
SELECT pid, coalesce(backend_start::text, ''), coalesce(usename, ''), application_name
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
  AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
"""
_OPENED = """
SELECT sessions FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()
"""


class Connections(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of the database while the command ran."""

    armed: int
    """Those of the command that were seen with the guards armed."""
    others: list[str]
    """Those without: application name and role. Users', or the command's by another way."""
    too_short: int
    """Those that came and went between two looks: nobody knows whose they were."""

    @property
    def command_only(self) -> bool:
        """Whatever was written, nobody else was there to write it."""
        return not self.others and not self.too_short


class Watch:
    """Looks at the server's list of sessions again and again, from before the command starts.

    A session of the command that carries the setting is known by its application name.
    """

    def __init__(self, connection: psycopg.Connection[Any], mark: str) -> None:
        self._connection = connection
        self._mark = mark
        self._armed: set[tuple[int, str]] = set()
        self._others: dict[tuple[int, str], str] = {}
        self.broken = ""
        self._present = self._at_start = self.look()
        self._opened = self._count()

    def look(self) -> set[tuple[int, str]]:
        """Note who is there now. A connection that breaks is remembered, not raised."""
        if self.broken:
            return set()
        try:
            rows = self._connection.execute(_SESSIONS).fetchall()
        except psycopg.Error as error:
            self.broken = str(error).strip().partition("\n")[0]
            return set()
        self._present = set()
        for pid, started, user, name in rows:
            session = pid, started
            self._present.add(session)
            if self._mark in name:
                self._armed.add(session)
                self._others.pop(session, None)
            elif session not in self._armed:
                self._others[session] = f"{name or 'no name'} ({user or 'hidden'})"
        return self._present

    def end(self) -> Connections:
        """Look a last time, and say who was there."""
        self.look()
        # A session is counted before it leaves the list: what is not on it now has been counted.
        opened = self._count() - self._opened
        seen = {*self._armed, *self._others} - self._at_start - self._present
        return Connections(
            armed=len(self._armed),
            others=sorted(self._others.values()),
            too_short=max(0, opened - len(seen)),
        )

    def _count(self) -> int:
        if self.broken:
            return 0
        try:
            row = self._connection.execute(_OPENED).fetchone()
        except psycopg.Error as error:
            self.broken = str(error).strip().partition("\n")[0]
            return 0
        return row[0] if row else 0
