"""Writes and reads the ledger. The caller owns the transactions."""

from __future__ import annotations

import datetime
import getpass
import os
import platform
import socket
from collections.abc import Iterable, Mapping
from importlib import metadata, resources
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Json, Jsonb

from seawall import queries
from seawall.catalog.model import Catalogue
from seawall.errors import DatabaseError, RunActive
from seawall.manifest import Manifest
from seawall.recall import Equal

_SQL = queries.load("seawall.ledger")
SCHEMA_VERSION = 4

# Arbitrary, but for ever: whoever holds it is the one run of this database.
RUN_LOCK = 0x5EA_3A11
_INSTALL_LOCK = 0x5EA_3A12


def install(connection: psycopg.Connection[Any]) -> None:
    """Create the schemas ``seawall`` and ``seawall_stage`` where they are absent.

    Raises:
        DatabaseError: the schema was made by another version of seawall.
    """
    if installed_version(connection) == SCHEMA_VERSION and _is_stage_there(connection):
        return
    with connection.transaction():
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", [_INSTALL_LOCK])
        version = installed_version(connection)
        if version is None:
            connection.execute(_text_of("schema.sql"))
        elif version != SCHEMA_VERSION:
            raise DatabaseError(
                f"schema seawall has version {version}, this program knows {SCHEMA_VERSION}",
                why="Guessing at another version's ledger could void its evidence.",
                fix="Use the seawall that wrote it.",
            )
        if not _is_stage_there(connection):
            connection.execute(_text_of("stage.sql"))


def _text_of(file: str) -> bytes:
    return resources.files("seawall.ledger").joinpath(file).read_bytes()


def _is_stage_there(connection: psycopg.Connection[Any]) -> bool:
    """Whether staging can begin; people may drop its schema to clean up."""
    present = connection.execute(_SQL["is_stage_there"]).fetchone()
    return present is not None and present[0]


def installed_version(connection: psycopg.Connection[Any]) -> int | None:
    """Version of the ledger's schema, or None where there is none."""
    present = connection.execute(_SQL["is_installed"]).fetchone()
    if present is None or not present[0]:
        return None
    row = connection.execute(_SQL["installed_version"]).fetchone()
    return row[0] if row else None


def who() -> dict[str, Any]:
    """The person and process behind a run, as far as the system tells."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return {"user": user, "host": socket.gethostname(), "process_id": os.getpid()}


def versions(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Versions of what took part in a run."""
    server = connection.info.parameter_status("server_version") or ""
    return {
        "seawall": metadata.version("seawall"),
        "psycopg": psycopg.__version__,
        "python": platform.python_version(),
        "postgresql": server.split(" ")[0],
    }


class Ledger:
    """The ledger of one database."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def _rows(self, name: str, **values: Any) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(_SQL[name], values).fetchall()

    def identity(self) -> tuple[str, str] | None:
        """Name and environment that the database carries, or None before the first check."""
        rows = self._rows("identity")
        return (rows[0]["name"], rows[0]["environment"]) if rows else None

    def record_identity(self, name: str, environment: str) -> None:
        """Give the database its identity; the first one stays."""
        self._connection.execute(
            _SQL["record_identity"], {"name": name, "environment": environment}
        )

    def record_manifest(self, manifest: Manifest) -> None:
        """Keep what a manifest says, so that later commands need no file."""
        if not any(row["said"] for row in self._rows("has_manifest", digest=manifest.digest)):
            said = manifest.to_json()
            self._connection.execute(
                _SQL["record_manifest"], {"digest": manifest.digest, "said": said}
            )

    def manifest(self) -> Manifest | None:
        """The manifest of the latest run, or the latest that was checked; None before."""
        rows = self._rows("manifest")
        return Manifest.from_json(rows[0]["said"]) if rows else None

    def record_catalogue(self, catalogue: Catalogue) -> None:
        """Keep the database's structure, so that later changes of it can be named."""
        if not self._rows("has_catalogue", digest=catalogue.digest):
            said = msgspec.json.encode(catalogue).decode()
            self._connection.execute(
                _SQL["record_catalogue"], {"digest": catalogue.digest, "said": said}
            )

    def applied_catalogue(self) -> tuple[int, Catalogue | None] | None:
        """The last run that was applied, and the structure that it found.

        Returns:
            None before the first run; the structure is None where another version of seawall
            recorded it, or it was thrown away.
        """
        rows = self._rows("applied_catalogue")
        if not rows:
            return None
        try:
            said = msgspec.json.decode(rows[0]["said"] or "", type=Catalogue)
        except msgspec.MsgspecError:
            return rows[0]["id"], None
        return rows[0]["id"], said

    def outcomes(self) -> dict[str, int]:
        """Outcome → how many runs ended with it."""
        return {row["outcome"]: row["runs"] for row in self._rows("outcomes")}

    def ownership(self) -> dict[str, str]:
        """Recorded owner by table."""
        return {row["table_name"]: row["owner"] for row in self._rows("ownership")}

    def record_ownership(self, owners: Mapping[str, str]) -> None:
        """Record who owns which table; what was the users' once stays theirs."""
        known = self.ownership()
        new = {
            table: owner
            for table, owner in owners.items()
            if table not in known or (owner == "users" and known[table] != "users")
        }
        if new:
            self._connection.execute(
                _SQL["record_ownership"], {"tables": list(new), "owners": list(new.values())}
            )

    def protected_columns(self) -> list[tuple[str, tuple[str, ...], str]]:
        """(table, columns, what they refer to) on record; see ``references.protected``."""
        return [
            (row["table_name"], tuple(row["columns"]), row["refers_to"])
            for row in self._rows("protected_columns")
        ]

    def protect_columns(self, protected: Iterable[tuple[str, tuple[str, ...], str]]) -> None:
        """Record columns that users rely on; what is recorded stays."""
        known = self.protected_columns()
        for table, columns, refers_to in protected:
            if (table, columns, refers_to) not in known:
                self._connection.execute(
                    _SQL["protect_columns"],
                    {"table_name": table, "columns": list(columns), "refers_to": refers_to},
                )

    def last_run_id(self) -> int:
        """Number of the last run that was applied; 0 before."""
        return self.last_applied()[0]

    def last_applied(self) -> tuple[int, dict[str, Any]]:
        """The last run that was applied: its number, and what its reader decided, by name.

        Returns:
            0 and nothing before the first.
        """
        rows = self._rows("last_applied")
        return (rows[0]["id"], rows[0]["evidence"]) if rows else (0, {})

    def newest_as_of(self) -> datetime.date | None:
        """The latest day that an applied feed spoke of."""
        return self._rows("newest_as_of")[0]["max"]

    def carried(self) -> set[tuple[str, str]]:
        """(scope, kind) of every file that an applied feed has carried."""
        return {(row["scope"], row["kind"]) for row in self._rows("carried")}

    def last_read(self) -> dict[tuple[str, str], int]:
        """(scope, kind) → records in the latest applied feed that had files of it."""
        return {(row["scope"], row["kind"]): row["read"] for row in self._rows("last_read")}

    def fed_scopes(self) -> set[tuple[str, str]]:
        """(table, scope) that applied runs have fed."""
        return {(row["table_name"], row["scope"]) for row in self._rows("fed_scopes")}

    def equal_tables(self) -> dict[str, Equal]:
        """Tables that the last run that was applied left equal to its feed."""
        rows = self._rows("equal_tables")
        return msgspec.convert(rows[0]["equal_tables"], dict[str, Equal]) if rows else {}

    def fed_columns(self) -> set[tuple[str, str]]:
        """(table, staged column) for which applied runs had a value."""
        return {(row["table_name"], row["column_name"]) for row in self._rows("fed_columns")}

    def record_fed(
        self, run_id: int, scopes: set[tuple[str, str]], columns: set[tuple[str, str]]
    ) -> None:
        """Record what a run has fed, in its transaction. Writes only what is new."""
        for name, told, known in (
            ("scopes", scopes, self.fed_scopes()),
            ("columns", columns, self.fed_columns()),
        ):
            new = sorted(told - known)
            if new:
                tables, values = zip(*new, strict=True)
                self._connection.execute(
                    _SQL[f"record_fed_{name}"],
                    {"run_id": run_id, "tables": list(tables), name: list(values)},
                )

    def take_lock(self) -> None:
        """Become the one run of this database, and close what dead processes left open.

        Held by the session: from before the intent until the connection ends.

        Raises:
            RunActive: another process is at it.
        """
        row = self._connection.execute(
            "SELECT pg_catalog.pg_try_advisory_lock(%s)", [RUN_LOCK]
        ).fetchone()
        if row is None or not row[0]:
            active = self._rows("unfinished")
            run = f"run {active[0]['id']} ({active[0]['feed']})" if active else "another run"
            raise RunActive(
                f"{run} is under way",
                why="Two reloads at once could each void the other's evidence.",
                fix="Wait for it; “seawall runs” shows it. Its lock goes when its process ends.",
            )
        self.close_unfinished()

    def release_lock(self) -> None:
        """Let the next run begin."""
        self._connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", [RUN_LOCK])

    def close_unfinished(self) -> list[int]:
        """Record intents without outcome as failed. Only the holder of the lock may ask.

        The outcome is written inside the run's transaction, so where it is absent after the
        process died, the database rolled the run back.
        """
        closed = []
        for row in self._rows("unfinished"):
            report = {
                "run": row["id"],
                "outcome": "failed",
                "certified": False,
                "tables": {},
                "examples": {},
                "files": {},
                "users": {},
                "findings": [
                    {
                        "check": "run-interrupted",
                        "table": "",
                        "scope": "",
                        "message": "the run's process ended before its transaction; nothing of it "
                        "is in the database",
                        "fix": "Run it again.",
                    }
                ],
                "seconds": None,
            }
            self.close(row["id"], "failed", report)
            closed.append(row["id"])
        return closed

    def intend(self, **facts: Any) -> int:
        """Record that a run begins; commit it before the run's transaction. Returns its number.

        Args:
            facts: feed, as_of, feed_digest, plan_digest, manifest_digest, catalogue_digest,
                who, versions, acceptances, evidence.
        """
        values = {
            key: Jsonb(value) if isinstance(value, dict | list) else value
            for key, value in facts.items()
        }
        return self._rows("intend", **values)[0]["id"]

    def keep_files(self, run_id: int, load_id: str, files: Iterable[Mapping[str, Any]]) -> None:
        """Keep a run's account of its records, and the records set aside."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                _SQL["keep_file"],
                [{**file, "run_id": run_id, "notes": Jsonb(file["notes"])} for file in files],
            )
            cursor.execute(_SQL["keep_set_aside"], {"run_id": run_id, "load_id": load_id})

    def close(
        self,
        run_id: int,
        outcome: str,
        report: Mapping[str, Any],
        *,
        certified: bool = False,
        equal_tables: Mapping[str, Equal] | None = None,
    ) -> None:
        """Record a run's outcome.

        Args:
            equal_tables: those that it leaves equal to its feed.

        Raises:
            RunActive: somebody closed the run already, so it must not commit.
        """
        cursor = self._connection.execute(
            _SQL["close"],
            {
                "run_id": run_id,
                "outcome": outcome,
                "certified": certified,
                "equal_tables": Jsonb(msgspec.to_builtins(equal_tables or {})),
                "report": Json(dict(report)),
            },
        )
        if cursor.rowcount != 1:
            raise RunActive(
                f"run {run_id} was closed by another process",
                why="A pooler between here and the server may have lost this session's lock.",
                fix="Connect to the server directly, and run it again.",
            )

    def amend(self, run_id: int, report: Mapping[str, Any]) -> None:
        """Add to a closed run's report what was found after its commit."""
        self._connection.execute(_SQL["amend"], {"run_id": run_id, "report": Json(dict(report))})

    def runs(self, limit: int = 20, *, before: int | None = None) -> list[dict[str, Any]]:
        """The latest runs, or those with a number below ``before``; newest first."""
        return self._rows("runs", limit=limit, before=before)

    def last_success(self) -> dict[str, Any] | None:
        """The latest run that went well, as ``runs`` has it; None before."""
        rows = self._rows("last_success")
        return rows[0] if rows else None

    def run(self, run_id: int) -> dict[str, Any] | None:
        """One run with all that was recorded, or None."""
        rows = self._rows("run", run_id=run_id)
        return rows[0] if rows else None

    def set_aside(self, run_id: int, *, limit: int | None = None) -> list[dict[str, Any]]:
        """Records that a run set aside, or the first of them."""
        return self._rows("run_set_aside", run_id=run_id, limit=limit)

    def unfinished(self) -> list[dict[str, Any]]:
        """Intents without an outcome: a run under way, or one whose process died."""
        return self._rows("unfinished")
