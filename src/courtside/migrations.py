"""The schema's migrations: numbered SQL files, applied once each, in order, all or none."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any, Literal, LiteralString, TypeAlias, cast

import msgspec
import psycopg

from seawall import queries
from seawall.errors import DatabaseError

State: TypeAlias = Literal["empty", "current", "older", "newer", "foreign"]

_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")


class Migration(msgspec.Struct, frozen=True):
    """One numbered file. ``sha256`` does not depend on the line endings of a checkout."""

    version: int
    name: str
    sql: LiteralString
    sha256: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this version of courtside, in order."""
    found = []
    for file in resources.files("courtside").joinpath("migrations").iterdir():
        if match := _FILE_NAME.fullmatch(file.name):
            # Part of the package, so as literal as source code is.
            text = cast("LiteralString", file.read_text(encoding="utf-8").replace("\r\n", "\n"))
            digest = hashlib.sha256(text.encode()).hexdigest()
            found.append(Migration(int(match[1]), match[2], text, digest))
    return tuple(sorted(found, key=lambda migration: migration.version))


def state(connection: psycopg.Connection[Any]) -> State:
    """Where the database's schema stands, compared to this version of courtside.

    ``foreign``: schema public holds tables that no courtside migration made.

    Raises:
        DatabaseError: a migration that was applied is not the one of the same number here.
    """
    blocks = queries.load("courtside", "migrations/runner.sql")
    if not _one(connection, blocks["has_ledger"]):
        return "foreign" if _one(connection, blocks["has_relations"]) else "empty"
    applied = connection.execute(blocks["applied"]).fetchall()
    if not applied:
        return "older"
    known = {migration.version: migration for migration in migrations()}
    for version, name, digest in applied:
        if version in known and known[version].sha256 != digest:
            raise DatabaseError(
                f"migration {version:04} ({name}) was changed after it was applied",
                why="The schema may differ from what this version of courtside expects.",
                fix="Restore the file as it was, and put the change into a new migration.",
            )
    versions = {row[0] for row in applied}
    if versions - known.keys():
        return "newer"
    return "current" if versions == known.keys() else "older"


def migrate(connection: psycopg.Connection[Any]) -> list[str]:
    """Apply what is missing, in one transaction, under an advisory lock.

    Returns:
        The migrations applied now, as ``0001_imported_tables``; none where all were there.

    Raises:
        DatabaseError: the database belongs to something else or to a newer courtside, or an
            applied migration was changed. Nothing was written.
    """
    blocks = queries.load("courtside", "migrations/runner.sql")
    applied_now = []
    with connection.transaction():
        connection.execute(blocks["lock"])
        connection.execute(blocks["search_path"])
        now = state(connection)
        if now == "foreign":
            raise DatabaseError(
                "schema public holds tables that courtside did not make",
                why="courtside's tables would stand among another application's.",
                fix="Name an empty database with --database.",
            )
        if now == "newer":
            raise DatabaseError(
                "the database was migrated by a newer courtside",
                why="This version does not know what the newer one relies on.",
                fix="Upgrade courtside.",
            )
        connection.execute(blocks["create_ledger"])
        done = {row[0] for row in connection.execute(blocks["applied"])}
        for migration in migrations():
            if migration.version not in done:
                connection.execute(migration.sql)
                row = (migration.version, migration.name, migration.sha256)
                connection.execute(blocks["record"], row)
                applied_now.append(f"{migration.version:04}_{migration.name}")
    return applied_now


def _one(connection: psycopg.Connection[Any], query: LiteralString) -> bool:
    row = connection.execute(query).fetchone()
    return bool(row and row[0])
