"""Puts guards up and takes them away: one transaction a table, short waits for its lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib import resources
from itertools import groupby
from typing import Any

import msgspec
import psycopg
from psycopg import errors as pg
from psycopg import sql

from seawall import queries
from seawall.catalog.model import Catalogue
from seawall.guards.definition import Guard, expected, tries_sequence
from seawall.guards.state import read_status, rows, standing_triggers
from seawall.manifest import Manifest

_SQL = queries.load("seawall.guards")

# Arbitrary, but for ever: two installations at once take turns.
_GUARD_LOCK = 0x5EA_3A13

# CREATE TRIGGER waits for writers, and whoever comes after waits behind it: so not for long.
_LOCK_TIMEOUT = "2s"
_ATTEMPTS = 5


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, and what could not be."""

    done: tuple[tuple[str, str], ...]
    """(table, trigger)."""
    failed: dict[str, str]
    """Table → why, in the database's words."""


def install(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> Changes:
    """Put up every guard that should stand and does not; take away those nothing asks for.

    Needs the ledger. Can be repeated: what is in force is left alone.
    """
    wanted = {guard.place: guard for guard in expected(manifest, catalogue)}
    work = _Work(connection)
    status = read_status(connection, manifest, catalogue)
    if not status.in_force:
        # First: who still has the functions of another seawall lacks a guard then.
        work.attempt("schema seawall", _put_functions)
        status = read_status(connection, manifest, catalogue)
    standing = {(guard.table, guard.trigger): guard.state for guard in status.guards}
    lacking = [guard for place, guard in wanted.items() if standing[place] != "in force"]
    for table, guards in groupby(lacking, key=lambda guard: guard.table.label):
        those = list(guards)
        work.attempt(table, partial(_put, guards=those), [guard.place for guard in those])
    work.drop(place for place in standing if place not in wanted)
    return work.changes()


def remove(connection: psycopg.Connection[Any]) -> Changes:
    """Take away every guard, what is on record of them, and their functions and sequences."""
    recorded = [(row["table_name"], row["trigger_name"]) for row in rows(connection, "on_record")]
    standing = list(standing_triggers(connection))
    work = _Work(connection)
    work.drop(list(dict.fromkeys([*standing, *recorded])))
    if not work.failed:
        work.attempt("schema seawall", _drop_functions)
    return work.changes()


class _Work:
    """Transactions of one installation: what went in, what did not."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._done: list[tuple[str, str]] = []
        self.failed: dict[str, str] = {}

    def attempt(
        self,
        table: str,
        step: Callable[[psycopg.Connection[Any]], None],
        places: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Do one table's step in its own transaction; again where somebody holds its lock."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._connection.transaction():
                    self._connection.execute(
                        sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT))
                    )
                    self._connection.execute(
                        "SELECT pg_catalog.pg_advisory_xact_lock(%s)", [_GUARD_LOCK]
                    )
                    step(self._connection)
            except (pg.LockNotAvailable, pg.DeadlockDetected) as error:
                self.failed[table] = str(error).strip().partition("\n")[0]
                time.sleep(0.1 * attempt)
            except psycopg.Error as error:
                if self._connection.closed:
                    raise
                self.failed[table] = str(error).strip().partition("\n")[0]
                return
            else:
                self.failed.pop(table, None)
                self._done += places
                return

    def drop(self, places: Iterable[tuple[str, str]]) -> None:
        """Drop triggers and their records, table by table."""
        for table, each in groupby(sorted(places), key=lambda place: place[0]):
            of_table = list(each)
            self.attempt(table, partial(_drop, places=of_table), of_table)

    def changes(self) -> Changes:
        return Changes(done=tuple(self._done), failed=self.failed)


def _put_functions(connection: psycopg.Connection[Any]) -> None:
    connection.execute(resources.files("seawall.guards").joinpath("functions.sql").read_bytes())


def _put(connection: psycopg.Connection[Any], guards: list[Guard]) -> None:
    protects = guards[0].protects
    connection.execute(
        sql.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(
            sql.Identifier("seawall", tries_sequence(protects))
        )
    )
    for guard in guards:
        connection.execute(guard.create())
    standing = standing_triggers(connection)
    for guard in guards:
        connection.execute(
            _SQL["record"],
            {
                "table_name": guard.table.label,
                "trigger_name": guard.name,
                "protects": protects,
                "definition_digest": standing[guard.place]["definition_digest"],
            },
        )


def _drop(connection: psycopg.Connection[Any], places: list[tuple[str, str]]) -> None:
    standing = standing_triggers(connection)
    for place in places:
        trigger = standing.get(place)
        if trigger is not None:
            connection.execute(
                sql.SQL("DROP TRIGGER {} ON {}").format(
                    sql.Identifier(place[1]), sql.Identifier(trigger["schema"], trigger["name"])
                )
            )
        connection.execute(_SQL["forget"], {"table_name": place[0], "trigger_name": place[1]})


def _drop_functions(connection: psycopg.Connection[Any]) -> None:
    connection.execute(_SQL["drop_functions"])
    for row in rows(connection, "tries"):
        connection.execute(
            sql.SQL("DROP SEQUENCE {}").format(sql.Identifier("seawall", row["sequence"]))
        )
