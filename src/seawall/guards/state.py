"""Which guards stand, compared with those that should and with those on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import psycopg
from psycopg.rows import dict_row

from seawall import queries
from seawall.catalog.model import Catalogue, table_label
from seawall.guards.definition import Guard, expected, tries_sequence
from seawall.manifest import Manifest

_SQL = queries.load("seawall.guards")

State = Literal["in force", "missing", "disabled", "altered", "outdated", "not guarded", "surplus"]

_ALWAYS = "A"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one guard stands."""

    table: str
    trigger: str
    protects: str
    state: State

    @property
    def words(self) -> str:
        """The guard and what is wrong with it, in words."""
        return f"{self.trigger} on {self.table} {_WORDS[self.state]}"


_WORDS = {
    "in force": "is in force",
    "missing": "is on record, and gone",
    "disabled": "is disabled, or off in sessions of some replication role",
    "altered": "is not what was installed",
    "outdated": "is not what this manifest and this seawall ask for",
    "not guarded": "was never installed",
    "surplus": "protects nothing that the manifest names",
}


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """All guards of a database."""

    guards: tuple[Standing, ...]

    @property
    def installed(self) -> bool:
        """Some guard is on record."""
        return any(guard.state != "not guarded" for guard in self.guards)

    @property
    def in_force(self) -> bool:
        """Every guard that should stand does, as it was installed."""
        states = {guard.state for guard in self.guards}
        return bool(states) and states <= {"in force", "surplus"}

    @property
    def broken(self) -> list[Standing]:
        """Guards on record that no longer stand as they were installed."""
        return self._in("missing", "disabled", "altered")

    @property
    def not_guarded(self) -> list[str]:
        """Tables that lack a guard that they should have, or have another in its place."""
        lacking = self._in("not guarded", "outdated")
        return list(dict.fromkeys(guard.table for guard in lacking))

    @property
    def guarded(self) -> list[str]:
        """Tables of the manifest all of whose guards are in force."""
        lacking = {g.protects for g in self.guards if g.state not in ("in force", "surplus")}
        return [
            name
            for name in dict.fromkeys(g.protects for g in self._in("in force"))
            if name not in lacking
        ]

    def _in(self, *states: str) -> list[Standing]:
        return [guard for guard in self.guards if guard.state in states]


def read_status(
    connection: psycopg.Connection[Any], manifest: Manifest, catalogue: Catalogue
) -> Status:
    """Look at every guard. Writes nothing, and assigns no transaction number."""
    wanted = {guard.place: guard for guard in expected(manifest, catalogue)}
    recorded = {
        (row["table_name"], row["trigger_name"]): row for row in rows(connection, "on_record")
    }
    standing = standing_triggers(connection)
    found = []
    for place in dict.fromkeys([*wanted, *recorded, *standing]):
        row, guard = recorded.get(place), wanted.get(place)
        trigger = standing.get(place)
        found.append(
            Standing(
                table=place[0],
                trigger=place[1],
                protects=guard.protects if guard else row["protects"] if row else "",
                state=_state(guard, row, trigger),
            )
        )
    return Status(guards=tuple(found))


def _state(guard: Guard | None, row: dict[str, Any] | None, trigger: Any | None) -> State:
    if guard is None:
        return "surplus"  # a partition that was dropped or detached, or another manifest's
    if row is None:
        return "not guarded"
    if trigger is None:
        return "missing"
    if trigger["definition_digest"] != row["definition_digest"]:
        return "altered"
    if trigger["enabled"] != _ALWAYS:
        return "disabled"
    if trigger["type_bits"] != guard.type_bits or not trigger["definition"].endswith(guard.call):
        return "outdated"
    return "in force"


def standing_triggers(
    connection: psycopg.Connection[Any],
) -> dict[tuple[str, str], dict[str, Any]]:
    """Triggers of seawall's that the database has, by (table, trigger)."""
    # How a definition reads depends on the search path. A savepoint that is rolled back sets it
    # for this question alone; the role's own path stays what users' triggers may rely on.
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = pg_catalog")
        return {
            (table_label(row["schema"], row["name"]), row["trigger_name"]): row
            for row in rows(connection, "standing")
        }


def tries(connection: psycopg.Connection[Any], names: Sequence[str]) -> dict[str, int]:
    """How many writes each table's guards have refused since they were installed."""
    counted = {row["sequence"]: row["tries"] for row in rows(connection, "tries")}
    return {
        name: counted[tries_sequence(name)] for name in names if tries_sequence(name) in counted
    }


def rows(connection: psycopg.Connection[Any], query: str, **values: Any) -> list[dict[str, Any]]:
    """Rows of one of this package's named queries."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[query], values).fetchall()
