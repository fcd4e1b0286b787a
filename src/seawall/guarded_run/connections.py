"""Who is connected to the database while the command runs."""

from __future__ import annotations

from typing import Any

import psycopg

_OTHERS = """
SELECT pid, backend_start::text, coalesce(usename, ''), application_name
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
  AND backend_type = 'client backend'
"""


class Watch:
    """Looks at the server's list of sessions again and again.

    A session of the command that carries the setting is known by its application name. Every other
    one may be a user's, or the command's own by a way that the setting does not take.
    """

    def __init__(self, connection: psycopg.Connection[Any], mark: str) -> None:
        self._connection = connection
        self._mark = mark
        self._armed: set[tuple[int, str]] = set()
        self._others: dict[tuple[int, str], str] = {}
        self.broken = ""

    def look(self) -> None:
        """Note who is there now. A connection that breaks is remembered, not raised."""
        if self.broken:
            return
        try:
            for pid, started, user, name in self._connection.execute(_OTHERS):
                if self._mark in name:
                    self._armed.add((pid, started))
                    self._others.pop((pid, started), None)
                elif (pid, started) not in self._armed:
                    self._others[pid, started] = f"{name or 'no name'} ({user or 'hidden'})"
        except psycopg.Error as error:
            self.broken = str(error).strip().partition("\n")[0]

    @property
    def armed(self) -> int:
        """Sessions of the command that were seen with the guards armed."""
        return len(self._armed)

    @property
    def others(self) -> list[str]:
        """Other sessions that were there meanwhile: application name and role of each."""
        return sorted(self._others.values())
